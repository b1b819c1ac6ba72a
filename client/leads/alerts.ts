import { css, html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { AlertRow } from '../../projections/leads/rows.ts';
import { base, buttons, marks } from '../ui/base.ts';
import { icon } from '../ui/icons.ts';
import { Localized } from '../ui/localized.ts';
import { screenHeader } from '../ui/screen-header.ts';
import { dateTime, moment } from '../words/format.ts';
import { rich } from '../words/rich.ts';
import { t } from '../words/words.ts';
import { alertIcons, alertText } from './alert-words.ts';
import { alerts, alertsReady, markAllRead, markRead, onUnread, openAlert, unreadAlerts } from './alerts-feed.ts';
import '../shell/connection-pill.ts';
import '../ui/empty.ts';

type Shown = 'all' | 'unread';

/** The person's alerts, newest first, live; opening one opens its lead and marks it read. */
class Alerts extends Localized {
  static override properties = { shown: { state: true } };
  declare shown: Shown;
  #stopAlerts: (() => void) | undefined;

  constructor() {
    super();
    this.shown = 'all';
  }

  static override styles = [
    base,
    buttons,
    marks,
    screenHeader,
    css`
      ol {
        width: min(760px, 100%);
        margin-inline: auto;
        padding: 4px 16px 8px;
        display: grid;
        gap: 4px;
      }
      h2 {
        font-size: var(--text-s);
        font-weight: var(--weight-medium);
        color: var(--ink-3);
        padding: 12px 12px 4px;
      }
      li.alert {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        align-items: center;
        border-radius: var(--radius-m);
        border: 1px solid transparent;
      }
      li.alert:hover {
        background: var(--hover);
      }
      li.unread {
        background: var(--surface);
        border-color: var(--line);
      }
      .open {
        display: grid;
        grid-template-columns: 32px minmax(0, 1fr) auto;
        gap: 12px;
        align-items: center;
        padding: 10px 12px;
        text-align: start;
        border-radius: var(--radius-m);
        min-width: 0;
      }
      .mark {
        width: 32px;
        height: 32px;
        border-radius: 50%;
        display: grid;
        place-items: center;
        background: var(--hover);
        color: var(--ink-3);
        position: relative;
      }
      .unread .mark {
        background: var(--accent-soft);
        color: var(--accent);
      }
      .text {
        color: var(--ink-2);
        overflow-wrap: anywhere;
      }
      .text b {
        color: var(--ink);
        font-weight: 580;
      }
      .unread .text {
        color: var(--ink);
      }
      time {
        color: var(--ink-3);
        font-size: var(--text-s);
        white-space: nowrap;
      }
      .done {
        margin-inline-end: 8px;
      }
      .wait {
        height: 52px;
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.#stopAlerts = onUnread(() => this.requestUpdate());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stopAlerts?.();
  }

  protected override render(): TemplateResult {
    const unread = unreadAlerts();
    const rows = alerts().filter((row) => this.shown === 'all' || row.readAt === null);
    const today = new Date().toDateString();
    const isToday = (row: AlertRow): boolean => new Date(row.createdAt).toDateString() === today;
    return html`
      <header class="bar">
        <h1>${t('nav.alerts')}</h1>
        <lf-connection-pill></lf-connection-pill>
        <div class="seg" role="group" aria-label=${t('alert.show')}>${this.#choice('all', t('alert.all'))}${this.#choice('unread', t('alert.unread'), unread)}</div>
        <button class="btn" aria-label=${t('alert.readAll')} ?disabled=${unread === 0} @click=${() => void markAllRead()}>${icon('checkAll')}<span class="wide">${t('alert.readAll')}</span></button>
      </header>
      <div class="scroll" tabindex="-1">
        ${
          !alertsReady()
            ? this.#waiting()
            : rows.length === 0
              ? this.#empty()
              : html`${this.#day(t('alert.today'), rows.filter(isToday))}${this.#day(
                  t('alert.earlier'),
                  rows.filter((row) => !isToday(row)),
                )}`
        }
      </div>
    `;
  }

  #choice(which: Shown, label: string, count?: number): TemplateResult {
    return html`<button aria-pressed=${this.shown === which ? 'true' : 'false'} @click=${() => (this.shown = which)}>
      ${label}${count ? html`<b class="num">${count}</b>` : nothing}
    </button>`;
  }

  #day(title: string, rows: AlertRow[]): TemplateResult | typeof nothing {
    if (rows.length === 0) return nothing;
    return html`<ol aria-label=${title}>
      <li aria-hidden="true"><h2>${title}</h2></li>
      ${repeat(
        rows,
        (row) => row.id,
        (row) => this.#alert(row),
      )}
    </ol>`;
  }

  #alert(row: AlertRow): TemplateResult {
    const unread = row.readAt === null;
    return html`<li class="alert ${unread ? 'unread' : ''}">
      <button class="open" @click=${() => openAlert(row)}>
        <span class="mark">${icon(alertIcons[row.kind])}</span>
        <span class="text">${unread ? html`<span class="sr">${t('alert.unread')}: </span>` : nothing}${rich(alertText(row))}</span>
        <time class="num" datetime=${row.createdAt} data-tip=${dateTime(row.createdAt)}>${moment(row.createdAt)}</time>
      </button>
      ${
        unread
          ? html`<button class="btn ghost icon small done" aria-label=${t('alert.read')} data-tip=${t('alert.read')} @click=${() => void markRead(row)}>${icon('check')}</button>`
          : nothing
      }
    </li>`;
  }

  #waiting(): TemplateResult {
    return html`<ol aria-hidden="true">
      ${[0, 1, 2, 3].map(() => html`<li class="skeleton wait"></li>`)}
    </ol>`;
  }

  #empty(): TemplateResult {
    return this.shown === 'unread'
      ? html`<lf-empty icon="check" heading=${t('alert.noneUnread')} text=${t('alert.noneUnreadText')}></lf-empty>`
      : html`<lf-empty icon="bell" heading=${t('alert.none')} text=${t('alert.noneText')}></lf-empty>`;
  }
}
customElements.define('lf-alerts', Alerts);
