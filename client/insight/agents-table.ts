import { css, html, nothing, type TemplateResult } from 'lit';
import { agents, onAgents } from '../leads/agents-feed.ts';
import { onSecond, serverClock } from '../sync/clock.ts';
import { fetchJson, me } from '../sync/session.ts';
import { base } from '../ui/base.ts';
import { Localized } from '../ui/localized.ts';
import { clock, number, percent, shortMoney, span } from '../words/format.ts';
import { whyRefused } from '../words/refusals.ts';
import { t } from '../words/words.ts';
import { tableStyles } from './dashboard.css.ts';
import '../ui/avatar.ts';

interface AgentReport {
  agentId: string;
  leads: number;
  answered: number;
  medianResponseSeconds: number | null;
  won: number;
  conversion: number | null;
  wonValue: number;
}

const AGAIN_MS = 5_000;

/**
 * `<lf-agents-table .days .changed>`: how each agent does in these days. Load and waiting leads are live; the report
 * is read again at most every five seconds while figures change.
 */
class AgentsTable extends Localized {
  static override properties = { days: { attribute: false }, changed: {}, report: { state: true }, problem: { state: true } };
  declare days: string[];
  declare changed: string;
  declare report: ReadonlyMap<string, AgentReport>;
  declare problem: string | null;
  #read = '';
  #readAt = 0;
  #later: ReturnType<typeof setTimeout> | undefined;
  #stops: (() => void)[] = [];

  constructor() {
    super();
    this.days = [];
    this.changed = '';
    this.report = new Map();
    this.problem = null;
  }

  static override styles = [
    base,
    tableStyles,
    css`
      :host {
        display: block;
      }
      .agent {
        display: flex;
        gap: 8px;
        align-items: center;
        min-width: 0;
      }
      .late {
        color: var(--bad);
        font-weight: 560;
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.#stops = [onAgents(() => this.requestUpdate()), onSecond((now) => Math.floor(now / 1000) % 20 === 0 && this.requestUpdate())];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#later);
    for (const stop of this.#stops) stop();
  }

  protected override willUpdate(): void {
    const wanted = `${this.days[0]} ${this.days.at(-1)}`;
    if (this.days.length === 0 || `${wanted} ${this.changed}` === this.#read) return;
    const sameDays = this.#read.startsWith(wanted);
    const wait = sameDays ? Math.max(0, this.#readAt + AGAIN_MS - performance.now()) : 0;
    this.#read = `${wanted} ${this.changed}`;
    clearTimeout(this.#later);
    this.#later = setTimeout(() => void this.#load(), wait);
  }

  async #load(): Promise<void> {
    this.#readAt = performance.now();
    try {
      const query = new URLSearchParams({ from: this.days[0] ?? '', to: this.days.at(-1) ?? '' });
      const answer = (await fetchJson(`/api/reports/agents?${query}`)) as { rows: AgentReport[] };
      this.report = new Map(answer.rows.map((row) => [row.agentId, row]));
      this.problem = null;
    } catch (error) {
      this.problem = whyRefused(error);
    }
  }

  protected override render(): TemplateResult {
    const { currency, responseMinutes } = me().organization;
    const now = serverClock.now();
    const shown = agents()
      .map((agent) => ({ agent, report: this.report.get(agent.id) }))
      .sort((one, other) => (one.agent.oldestUnansweredAt ?? '9').localeCompare(other.agent.oldestUnansweredAt ?? '9'));
    const most = Math.max(...shown.map(({ agent }) => agent.activeLeadsCount), 1);
    const lateMs = (responseMinutes ?? 15) * 60_000;
    return html`
      ${this.problem === null ? nothing : html`<p class="error" role="alert">${this.problem}</p>`}
      <div class="wide" data-across tabindex="0" role="region" aria-label=${t('dashboard.agents')}>
        <table class="num">
          <thead>
            <tr>
              <th scope="col">${t('dashboard.agent')}</th>
              <th scope="col" class="r">${t('dashboard.leads')}</th>
              <th scope="col" class="r" data-tip=${t('dashboard.responseTip')}>${t('tile.response')}</th>
              <th scope="col" class="r">${t('dashboard.conversion')}</th>
              <th scope="col" class="r">${t('dashboard.wonValue')}</th>
              <th scope="col" class="r">${t('floor.waiting')}</th>
              <th scope="col" class="loadhead">${t('floor.load')}</th>
            </tr>
          </thead>
          <tbody>
            ${shown.map(({ agent, report }) => {
              const response = report?.medianResponseSeconds ?? null;
              const waiting = agent.oldestUnansweredAt === null ? null : now - Date.parse(agent.oldestUnansweredAt);
              const limit = agent.capacity ?? most;
              const full = agent.capacity !== null && agent.activeLeadsCount >= agent.capacity;
              return html`<tr>
                <th scope="row"><span class="agent"><lf-avatar .name=${agent.fullName} .key=${agent.id} .status=${agent.availability}></lf-avatar><bdi class="clip">${agent.fullName}</bdi></span></th>
                <td class="r">${report === undefined ? '–' : number(report.leads)}</td>
                <td class="r ${response !== null && response * 1000 > lateMs ? 'late' : ''}">${response === null ? '–' : clock(response * 1000)}</td>
                <td class="r">${report?.conversion == null ? '–' : percent(report.conversion)}</td>
                <td class="r">${report === undefined || report.wonValue === 0 ? '–' : shortMoney(report.wonValue, currency, true)}</td>
                <td class="r ${waiting !== null && waiting > lateMs ? 'late' : ''}">${waiting === null ? '–' : span(waiting)}</td>
                <td class="load">
                  <div class="loadline">
                    <span>${agent.capacity === null ? number(agent.activeLeadsCount) : `${number(agent.activeLeadsCount)} / ${number(agent.capacity)}`}</span>
                    <div class="rail ${full ? 'full' : ''}"><i .style=${`inline-size: ${Math.min(100, (agent.activeLeadsCount / limit) * 100)}%`}></i></div>
                  </div>
                </td>
              </tr>`;
            })}
          </tbody>
        </table>
      </div>
    `;
  }
}
customElements.define('lf-agents-table', AgentsTable);
