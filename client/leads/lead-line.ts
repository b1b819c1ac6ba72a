import { css, html, nothing, type TemplateResult } from 'lit';
import type { LeadRow } from '../../projections/leads/rows.ts';
import { send } from '../sync/commands.ts';
import { fetchJson } from '../sync/session.ts';
import { base, buttons, fields } from '../ui/base.ts';
import { icon } from '../ui/icons.ts';
import { Localized } from '../ui/localized.ts';
import { toast } from '../ui/toast.ts';
import { whyRefused } from '../words/refusals.ts';
import { t } from '../words/words.ts';
import { type Change, type EditParts, editLead } from './edit-lead.ts';
import type { Line, Part } from './lead-fields.ts';

const parts: EditParts = {
  send,
  fetchLead: async (id) => (await fetchJson(`/api/leads/${id}`)) as LeadRow,
};

/**
 * One line of a lead, edited where it stands: a press opens it, Enter or leaving saves, Escape leaves it as it was.
 * If somebody changed the same meanwhile, both values stand there to choose from.
 */
class LeadLine extends Localized {
  static override properties = {
    line: { attribute: false },
    row: { attribute: false },
    editable: { type: Boolean },
    editing: { state: true },
    wrong: { state: true },
    conflict: { state: true },
  };
  declare line: Line;
  declare row: LeadRow;
  declare editable: boolean;
  declare editing: boolean;
  declare wrong: string | null;
  declare conflict: { theirs: LeadRow; mine: Change; mineShown: string } | null;
  /** The lead and its line as they looked when editing began: what comes in meanwhile does not write over what is typed. */
  #seen: { row: LeadRow; line: Line } | null = null;

  constructor() {
    super();
    this.editable = false;
    this.editing = false;
    this.wrong = null;
    this.conflict = null;
  }

  static override styles = [
    base,
    buttons,
    fields,
    css`
      :host {
        display: grid;
        grid-template-columns: 104px minmax(0, 1fr);
        align-items: start;
        column-gap: 8px;
      }
      .label {
        color: var(--ink-3);
        padding-block: 4px;
        overflow-wrap: anywhere;
      }
      .value {
        display: flex;
        align-items: flex-start;
        min-width: 0;
      }
      .show {
        flex: 1;
        min-width: 0;
        min-height: 26px;
        padding: 3px 7px;
        margin-inline-start: -7px;
        border: 1px solid transparent;
        border-radius: var(--radius-s);
        text-align: start;
        overflow-wrap: anywhere;
        white-space: pre-line;
      }
      button.show {
        cursor: text;
      }
      button.show:hover {
        background: var(--hover);
      }
      .show.empty {
        color: var(--ink-3);
      }
      a.follow {
        display: grid;
        place-items: center;
        width: 26px;
        height: 26px;
        border-radius: var(--radius-s);
        color: var(--ink-3);
        flex: none;
      }
      a.follow:hover {
        background: var(--hover);
        color: var(--accent);
      }
      a.follow .ic {
        width: 14px;
        height: 14px;
      }
      form {
        display: grid;
        gap: 4px;
        margin-inline-start: -8px;
      }
      .inputs {
        display: flex;
        gap: 4px;
        align-items: center;
      }
      .input {
        height: 28px;
        padding-inline: 7px;
        border-radius: var(--radius-s);
      }
      textarea.input {
        height: auto;
      }
      .conflict {
        margin-block: 4px;
        padding: 10px;
        border-radius: var(--radius-m);
        background: var(--warn-soft);
        display: grid;
        gap: 8px;
      }
      .conflict p {
        display: flex;
        gap: 7px;
        color: var(--warn);
        font-weight: var(--weight-medium);
      }
      .conflict dl {
        display: grid;
        grid-template-columns: auto 1fr;
        gap: 2px 10px;
      }
      .conflict dt {
        color: var(--ink-2);
      }
      .conflict dd {
        overflow-wrap: anywhere;
      }
      .choose {
        display: flex;
        gap: 6px;
        flex-wrap: wrap;
      }
      @media (pointer: coarse) {
        .show {
          min-height: 40px;
          padding-block: 9px;
        }
        .label {
          padding-block: 10px;
        }
        a.follow {
          width: 44px;
          height: 40px;
        }
        .input {
          height: 40px;
        }
      }
    `,
  ];

