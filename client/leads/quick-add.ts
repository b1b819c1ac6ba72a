import { css, html, nothing, type TemplateResult } from 'lit';
import { v7 as uuidv7 } from 'uuid';
import { openLead } from '../router.ts';
import { send } from '../sync/commands.ts';
import { can, me } from '../sync/session.ts';
import { type Problem, Refused } from '../sync/wire.ts';
import { base, buttons, fields } from '../ui/base.ts';
import { icon } from '../ui/icons.ts';
import { Localized } from '../ui/localized.ts';
import { toast } from '../ui/toast.ts';
import { minorUnits } from '../words/format.ts';
import { whyProblem, whyRefused } from '../words/refusals.ts';
import { t } from '../words/words.ts';
import { agents } from './agents-feed.ts';
import { isFull, loadOf } from './lead-menus.ts';
import { propertyTypeName, sourceName, stageName } from './stages.ts';
import '../ui/dialog.ts';
import '../ui/select.ts';

type Field =
  | 'firstName'
  | 'lastName'
  | 'phone'
  | 'email'
  | 'source'
  | 'company'
  | 'jobTitle'
  | 'propertyType'
  | 'location'
  | 'budgetMax'
  | 'value'
  | 'notes'
  | 'agentId';

const money = new Set<Field>(['budgetMax', 'value']);

/**
 * `<lf-quick-add .status=…>`: a lead in a few seconds, with what this organization asks for. What is wrong is said
 * beside its field; a duplicate offers the lead that is already there. Fires `close`.
 */
export class QuickAdd extends Localized {
  static override properties = {
    status: { attribute: false },
    open: { state: true },
    busy: { state: true },
    errors: { state: true },
    problem: { state: true },
  };
  /** The stage it begins in; empty: the first. */
  declare status: string;
  declare open: boolean;
  declare busy: boolean;
  declare errors: Partial<Record<string, string>>;
  declare problem: Problem | null;
  private readonly values: Partial<Record<Field, string>> = {};
  /** One id for all tries of this form: sent twice, it still makes one lead. */
  private leadId = uuidv7();

  constructor() {
    super();
    this.status = '';
    this.open = true;
    this.busy = false;
    this.errors = {};
    this.problem = null;
  }

  static override styles = [
    base,
    buttons,
    fields,
    css`
      form {
        display: grid;
        grid-template-columns: 1fr 1fr;
        gap: 14px 12px;
        align-items: start;
      }
      .whole {
        grid-column: 1 / -1;
      }
      .need {
        color: var(--ink-3);
        font-weight: var(--weight);
      }
      .banner {
        grid-column: 1 / -1;
        display: flex;
        align-items: center;
        gap: 10px;
        padding: 10px 12px;
        border-radius: var(--radius-m);
        background: var(--bad-soft);
        color: var(--bad);
      }
      .banner.known {
        background: var(--warn-soft);
        color: var(--warn);
      }
      .banner span {
        flex: 1;
        color: var(--ink);
      }
      .money {
        position: relative;
        display: block;
      }
      .money i {
        position: absolute;
        inset-inline-start: 10px;
        inset-block: 0;
        display: grid;
        place-items: center;
        font-style: normal;
        font-size: var(--text-s);
        color: var(--ink-3);
      }
      .money .input {
        padding-inline-start: 46px;
      }
      @media (max-width: 420px) {
        form {
          gap: 12px 10px;
        }
      }
    `,
  ];

