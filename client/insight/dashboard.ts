import { html, nothing, type TemplateResult } from 'lit';
import type { MetricRow } from '../../projections/leads/rows.ts';
import { onAgents } from '../leads/agents-feed.ts';
import { sourceName, stageName, stages } from '../leads/stages.ts';
import { param, setParams } from '../router.ts';
import { onSecond, serverClock } from '../sync/clock.ts';
import { LiveRows } from '../sync/live-rows.ts';
import { me } from '../sync/session.ts';
import { connection } from '../sync/socket.ts';
import { base, buttons, marks } from '../ui/base.ts';
import { icon } from '../ui/icons.ts';
import type { ChartLine } from '../ui/line-chart.ts';
import { Localized } from '../ui/localized.ts';
import { screenHeader } from '../ui/screen-header.ts';
import { number, percent, shortMoney, time } from '../words/format.ts';
import { t } from '../words/words.ts';
import { dashboardStyles } from './dashboard.css.ts';
import { asOf, byDay, byQuarter, dayOf, daysOf, quartersOfToday, type Range, sources, total, value } from './figures.ts';
import { tiles } from './tiles.ts';
import '../shell/connection-pill.ts';
import '../ui/empty.ts';
import '../ui/line-chart.ts';
import './agents-table.ts';

const ranges: readonly Range[] = ['today', 'week', 'month'];

/** The floor in numbers, live: each panel answers the question in its title, and stands as a table too. */
class Dashboard extends Localized {
  static override properties = { range: { state: true }, chartAsTable: { state: true }, minute: { state: true } };
  declare range: Range;
  declare chartAsTable: boolean;
  /** Changes once a minute, so that "today" moves on without a change of data. */
  declare minute: number;
  #metrics: LiveRows<MetricRow> | null = null;
  #stops: (() => void)[] = [];

  constructor() {
    super();
    const wished = ranges.find((one) => one === param('range'));
    this.range = wished ?? 'today';
    this.chartAsTable = false;
    this.minute = 0;
  }

  static override styles = [base, buttons, marks, screenHeader, dashboardStyles];

