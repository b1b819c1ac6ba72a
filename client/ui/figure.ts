import { css, html, LitElement, type TemplateResult } from 'lit';
import { base } from './base.ts';

const LENGTH_MS = 320;

/** `<lf-figure .value .format>`: a number that walks calmly to its new value; at once for those who want no motion. */
export class Figure extends LitElement {
  static override properties = { value: { attribute: false }, format: { attribute: false }, shown: { state: true } };
  declare value: number | null;
  declare format: (value: number) => string;
  declare shown: number | null;
  #frame = 0;

  constructor() {
    super();
    this.value = null;
    this.format = String;
    this.shown = null;
  }

  static override styles = [
    base,
    css`
      :host {
        display: inline-block;
        font-variant-numeric: tabular-nums;
      }
    `,
  ];

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('value')) return;
    cancelAnimationFrame(this.#frame);
    const from = this.shown;
    const to = this.value;
    if (from === null || to === null || from === to || matchMedia('(prefers-reduced-motion: reduce)').matches || document.hidden) {
      this.shown = to;
      return;
    }
    const start = performance.now();
    const step = (now: number): void => {
      const part = Math.min(1, (now - start) / LENGTH_MS);
      this.shown = part === 1 ? to : from + (to - from) * (1 - (1 - part) ** 3);
      if (part < 1) this.#frame = requestAnimationFrame(step);
    };
    this.#frame = requestAnimationFrame(step);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    cancelAnimationFrame(this.#frame);
    this.shown = this.value;
  }

  protected override render(): TemplateResult {
    return html`${this.shown === null ? '–' : this.format(this.shown)}`;
  }
}
customElements.define('lf-figure', Figure);
