import { css, html, LitElement, type TemplateResult } from 'lit';
import { base } from './base.ts';
import { type IconName, icon } from './icons.ts';

/** `<lf-empty icon="bell" heading="…" text="…">`: what to do when there is nothing yet; the slot offers it. */
export class Empty extends LitElement {
  static override properties = { icon: {}, heading: {}, text: {} };
  declare icon: IconName;
  declare heading: string;
  declare text: string;

  constructor() {
    super();
    this.icon = 'info';
    this.heading = '';
    this.text = '';
  }

  static override styles = [
    base,
    css`
      :host {
        display: grid;
        place-items: center;
        place-content: center;
        gap: 6px;
        padding: 40px 24px;
        text-align: center;
        min-height: 160px;
      }
      .mark {
        width: 40px;
        height: 40px;
        border-radius: 50%;
        display: grid;
        place-items: center;
        background: var(--hover);
        color: var(--ink-3);
        margin-block-end: 6px;
      }
      .mark .ic {
        width: 20px;
        height: 20px;
      }
      b {
        font-weight: var(--weight-strong);
        font-size: var(--text-l);
      }
      p {
        color: var(--ink-2);
        max-width: 44ch;
        text-wrap: balance;
      }
      ::slotted(*) {
        margin-block-start: 10px;
      }
    `,
  ];

  protected override render(): TemplateResult {
    return html`<span class="mark">${icon(this.icon)}</span><b>${this.heading}</b><p>${this.text}</p>
      <slot></slot>`;
  }
}
customElements.define('lf-empty', Empty);
declare global {
  interface HTMLElementTagNameMap {
    'lf-empty': Empty;
  }
}