  override connectedCallback(): void {
    super.connectedCallback();
    this.#metrics = new LiveRows<MetricRow>('metrics', {});
    this.#stops = [
      this.#metrics.subscribe(() => this.requestUpdate()),
      onAgents(() => this.requestUpdate()),
      onSecond((now) => {
        this.minute = Math.floor(now / 60_000);
      }),
    ];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const stop of this.#stops) stop();
    this.#metrics?.close();
    this.#metrics = null;
  }

  #choose(range: Range): void {
    this.range = range;
    setParams({ range: range === 'today' ? null : range }, { replace: true });
  }

  /** The instant these figures are true for: now while live, else when the connection was lost. */
  #current(): number {
    const { state, since } = connection();
    return state === 'live' ? serverClock.now() : since;
  }

  protected override render(): TemplateResult {
    const metrics = this.#metrics?.rows ?? new Map<string, MetricRow>();
    const ready = this.#metrics?.ready ?? false;
    const { organization } = me();
    const now = serverClock.now();
    const today = dayOf(now, organization.timezone);
    const newest = asOf(metrics);
    return html`
      <header class="bar">
        <h1><bdi>${organization.name}</bdi></h1>
        <lf-connection-pill></lf-connection-pill>
        ${newest === null ? nothing : html`<span class="quiet num asof" data-tip=${t('dashboard.changedAt', { time: time(newest, true) })}>${t('dashboard.asOf', { time: time(this.#current()) })}</span>`}
        <div class="seg" role="group" aria-label=${t('dashboard.range')}>
          ${ranges.map((one) => html`<button aria-pressed=${one === this.range ? 'true' : 'false'} @click=${() => this.#choose(one)}>${t(`dashboard.${one}`)}</button>`)}
        </div>
      </header>
      <div class="scroll">
        ${
          ready
            ? html`<div class="grid">
                ${tiles(metrics, this.range, today, now)} ${this.#arrivals(metrics, today, now)} ${this.#funnel(metrics, today)}
                <section class="panel w7" aria-labelledby="agents">
                  <h2 id="agents">${t('dashboard.agents')} <span>${t(`dashboard.period.${this.range}`)}</span></h2>
                  <lf-agents-table .days=${daysOf(this.range, today)} .changed=${newest ?? ''}></lf-agents-table>
                </section>
                ${this.#sources(metrics, today)}
              </div>`
            : html`<div class="grid" aria-hidden="true">
                ${Array.from({ length: 6 }, () => html`<span class="skeleton tile"></span>`)}<span class="skeleton w7 tall"></span><span class="skeleton w5 tall"></span>
              </div>`
        }
      </div>
    `;
  }

  #arrivals(metrics: ReadonlyMap<string, MetricRow>, today: string, now: number): TemplateResult {
    const { timezone } = me().organization;
    let at: number[];
    let arrived: number[];
    let answered: number[];
    if (this.range === 'today') {
      const quarters = quartersOfToday(now, timezone);
      const captured = byQuarter(metrics, 'leads.captured', quarters);
      const contacted = byQuarter(metrics, 'leads.answered', quarters);
      // The night before anything happened says nothing.
      const first = captured.findIndex((count, index) => count > 0 || (contacted[index] ?? 0) > 0);
      const from = Math.max(0, Math.min(first === -1 ? quarters.length : first, quarters.length - 8) - 1);
      at = quarters.slice(from);
      arrived = captured.slice(from);
      answered = contacted.slice(from);
    } else {
      const days = daysOf(this.range, today);
      at = days.map((day) => Date.parse(`${day}T00:00:00Z`));
      arrived = byDay(metrics, 'leads.captured', days);
      answered = byDay(metrics, 'leads.answered', days);
    }
    const lines: ChartLine[] = [
      { label: t('dashboard.arrived'), colour: '--accent', filled: true, values: arrived },
      { label: t('dashboard.answered'), colour: '--good', dashed: true, values: answered },
    ];
    const daily = this.range !== 'today';
    const format = daily ? (instant: number) => dayLabel(instant) : (instant: number) => clockLabel(instant, timezone);
    const title = t(daily ? 'dashboard.keepingUp' : 'dashboard.keepingUpToday');
    return html`<section class="panel w7" aria-labelledby="arrivals">
      <h2 id="arrivals">${title} <span>${t(daily ? 'dashboard.perDay' : 'dashboard.perQuarter')}</span>
        <button class="btn ghost small push" aria-pressed=${this.chartAsTable ? 'true' : 'false'} @click=${() => (this.chartAsTable = !this.chartAsTable)}>
          ${icon(this.chartAsTable ? 'chart' : 'table')}${t(this.chartAsTable ? 'dashboard.asChart' : 'dashboard.asTable')}
        </button>
      </h2>
      <lf-line-chart .label=${title} .at=${at} .lines=${lines} .formatAt=${format} .timezone=${daily ? 'UTC' : timezone} ?as-table=${this.chartAsTable}></lf-line-chart>
    </section>`;
  }

  #funnel(metrics: ReadonlyMap<string, MetricRow>, today: string): TemplateResult {
    const days = daysOf('month', today);
    const steps = stages()
      .filter((stage) => stage.kind === 'open' || stage.kind === 'won')
      .map((stage) => ({ stage, count: total(metrics, `funnel.${stage.key}`, days) }));
    const most = Math.max(...steps.map((step) => step.count), 1);
    return html`<section class="panel w5" aria-labelledby="funnel">
      <h2 id="funnel">${t('dashboard.funnel')} <span>${t('dashboard.funnelOf')}</span></h2>
      <table class="funnel num">
        <thead class="sr">
          <tr>
            <th scope="col">${t('field.status')}</th>
            <th scope="col">${t('dashboard.share')}</th>
            <th scope="col">${t('dashboard.leads')}</th>
            <th scope="col">${t('dashboard.ofBefore')}</th>
          </tr>
        </thead>
        <tbody>
          ${steps.map(({ stage, count }, index) => {
            const previous = steps[index - 1]?.count ?? 0;
            return html`<tr>
              <th scope="row">${stageName(stage.key)}</th>
              <td class="track"><div class="step" .style=${`inline-size: ${count === 0 ? 0 : Math.max(1.5, (count / most) * 100)}%; background: oklch(60% 0.14 ${stage.hue})`}></div></td>
              <td class="r count">${number(count)}</td>
              <td class="r quiet">${index === 0 || previous === 0 ? '' : percent(count / previous)}</td>
            </tr>`;
          })}
        </tbody>
      </table>
      <p class="quiet now">${t('dashboard.openNow', { count: value(metrics, 'leads.open') })}</p>
    </section>`;
  }

  #sources(metrics: ReadonlyMap<string, MetricRow>, today: string): TemplateResult {
    const { currency } = me().organization;
    const rows = sources(metrics, daysOf(this.range, today)).slice(0, 8);
    const most = Math.max(...rows.map((row) => row.captured), 1);
    return html`<section class="panel w5" aria-labelledby="sources">
      <h2 id="sources">${t('dashboard.sources')} <span>${t(`dashboard.period.${this.range}`)}</span></h2>
      ${
        rows.length === 0
          ? html`<p class="quiet none">${t('dashboard.noSources')}</p>`
          : html`<div class="wide" data-across tabindex="0" role="region" aria-labelledby="sources"><table class="num">
              <thead>
                <tr>
                  <th scope="col">${t('field.source')}</th>
                  <th scope="col" class="r">${t('dashboard.leads')}</th>
                  <th scope="col"><span class="sr">${t('dashboard.share')}</span></th>
                  <th scope="col" class="r">${t('dashboard.won')}</th>
                  <th scope="col" class="r">${t('dashboard.wonValue')}</th>
                </tr>
              </thead>
              <tbody>
                ${rows.map(
                  (row) => html`<tr>
                    <th scope="row">${row.source === 'unknown' ? t('dashboard.unknownSource') : sourceName(row.source)}</th>
                    <td class="r">${number(row.captured)}</td>
                    <td class="load"><div class="rail"><i .style=${`inline-size: ${(row.captured / most) * 100}%`}></i></div></td>
                    <td class="r">${number(row.won)}</td>
                    <td class="r">${row.value === 0 ? '–' : shortMoney(row.value, currency, true)}</td>
                  </tr>`,
                )}
              </tbody>
            </table></div>`
      }
    </section>`;
  }
}
customElements.define('lf-dashboard', Dashboard);

function clockLabel(instant: number, timezone: string): string {
  return new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: timezone }).format(instant);
}

/** The points of days stand at midnight UTC, so that the marks of the axis meet them. */
function dayLabel(instant: number): string {
  return new Intl.DateTimeFormat(document.documentElement.lang === 'ar' ? 'ar-u-nu-latn' : 'en-GB', {
    day: 'numeric',
    month: 'short',
    timeZone: 'UTC',
  }).format(instant);
}
