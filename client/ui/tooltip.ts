import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { base } from './base.ts';
import { placeBeside } from './place.ts';

/**
 * Tooltips for everything that carries `data-tip="Text"` (and `data-keys="N"` for its shortcut), in any shadow root.
 * The tip repeats what the control's label already says or adds to it: it is hidden from assistive technology.
 */
class Tooltip extends LitElement {
  static override properties = { text: {}, keys: {} };
  declare text: string;
  declare keys: string;

  constructor() {
    super();
    this.text = '';
    this.keys = '';
  }

  static override styles = [
    base,
    css`
      :host {
        position: fixed;
        inset: auto;
        margin: 0;
        padding: 5px 9px;
        border: 0;
        border-radius: 7px;
        background: var(--float);
        color: var(--float-ink);
        box-shadow: var(--shadow-2);
        font: 500 var(--text-s) / 1.35 var(--font);
        max-width: 280px;
        pointer-events: none;
        overflow: visible;
      }
      :host(:popover-open) {
        display: flex;
        gap: 8px;
        align-items: center;
      }
      kbd {
        background: transparent;
        color: inherit;
        border-color: color-mix(in oklch, currentColor 40%, transparent);
      }
    `,
  ];

  protected override render(): TemplateResult {
    return html`<span>${this.text}</span>${this.keys === '' ? nothing : html`<kbd>${this.keys}</kbd>`}`;
  }
}
customElements.define('lf-tooltip', Tooltip);

const DELAY = 350;

/** Watches the whole document; call once. */
export function installTooltips(): void {
  const tip = new Tooltip();
  tip.popover = 'manual';
  tip.setAttribute('aria-hidden', 'true');
  document.body.append(tip);
  let anchor: HTMLElement | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const hide = (): void => {
    clearTimeout(timer);
    anchor = undefined;
    if (tip.matches(':popover-open')) tip.hidePopover();
  };
  const show = async (): Promise<void> => {
    const target = anchor;
    if (target?.dataset['tip'] === undefined || !target.isConnected) return;
    tip.text = target.dataset['tip'];
    tip.keys = target.dataset['keys'] ?? '';
    await tip.updateComplete;
    if (target !== anchor) return;
    if (!tip.matches(':popover-open')) tip.showPopover();
    placeBeside(target.getBoundingClientRect(), tip, 6);
  };
  const onto = (event: Event, delay: number): void => {
    const found = event
      .composedPath()
      .find((node): node is HTMLElement => node instanceof HTMLElement && node.dataset['tip'] !== undefined);
    if (found === anchor) return;
    hide();
    if (found === undefined) return;
    anchor = found;
    timer = setTimeout(() => void show(), delay);
  };

  document.addEventListener('pointerover', (event) => event.pointerType !== 'touch' && onto(event, DELAY), { passive: true });
  // The focus moving inside the page's one shadow root is not told to the document; the key that moved it is.
  document.addEventListener('keyup', (event) => event.key === 'Tab' && onto(event, 0));
  document.addEventListener('focusout', hide);
  document.addEventListener('pointerdown', hide, { passive: true });
  document.addEventListener('scroll', hide, { passive: true, capture: true });
  document.addEventListener('keydown', hide, { capture: true });
}
