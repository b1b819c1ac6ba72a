import { css, html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { HistoryRow, TimelineRow } from '../../projections/leads/rows.ts';
import { base, buttons, marks } from '../ui/base.ts';
import { icon } from '../ui/icons.ts';
import { Localized } from '../ui/localized.ts';
import { dateTime, moment, money } from '../words/format.ts';
import { whyRefused } from '../words/refusals.ts';
import { rich } from '../words/rich.ts';
import { t } from '../words/words.ts';
import { agentNamed } from './agents-feed.ts';
import { PagedLines } from './paged.ts';
import { stageName } from './stages.ts';
import { fieldName, tell } from './timeline-words.ts';
import '../ui/avatar.ts';
import '../ui/empty.ts';

/**
 * `<lf-lead-log .lead .version .reached kind="timeline|history">`: what happened to a lead, or field by
 * field; new lines come in with each new version of the lead.
 */
class LeadLog extends Localized {
  static override properties = {
    lead: {},
    kind: {},
    reached: { type: Number },
    version: { type: Number },
    currency: {},
    problem: { state: true },
  };
  declare lead: string;
  declare kind: 'timeline' | 'history';
  /** Log position the screen stands at, for reading one's own writes. */
  declare reached: number | null;
  /** The lead's version: a new one means new lines. */
  declare version: number;
  declare currency: string;
  declare problem: string | null;
  #timeline: PagedLines<TimelineRow> | null = null;
  #history: PagedLines<HistoryRow> | null = null;

  constructor() {
    super();
    this.kind = 'timeline';
    this.reached = null;
    this.version = 0;
    this.problem = null;
  }

  static override styles = [
    base,
    buttons,
    marks,
    css`
      :host {
        display: block;
      }
      li {
        display: grid;
        grid-template-columns: 24px minmax(0, 1fr) auto;
        gap: 10px;
        padding-block: 7px;
        color: var(--ink-2);
        position: relative;
      }
      li + li::before {
        content: '';
        position: absolute;
        inset-inline-start: 11.5px;
        inset-block: -6px auto;
        height: 12px;
        border-inline-start: 1px solid var(--line);
      }
      b {
        color: var(--ink);
        font-weight: 580;
      }
      .by {
        position: relative;
        height: 24px;
      }
      .by .mark {
        position: absolute;
        inset-block-end: -5px;
        inset-inline-end: -6px;
        width: 14px;
        height: 14px;
        border-radius: 50%;
        display: grid;
        place-items: center;
        background: var(--surface);
        box-shadow: 0 0 0 1px var(--line);
        color: var(--ink-2);
      }
      .by .mark .ic {
        width: 9px;
        height: 9px;
        stroke-width: 2.4;
      }
      .what {
        padding-block-start: 2px;
        overflow-wrap: anywhere;
      }
      time {
        color: var(--ink-3);
        font-size: var(--text-s);
        padding-block-start: 3px;
        white-space: nowrap;
      }
      blockquote {
        margin: 4px 0 0;
        padding: 7px 10px;
        border-radius: var(--radius-m);
        background: var(--sunken);
        border: 1px solid var(--line);
        color: var(--ink);
        white-space: pre-wrap;
      }
      .change {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 7px;
        align-items: center;
      }
      .change .ic {
        width: 12px;
        height: 12px;
        color: var(--ink-3);
      }
      s {
        color: var(--ink-3);
      }
      .who {
        color: var(--ink-3);
        font-size: var(--text-s);
      }
      .wait {
        height: 24px;
        margin-block: 8px;
      }
      .more {
        display: flex;
        justify-content: center;
        padding-block: 8px;
      }
    `,
  ];

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('lead') && !changed.has('version') && !changed.has('kind')) return;
    if (changed.has('lead')) {
      this.#timeline?.close();
      this.#history?.close();
      this.#timeline = null;
      this.#history = null;
    }
    void this.#refresh();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#timeline?.close();
    this.#history?.close();
  }

  #lines(): PagedLines<TimelineRow> | PagedLines<HistoryRow> {
    if (this.kind === 'timeline') {
      this.#timeline ??= new PagedLines<TimelineRow>(`/api/leads/${this.lead}/timeline`, (row) => row.id);
      return this.#timeline;
    }
    this.#history ??= new PagedLines<HistoryRow>(`/api/leads/${this.lead}/history`, (row) => `${row.position} ${row.field}`);
    return this.#history;
  }

  async #refresh(): Promise<void> {
    await this.#shown((lines) => lines.refresh(this.reached));
  }

  async #shown(run: (lines: PagedLines<TimelineRow> | PagedLines<HistoryRow>) => Promise<void>): Promise<void> {
    try {
      await run(this.#lines());
      this.problem = null;
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') return;
      this.problem = whyRefused(error);
    }
    this.requestUpdate();
  }

  protected override render(): TemplateResult {
    const lines = this.#lines();
    return html`
      ${this.problem === null ? nothing : html`<p class="error" role="alert">${this.problem} <button class="btn small" @click=${() => void this.#refresh()}>${t('do.retry')}</button></p>`}
      ${!lines.loaded && this.problem === null ? html`<div aria-hidden="true">${[0, 1, 2].map(() => html`<span class="skeleton wait"></span>`)}</div>` : nothing}
      ${lines.loaded && lines.rows.length === 0 ? html`<p class="quiet">${t('timeline.none')}</p>` : nothing}
      <ol>
        ${
          this.kind === 'timeline'
            ? repeat(
                this.#timeline?.rows ?? [],
                (row) => row.id,
                (row) => this.#event(row),
              )
            : repeat(
                this.#history?.rows ?? [],
                (row) => `${row.position} ${row.field}`,
                (row) => this.#field(row),
              )
        }
      </ol>
      ${lines.next === null ? nothing : html`<div class="more"><button class="btn ghost small" @click=${() => void this.#shown((all) => all.older())}>${t('timeline.older')}</button></div>`}
    `;
  }

  #event(row: TimelineRow): TemplateResult {
    const told = tell(row, this.currency);
    return html`<li>
      <span class="by"><lf-avatar .name=${row.by.name} .key=${row.by.agentId ?? row.by.id} .size=${24}></lf-avatar><span class="mark">${icon(told.icon)}</span></span>
      <div class="what">${rich(told.sentence)}${told.quote === undefined ? nothing : html`<blockquote dir="auto">${told.quote}</blockquote>`}</div>
      ${this.#time(row.at)}
    </li>`;
  }

  #field(row: HistoryRow): TemplateResult {
    const show = (value: unknown): string => this.#value(row.field, value);
    const old = show(row.oldValue);
    return html`<li>
      <span class="by"><lf-avatar .name=${row.changedBy.name} .key=${row.changedBy.id} .size=${24}></lf-avatar></span>
      <div class="what">
        <b>${fieldName(row.field)}</b> <span class="who">${row.changedBy.name}</span>
        <div class="change num">${old === '' ? nothing : html`<s><bdi>${old}</bdi></s>${icon('arrow')}`}<bdi>${show(row.newValue) || t('field.empty')}</bdi></div>
      </div>
      ${this.#time(row.changedAt)}
    </li>`;
  }

  #value(field: string, value: unknown): string {
    if (value === null || value === undefined || value === '') return '';
    if (field === 'status') return stageName(String(value));
    if (field === 'agentId') return agentNamed(String(value))?.fullName ?? t('lead.somebody');
    if (typeof value === 'number' && /^(budget|value|dealValue)/.test(field)) return money(value, this.currency);
    if (typeof value === 'boolean') return value ? t('field.yes') : t('field.no');
    if (Array.isArray(value)) return value.join(', ');
    return typeof value === 'object' ? JSON.stringify(value) : String(value);
  }

  #time(at: string): TemplateResult {
    return html`<time class="num" datetime=${at} data-tip=${dateTime(at)}>${moment(at)}</time>`;
  }
}
customElements.define('lf-lead-log', LeadLog);