  protected override render(): TemplateResult {
    const { sources, organization, propertyTypes } = me();
    const property = propertyTypes.length > 0 || organization.preset.includes('estate') || organization.preset === 'brokerage';
    const heading = this.status === '' ? t('board.newLead') : t('board.newLeadIn', { stage: stageName(this.status) });
    return html`<lf-dialog .heading=${heading} .open=${this.open} @close=${() => this.dispatchEvent(new Event('close'))}>
      <form id="form" novalidate @submit=${this.submit} @keydown=${this.quickSubmit}>
        ${this.banner()} ${this.text('firstName', { autocomplete: 'off', autofocus: true })} ${this.text('lastName', { autocomplete: 'off' })}
        ${this.text('phone', { type: 'tel', dir: 'ltr' })} ${this.text('email', { type: 'email', dir: 'ltr' })}
        ${
          sources === null
            ? this.text('source', {})
            : this.choice(
                'source',
                sources.map((source) => ({ value: source, label: sourceName(source) })),
                t('board.choose'),
              )
        }
        ${
          property
            ? html`${
                propertyTypes.length > 0
                  ? this.choice(
                      'propertyType',
                      propertyTypes.map((type) => ({ value: type, label: propertyTypeName(type) })),
                      t('board.any'),
                    )
                  : this.text('propertyType', {})
              }
              ${this.text('location', {})} ${this.text('budgetMax', { inputmode: 'decimal', currency: organization.currency })}`
            : html`${this.text('company', {})} ${this.text('jobTitle', {})} ${this.text('value', { inputmode: 'decimal', currency: organization.currency })}`
        }
        ${this.owner()}
        <div class="field whole">
          <label for="notes">${t('board.field.notes')}</label>
          <textarea class="input" id="notes" rows="2" maxlength="10000" @input=${this.typed}></textarea>
        </div>
      </form>
      <button slot="actions" class="btn" @click=${() => (this.open = false)}>${t('do.cancel')}</button>
      <button slot="actions" class="btn pri" aria-disabled=${this.busy ? 'true' : 'false'} @click=${this.submit}>${t(this.busy ? 'board.adding' : 'board.add')}</button>
    </lf-dialog>`;
  }

  private banner(): TemplateResult | typeof nothing {
    const { problem } = this;
    if (problem === null) return nothing;
    const existing = problem.existing?.id;
    if (problem.code === 'lead.duplicate' && existing !== undefined) {
      return html`<div class="banner known" role="alert">
        ${icon('users')}<span>${t('board.duplicate')}</span>
        <button type="button" class="btn small" @click=${() => this.openExisting(existing)}>${t('board.openExisting')}</button>
      </div>`;
    }
    return html`<div class="banner" role="alert">${icon('warning')}<span>${whyProblem(problem)}</span></div>`;
  }

  private text(
    field: Field,
    options: { type?: string; inputmode?: 'decimal'; dir?: string; autocomplete?: string; autofocus?: boolean; currency?: string },
  ): TemplateResult {
    const error = this.errors[field];
    const input = html`<input
      class="input ${money.has(field) ? 'num' : ''}"
      id=${field}
      type=${options.type ?? 'text'}
      inputmode=${options.inputmode ?? nothing}
      dir=${options.dir ?? 'auto'}
      maxlength="255"
      autocomplete=${options.autocomplete ?? 'off'}
      ?autofocus=${options.autofocus ?? false}
      aria-required=${this.needs(field) ? 'true' : nothing}
      aria-invalid=${error === undefined ? nothing : 'true'}
      aria-describedby=${error === undefined ? nothing : `${field}-error`}
      @input=${this.typed}
    />`;
    return html`<div class="field">
      <label for=${field}>${t(`board.field.${field}`)} ${this.needs(field) ? nothing : html`<span class="need">${t('board.optional')}</span>`}</label>
      ${options.currency === undefined ? input : html`<span class="money" dir="ltr"><i aria-hidden="true">${options.currency}</i>${input}</span>`} ${this.error(field)}
    </div>`;
  }

  private choice(field: Field, choices: { value: string; label: string }[], empty: string): TemplateResult {
    return html`<div class="field">
      <lf-select
        .label=${this.needs(field) ? t(`board.field.${field}`) : `${t(`board.field.${field}`)} ${t('board.optional')}`}
        .choices=${choices}
        .empty=${empty}
        .value=${this.values[field] ?? ''}
        @change=${(event: Event) => {
          if (event.currentTarget instanceof HTMLElement && 'value' in event.currentTarget)
            this.put(field, String(event.currentTarget.value));
        }}
      ></lf-select>
      ${this.error(field)}
    </div>`;
  }