  async #begin(): Promise<void> {
    this.#seen = { row: this.row, line: this.line };
    this.wrong = null;
    this.editing = true;
    await this.updateComplete;
    const first = this.renderRoot.querySelector<HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement>('.input');
    first?.focus();
    if (first instanceof HTMLInputElement) first.select();
  }

  #end(): void {
    this.editing = false;
    this.wrong = null;
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>('button.show')?.focus());
  }

  #typed(): Record<string, string> {
    const inputs = this.renderRoot.querySelectorAll<HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement>('.input');
    return Object.fromEntries([...inputs].map((input) => [input.name, input.value]));
  }

  async #save(): Promise<void> {
    const seen = this.#seen;
    if (!this.editing || seen === null) return;
    const typed = this.#typed();
    const { parts, read } = seen.line;
    if (parts.every((part) => typed[part.name] === part.value)) return this.#end();
    const change = read(typed);
    if (typeof change === 'string') {
      this.wrong = change;
      return;
    }
    this.#end();
    await this.#send(seen.row, change, parts.map((part) => typed[part.name]).join(' – '));
  }

  async #send(seen: LeadRow, mine: Change, mineShown: string): Promise<void> {
    try {
      const edited = await editLead(parts, seen, mine);
      this.conflict = edited.done ? null : { theirs: edited.theirs, mine, mineShown };
    } catch (error) {
      toast({ text: `${this.line.label}: ${whyRefused(error)}`, tone: 'bad' });
    }
  }

  #onKey(event: KeyboardEvent): void {
    event.stopPropagation();
    if (event.key === 'Escape') this.#end();
    else if (event.key === 'Enter' && (!(event.target instanceof HTMLTextAreaElement) || event.ctrlKey || event.metaKey)) void this.#save();
    else return;
    event.preventDefault();
  }

  #onLeave(event: FocusEvent): void {
    const to = event.relatedTarget;
    if (to instanceof Node && this.renderRoot.contains(to)) return;
    void this.#save();
  }

  protected override render(): TemplateResult {
    return html`<span class="label" id="label">${this.line.label}</span>
      <div>${this.conflict !== null ? this.#choice(this.conflict) : this.editing ? this.#form() : this.#value()}</div>`;
  }

  #value(): TemplateResult {
    const { shown, href, label } = this.line;
    const spelled = this.line.parts.some((part) => part.type === 'tel' || part.type === 'email' || part.type === 'url');
    const text =
      shown === null
        ? html`<span>${this.editable ? t('field.add') : '–'}</span>`
        : html`<bdi class="num" dir=${spelled ? 'ltr' : 'auto'}>${shown}</bdi>`;
    const look = `show ${shown === null ? 'empty' : ''}`;
    return html`<div class="value">
      ${
        this.editable
          ? html`<button class=${look} aria-label="${label}: ${shown === null ? t('field.add') : `${shown}. ${t('field.edit')}`}" @click=${this.#begin}>${text}</button>`
          : html`<span class=${look}>${text}</span>`
      }
      ${href === undefined ? nothing : html`<a class="follow" href=${href} target=${href.startsWith('http') ? '_blank' : nothing} rel="noreferrer" aria-label="${label}: ${t('do.open')}">${icon(href.startsWith('tel:') ? 'call' : href.startsWith('mailto:') ? 'mail' : 'link')}</a>`}
    </div>`;
  }

  #form(): TemplateResult {
    const { parts } = this.#seen?.line ?? this.line;
    return html`<form
      @submit=${(event: Event) => {
        event.preventDefault();
        void this.#save();
      }}
      @keydown=${this.#onKey}
      @focusout=${this.#onLeave}
    >
      <div class="inputs">${parts.map((part) => this.#input(part, parts.length > 1))}</div>
      ${this.wrong === null ? nothing : html`<p class="error" role="alert">${icon('warning')}${this.wrong}</p>`}
    </form>`;
  }

  #input(part: Part, several: boolean): TemplateResult {
    if (part.type === 'choice') {
      return html`<select class="input" name=${part.name} aria-label=${part.label} @change=${() => void this.#save()}>
        <option value="" ?selected=${part.value === ''}>–</option>
        ${part.choices?.map((choice) => html`<option value=${choice.value} ?selected=${choice.value === part.value}>${choice.label}</option>`)}
      </select>`;
    }
    if (part.type === 'long')
      return html`<textarea class="input" name=${part.name} aria-label=${part.label} rows="4" .value=${part.value}></textarea>`;
    return html`<input
      class="input num"
      name=${part.name}
      type=${part.type === 'money' ? 'text' : part.type}
      inputmode=${part.type === 'money' ? 'decimal' : nothing}
      dir=${part.type === 'text' ? 'auto' : 'ltr'}
      autocomplete="off"
      aria-label=${part.label}
      aria-invalid=${this.wrong === null ? 'false' : 'true'}
      placeholder=${several ? part.label : nothing}
      .value=${part.value}
    />`;
  }

  #choice(conflict: { theirs: LeadRow; mine: Change; mineShown: string }): TemplateResult {
    return html`<div class="conflict" role="alert">
      <p>${icon('warning')}${t('field.conflict')}</p>
      <dl>
        <dt>${t('field.theirs')}</dt>
        <dd><bdi>${this.line.showOf(conflict.theirs) ?? t('field.empty')}</bdi></dd>
        <dt>${t('field.mine')}</dt>
        <dd><bdi>${conflict.mineShown === '' ? t('field.empty') : conflict.mineShown}</bdi></dd>
      </dl>
      <div class="choose">
        <button class="btn small" @click=${() => (this.conflict = null)}>${t('field.keepTheirs')}</button>
        <button class="btn small pri" @click=${() => void this.#send(conflict.theirs, conflict.mine, conflict.mineShown)}>${t('field.keepMine')}</button>
      </div>
    </div>`;
  }
}
customElements.define('lf-lead-line', LeadLine);
