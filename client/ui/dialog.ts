import { css, html, nothing, type TemplateResult } from 'lit';
import { t } from '../words/words.ts';
import { base, buttons } from './base.ts';
import { icon } from './icons.ts';
import { Localized } from './localized.ts';
import { focusedElement } from './place.ts';

/**
 * `<lf-dialog heading="…" .open=${…} @close=${…}>`: a native modal dialog (focus kept inside, Escape, scrim) with a
 * heading; the default slot is its body, slot `actions` its foot. Fires `close` however it was closed.
 */
export class Dialog extends Localized {
  static override properties = { heading: {}, open: { type: Boolean }, wide: { type: Boolean, reflect: true } };
  declare heading: string;
  declare open: boolean;
  declare wide: boolean;
  #returnTo: HTMLElement | null = null;

  constructor() {
    super();
    this.heading = '';
    this.open = false;
    this.wide = false;
  }

  static override styles = [
    base,
    buttons,
    css`
      dialog {
        width: min(440px, calc(100vw - 24px));
        max-height: min(720px, calc(100dvh - 24px));
        padding: 0;
        border: 1px solid var(--line);
        border-radius: var(--radius-l);
        background: var(--raised);
        color: var(--ink);
        box-shadow: var(--shadow-3);
        overflow: hidden;
      }
      :host([wide]) dialog {
        width: min(680px, calc(100vw - 24px));
      }
      dialog[open] {
        display: flex;
        flex-direction: column;
        animation: open var(--motion-slow);
      }
      dialog::backdrop {
        background: var(--scrim);
        animation: fade var(--motion-slow);
      }
      @keyframes open {
        from {
          opacity: 0;
          translate: 0 8px;
        }
      }
      @keyframes fade {
        from {
          opacity: 0;
        }
      }
      header {
        display: flex;
        align-items: center;
        gap: 12px;
        padding: 12px 10px 4px 20px;
        padding-inline: 20px 10px;
      }
      h2 {
        font-size: var(--text-l);
        font-weight: var(--weight-strong);
        letter-spacing: -0.01em;
        flex: 1;
      }
      .body {
        padding: 8px 20px 20px;
        overflow-y: auto;
        min-height: 0;
      }
      footer {
        display: flex;
        justify-content: flex-end;
        gap: 8px;
        padding: 12px 20px;
        border-block-start: 1px solid var(--line);
        background: var(--sunken);
      }
      footer.empty {
        display: none;
      }
    `,
  ];

  protected override updated(changed: Map<string, unknown>): void {
    if (!changed.has('open')) return;
    const dialog = this.renderRoot.querySelector('dialog');
    if (this.open && dialog?.open === false) {
      this.#returnTo = focusedElement();
      dialog.showModal();
    } else if (!this.open && dialog?.open) dialog.close();
  }

  #closed(): void {
    this.open = false;
    this.dispatchEvent(new Event('close'));
    this.#returnTo?.focus({ preventScroll: true });
  }

  protected override render(): TemplateResult {
    const actions = this.querySelector('[slot=actions]') !== null;
    return html`<dialog
      aria-labelledby="heading"
      @close=${this.#closed}
      @keydown=${(event: KeyboardEvent) => event.stopPropagation()}
      @pointerdown=${(event: PointerEvent) => {
        if (event.target === event.currentTarget) this.open = false;
      }}
    >
      <header>
        <h2 id="heading">${this.heading}</h2>
        <button class="btn ghost icon" aria-label=${t('do.close')} @click=${() => (this.open = false)}>${icon('close')}</button>
      </header>
      <div class="body"><slot></slot></div>
      ${actions ? html`<footer><slot name="actions"></slot></footer>` : nothing}
    </dialog>`;
  }
}
customElements.define('lf-dialog', Dialog);
declare global {
  interface HTMLElementTagNameMap {
    'lf-dialog': Dialog;
  }
}