  private owner(): TemplateResult | typeof nothing {
    if (!can('lead.assign')) return nothing;
    const free = agents().filter((agent) => !isFull(agent));
    return this.choice(
      'agentId',
      free.map((agent) => ({ value: agent.id, label: `${agent.fullName} · ${loadOf(agent)}` })),
      t('board.leaveUnassigned'),
    );
  }

  private error(field: string): TemplateResult | typeof nothing {
    const error = this.errors[field];
    return error === undefined ? nothing : html`<div class="error" id="${field}-error">${icon('warning')}<span>${error}</span></div>`;
  }

  private needs(field: Field): boolean {
    const { required } = me();
    return required.includes(field) || (field === 'firstName' && required.includes('name'));
  }

  private put(field: Field, value: string): void {
    this.values[field] = value;
    if (this.errors[field] === undefined && this.problem === null) return;
    const { [field]: _answered, ...rest } = this.errors;
    this.errors = rest;
    this.problem = null;
  }

  private readonly typed = (event: Event): void => {
    const { target } = event;
    if (target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement) this.put(target.id as Field, target.value);
  };

  private readonly quickSubmit = (event: KeyboardEvent): void => {
    const plain = event.key === 'Enter' && !(event.target instanceof HTMLTextAreaElement);
    if (plain || (event.key === 'Enter' && (event.ctrlKey || event.metaKey))) void this.submit(event);
  };

  private readonly submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (this.busy) return;
    const missing = me()
      .required.map((field) => (field === 'name' ? 'firstName' : field) as Field)
      .filter((field) => (this.values[field] ?? '').trim() === '');
    if (missing.length > 0) {
      this.errors = Object.fromEntries(missing.map((field) => [field, t('board.needed', { field: t(`board.field.${field}`) })]));
      await this.focusFirstError();
      return;
    }
    this.busy = true;
    this.problem = null;
    try {
      await send({ type: 'lead.capture', stream: this.leadId, creates: true, data: this.data() });
      const id = this.leadId;
      toast({ text: t('board.added', { name: this.name() }), tone: 'good', action: { label: t('do.open'), run: () => openLead(id) } });
      this.open = false;
    } catch (error) {
      await this.refused(error);
    } finally {
      this.busy = false;
    }
  };

  private async refused(error: unknown): Promise<void> {
    if (!(error instanceof Refused)) {
      toast({ text: whyRefused(error), tone: 'bad' });
      return;
    }
    // The refused id is spent only if something was stored under it; a fresh one costs nothing.
    this.leadId = uuidv7();
    const { problem } = error;
    const shown = (problem.errors ?? []).filter(
      ({ path }) => this.renderRoot.querySelector(`#${CSS.escape(path)}`) !== null || path === 'source' || path === 'propertyType',
    );
    this.errors = Object.fromEntries(shown.map(({ path, message }) => [path, problem.status === 400 ? message : whyProblem(problem)]));
    this.problem = shown.length > 0 && problem.code !== 'lead.duplicate' ? null : problem;
    await this.focusFirstError();
  }

  private data(): Record<string, unknown> {
    const { currency } = me().organization;
    const data: Record<string, unknown> = this.status === '' ? {} : { status: this.status };
    for (const [field, value] of Object.entries(this.values) as [Field, string][]) {
      const text = value.trim();
      if (text === '') continue;
      data[field] = money.has(field) ? Math.round(Number(text.replace(/[^\d.]/g, '')) * minorUnits(currency)) : text;
    }
    return data;
  }

  private name(): string {
    return (
      [this.values.firstName, this.values.lastName].filter(Boolean).join(' ').trim() ||
      (this.values.company ?? this.values.phone ?? this.values.email ?? '')
    );
  }

  private async focusFirstError(): Promise<void> {
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }

  private openExisting(id: string): void {
    this.open = false;
    openLead(id);
  }
}
customElements.define('lf-quick-add', QuickAdd);
declare global {
  interface HTMLElementTagNameMap {
    'lf-quick-add': QuickAdd;
  }
}
