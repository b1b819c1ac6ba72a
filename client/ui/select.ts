import { css, html, nothing, type TemplateResult } from 'lit';
import { base, fields } from './base.ts';
import { icon } from './icons.ts';
import { Localized } from './localized.ts';

export interface Choice {
  value: string;
  label: string;
}

/**
 * `<lf-select label="Source" .choices=${…} .value=${…} @change=${…}>`: the platform's own select (best on touch and for
 * assistive technology) in our clothes. `empty` is the text of the choice of nothing, if nothing may be chosen.
 */
export class Select extends Localized {
  static override properties = {
    label: {},
    empty: {},
    value: {},
    choices: { attribute: false },
    hideLabel: { type: Boolean, attribute: 'hide-label' },
  };
  declare label: string;
  declare empty: string | undefined;
  declare value: string;
  declare choices: readonly Choice[];
  declare hideLabel: boolean;

  constructor() {
    super();
    this.label = '';
    this.empty = undefined;
    this.value = '';
    this.choices = [];
    this.hideLabel = false;
  }

  static override styles = [
    base,
    fields,
    css`
      :host {
        display: block;
      }
      .box {
        position: relative;
        display: block;
      }
      select {
        appearance: none;
        padding-inline-end: 30px;
        cursor: pointer;
      }
      option {
        background: var(--raised);
        color: var(--ink);
      }
      .box .ic {
        position: absolute;
        inset-inline-end: 9px;
        inset-block-start: 50%;
        translate: 0 -50%;
        pointer-events: none;
        color: var(--ink-3);
      }
    `,
  ];

  #changed(event: Event): void {
    if (!(event.target instanceof HTMLSelectElement)) return;
    this.value = event.target.value;
    this.dispatchEvent(new Event('change', { bubbles: true, composed: true }));
  }

  override focus(options?: FocusOptions): void {
    this.renderRoot.querySelector('select')?.focus(options);
  }

  protected override render(): TemplateResult {
    return html`<div class="field">
      <label class=${this.hideLabel ? 'sr' : nothing} for="select">${this.label}</label>
      <span class="box">
        <select class="input" id="select" @change=${this.#changed}>
          ${this.empty === undefined ? nothing : html`<option value="" ?selected=${this.value === ''}>${this.empty}</option>`}
          ${this.choices.map((choice) => html`<option value=${choice.value} ?selected=${choice.value === this.value}>${choice.label}</option>`)}
        </select>
        ${icon('down')}
      </span>
    </div>`;
  }
}
customElements.define('lf-select', Select);
declare global {
  interface HTMLElementTagNameMap {
    'lf-select': Select;
  }
}
