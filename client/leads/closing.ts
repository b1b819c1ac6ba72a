import { css, html, type TemplateResult } from 'lit';
import type { BoardRow } from '../../projections/leads/rows.ts';
import type { Stage } from '../sync/session.ts';
import { base, buttons, fields } from '../ui/base.ts';
import { Localized } from '../ui/localized.ts';
import { minorUnits } from '../words/format.ts';
import { t } from '../words/words.ts';
import { stageName } from './stages.ts';
import '../ui/dialog.ts';

/** What a closing move tells beside the stage; money in minor units. */
export interface Closing {
  dealValue?: number;
  conversionType?: 'sale' | 'rental' | 'lost';
  reason?: string;
}

type Closed = Pick<BoardRow, 'name' | 'currency'> & { value?: number | null };

const reasons = ['price', 'noAnswer', 'elsewhere', 'notNow', 'notServed'] as const;

/** Asks for the deal's value, or why it was lost. Everything may stay empty: the move matters more than the form. */
class ClosingDialog extends Localized {
  static override properties = { open: { state: true }, kind: { state: true }, reason: { state: true } };
  declare open: boolean;
  declare kind: 'sale' | 'rental';
  declare reason: string;
  lead!: Closed;
  stage!: Stage;
  settle!: (told: Closing | null) => void;

  constructor() {
    super();
    this.open = true;
    this.kind = 'sale';
    this.reason = '';
  }

  static override styles = [
    base,
    buttons,
    fields,
    css`
      form {
        display: grid;
        gap: 16px;
      }
      .money {
        position: relative;
      }
      .money span {
        position: absolute;
        inset-inline-start: 10px;
        inset-block: 0;
        display: grid;
        place-items: center;
        color: var(--ink-3);
      }
      .money input {
        padding-inline-start: 48px;
      }
      .choices {
        display: flex;
        flex-wrap: wrap;
        gap: 6px;
      }
      .choices button {
        min-height: 28px;
        padding-inline: 11px;
        border: 1px solid var(--line-strong);
        border-radius: var(--radius-full);
        color: var(--ink-2);
      }
      .choices button:hover {
        background: var(--hover);
      }
      .choices button[aria-pressed='true'] {
        background: var(--accent-soft);
        border-color: transparent;
        color: var(--accent);
      }
      @media (pointer: coarse) {
        .choices button {
          min-height: 40px;
        }
      }
    `,
  ];

  #submit(event: Event): void {
    event.preventDefault();
    const typed = this.renderRoot.querySelector<HTMLInputElement>('#value')?.value ?? '';
    const value = Number(typed.replace(/[^\d.]/g, ''));
    const reason = (this.renderRoot.querySelector<HTMLInputElement>('#reason')?.value ?? '').trim();
    const won = this.stage.kind === 'won';
    this.settle({
      ...(won && value > 0 ? { dealValue: Math.round(value * minorUnits(this.lead.currency)) } : {}),
      ...(reason === '' ? {} : { reason }),
      conversionType: won ? this.kind : 'lost',
    });
    this.open = false;
  }

  protected override render(): TemplateResult {
    const won = this.stage.kind === 'won';
    const heading = won ? t('closing.won', { name: this.lead.name }) : t('closing.lost', { name: this.lead.name });
    return html`<lf-dialog
      .heading=${heading}
      .open=${this.open}
      @close=${() => {
        this.settle(null);
        this.remove();
      }}
    >
      <form id="form" @submit=${this.#submit}>${won ? this.#won() : this.#lost()}</form>
      <button slot="actions" class="btn" @click=${() => (this.open = false)}>${t('do.cancel')}</button>
      <button slot="actions" class="btn pri" @click=${this.#submit}>${t('closing.move', { stage: stageName(this.stage.key) })}</button>
    </lf-dialog>`;
  }

  #won(): TemplateResult {
    const { value = null, currency } = this.lead;
    return html`
      <div class="field">
        <label for="value">${t('closing.value')}</label>
        <div class="money" dir="ltr">
          <span aria-hidden="true">${currency}</span>
          <input class="input num" id="value" inputmode="decimal" autocomplete="off" autofocus .value=${value === null ? '' : String(value / minorUnits(currency))} />
        </div>
      </div>
      <div class="choices" role="group" aria-label=${t('closing.kind')}>
        ${(['sale', 'rental'] as const).map((kind) => html`<button type="button" aria-pressed=${kind === this.kind ? 'true' : 'false'} @click=${() => (this.kind = kind)}>${t(`closing.${kind}`)}</button>`)}
      </div>
    `;
  }

  #lost(): TemplateResult {
    return html`
      <div class="field">
        <label for="reason">${t('closing.reason')}</label>
        <input class="input" id="reason" maxlength="500" autocomplete="off" autofocus placeholder=${t('closing.reasonHint')} .value=${this.reason} />
      </div>
      <div class="choices" role="group" aria-label=${t('closing.reason')}>
        ${reasons.map((one) => {
          const text = t(`closing.reason.${one}`);
          return html`<button type="button" aria-pressed=${text === this.reason ? 'true' : 'false'} @click=${() => (this.reason = text)}>${text}</button>`;
        })}
      </div>
    `;
  }
}
customElements.define('lf-closing', ClosingDialog);

/** Null: the person thought better of it, and the lead stays. */
export function askClosing(lead: Closed, stage: Stage): Promise<Closing | null> {
  return new Promise((settle) => {
    const dialog = new ClosingDialog();
    dialog.lead = lead;
    dialog.stage = stage;
    dialog.settle = settle;
    document.body.append(dialog);
  });
}
