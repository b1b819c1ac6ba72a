import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { BoardRow, FloorRow } from '../../projections/leads/rows.ts';
import { openLead } from '../router.ts';
import { onSecond, serverClock } from '../sync/clock.ts';
import { peopleHere } from '../sync/presence.ts';
import { can, me } from '../sync/session.ts';
import { base, buttons, marks } from '../ui/base.ts';
import { icon } from '../ui/icons.ts';
import { Localized } from '../ui/localized.ts';
import { screenHeader } from '../ui/screen-header.ts';
import { list, number, span, time } from '../words/format.ts';
import { t } from '../words/words.ts';
import { agents, agentsReady, onAgents } from './agents-feed.ts';
import { openAvailabilityMenu, resumeAgent } from './availability.ts';
import { floorStyles } from './floor-page.css.ts';
import { nameOf } from './lead-actions.ts';
import { openAssignMenu } from './lead-menus.ts';
import { boardRows } from './live-board.ts';
import { languageName, propertyTypeName, stageName, stageOf } from './stages.ts';
import '../shell/connection-pill.ts';
import '../ui/avatar.ts';
import '../ui/empty.ts';

type Order = 'need' | 'load' | 'name';
const orders: readonly Order[] = ['need', 'load', 'name'];
const MOST_LEADS = 12;

/** The people on the floor, live: who takes leads, who is full, who lets somebody wait; their leads open under them. */
class FloorPage extends Localized {
  static override properties = { order: { state: true }, opened: { state: true } };
  declare order: Order;
  declare opened: string | null;
  #stops: (() => void)[] = [];

  constructor() {
    super();
    this.order = 'need';
    this.opened = null;
  }

  static override styles = [base, buttons, marks, screenHeader, floorStyles];

  override connectedCallback(): void {
    super.connectedCallback();
    this.#stops = [
      onAgents(() => this.requestUpdate()),
      peopleHere.changed.on(() => this.requestUpdate()),
      boardRows().subscribe(() => this.requestUpdate()),
      onSecond(() => this.requestUpdate()),
    ];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const stop of this.#stops) stop();
  }

  #ordered(): FloorRow[] {
    const share = (row: FloorRow): number => row.activeLeadsCount / (row.capacity ?? 1000);
    const waiting = (row: FloorRow): string => row.oldestUnansweredAt ?? '9';
    const rows = agents();
    if (this.order === 'load') return rows.sort((one, other) => share(other) - share(one));
    return this.order === 'need' ? rows.sort((one, other) => waiting(one).localeCompare(waiting(other))) : rows;
  }

  protected override render(): TemplateResult {
    const rows = this.#ordered();
    const unassigned = [...boardRows().rows.values()].filter((row) => row.agentId === null && stageOf(row.status)?.kind === 'open').length;
    const available = rows.filter((row) => row.availability === 'available').length;
    return html`
      <header class="bar">
        <h1>${t('nav.floor')}</h1>
        <lf-connection-pill></lf-connection-pill>
        <span class="summary quiet num">${t('floor.summary', { available, all: rows.length })}</span>
        <div class="seg" role="group" aria-label=${t('floor.order')}>
          ${orders.map((one) => html`<button aria-pressed=${one === this.order ? 'true' : 'false'} @click=${() => (this.order = one)}>${t(`floor.by.${one}`)}</button>`)}
        </div>
      </header>
      <div class="scroll">
        <div class="page">
          ${unassigned === 0 ? nothing : html`<a class="free" href="/board?filter=unassigned">${icon('hand')}<b>${t('floor.unassigned', { count: unassigned })}</b><span>${t('floor.unassignedHint')}</span>${icon('next')}</a>`}
          ${agentsReady() ? (rows.length === 0 ? html`<lf-empty icon="users" heading=${t('floor.none')} text=${t('floor.noneText')}></lf-empty>` : this.#list(rows)) : this.#waiting()}
        </div>
      </div>
    `;
  }

  #list(rows: FloorRow[]): TemplateResult {
    return html`<div class="head" aria-hidden="true"><span>${t('dashboard.agent')}</span><span>${t('floor.state')}</span><span>${t('floor.load')}</span><span>${t('floor.waiting')}</span><span></span></div>
      <ul class="panel">
        ${repeat(
          rows,
          (row) => row.id,
          (row) => this.#agent(row),
        )}
      </ul>`;
  }

  #agent(row: FloorRow): TemplateResult {
    const here = peopleHere.people.has(row.id);
    const opened = this.opened === row.id;
    const knows = [
      ...row.specializationPropertyType.map(propertyTypeName),
      ...row.specializationAreas,
      ...row.languageSkills.map(languageName),
    ];
    return html`<li>
      <div class="agent">
        <button class="who" aria-expanded=${opened ? 'true' : 'false'} @click=${() => (this.opened = opened ? null : row.id)}>
          <lf-avatar .name=${row.fullName} .key=${row.id} .size=${34} .status=${row.availability}></lf-avatar>
          <span class="name">
            <span class="first"><bdi class="clip">${row.fullName}</bdi>${row.id === me().agentId ? html`<span class="src">${t('floor.you')}</span>` : nothing}${here ? html`<span class="here">${t('floor.here')}</span>` : nothing}</span>
            <span class="sr">${t('floor.showLeads')}</span>
            <small class="clip">${knows.length === 0 ? (row.email ?? '') : list(knows)}</small>
          </span>
        </button>
        ${this.#state(row)} ${this.#load(row)} ${this.#waits(row)}
        <span class="acts">${this.#actions(row)}</span>
      </div>
      ${opened ? this.#leads(row) : nothing}
    </li>`;
  }

  #state(row: FloorRow): TemplateResult {
    if (row.availability === 'available')
      return html`<span class="state"><span class="pill good dot">${t('floor.available')}</span></span>`;
    const until = row.pausedUntil === null ? null : time(row.pausedUntil);
    const paused = row.availability === 'paused';
    const text =
      until === null ? t(paused ? 'floor.paused' : 'floor.away') : t(paused ? 'floor.pausedUntil' : 'floor.awayUntil', { time: until });
    return html`<span class="state"><span class="pill ${paused ? 'warn' : ''} num">${icon(paused ? 'pause' : 'door')}${text}</span></span>`;
  }

  #load(row: FloorRow): TemplateResult {
    const { activeLeadsCount: open, capacity } = row;
    const full = capacity !== null && open >= capacity;
    return html`<span class="load num">
      <span class="sr">${t('floor.load')}: </span><span>${capacity === null ? t('floor.open', { count: open }) : `${number(open)} / ${number(capacity)}`}</span>
      ${capacity === null ? nothing : html`<span class="cap ${full ? 'full' : ''}"><i .style=${`inline-size: ${Math.min(100, (open / capacity) * 100)}%`}></i></span>`}
      ${full ? html`<b class="late">${t('floor.full')}</b>` : nothing}
    </span>`;
  }

  #waits(row: FloorRow): TemplateResult {
    if (row.oldestUnansweredAt === null) return html`<span class="waits quiet">${t('floor.nobodyWaits')}</span>`;
    const waited = serverClock.now() - Date.parse(row.oldestUnansweredAt);
    const late = waited > (me().organization.responseMinutes ?? 15) * 60_000;
    return html`<span class="waits num ${late ? 'late' : ''}">${icon(late ? 'alarm' : 'clock')}${t('floor.waits', { time: span(waited) })}</span>`;
  }

  #actions(row: FloorRow): TemplateResult | typeof nothing {
    if (!can('agent.pause', { agentId: row.id })) return nothing;
    if (row.availability !== 'available')
      return html`<button class="btn small" @click=${() => void resumeAgent(row)}>${icon('play')}${t('floor.resume')}</button>`;
    return html`<button class="btn ghost small" aria-haspopup="menu" aria-label="${t('floor.pause')}: ${row.fullName}" @click=${(event: Event) => openAvailabilityMenu(event.currentTarget as Element, row)}>
      ${icon('pause')}${t('floor.pause')}
    </button>`;
  }

  #leads(row: FloorRow): TemplateResult {
    const waitingFirst = (lead: BoardRow): string => (lead.respondBy === null ? `1${lead.statusChangedAt}` : `0${lead.respondBy}`);
    const leads = [...boardRows().rows.values()]
      .filter((lead) => lead.agentId === row.id && stageOf(lead.status)?.kind === 'open')
      .sort((one, other) => waitingFirst(one).localeCompare(waitingFirst(other)));
    if (leads.length === 0) return html`<p class="none quiet">${t('floor.noLeads')}</p>`;
    return html`<ul class="leads" aria-label=${t('floor.leadsOf', { name: row.fullName })}>
      ${leads.slice(0, MOST_LEADS).map(
        (lead) => html`<li class="lead">
          <button class="open clip" @click=${() => openLead(lead.id)}><i .style=${`background: oklch(62% 0.14 ${stageOf(lead.status)?.hue ?? 264})`}></i><bdi class="clip">${nameOf(lead)}</bdi></button>
          <span class="quiet clip">${stageName(lead.status)}</span>
          <span class="num ${lead.respondBy === null ? 'quiet' : 'late'}">${lead.respondBy === null ? span(serverClock.now() - Date.parse(lead.statusChangedAt)) : t('floor.unanswered')}</span>
          ${can('lead.assign', lead) ? html`<button class="btn small" aria-haspopup="menu" aria-label="${t('floor.reassign')}: ${nameOf(lead)}" @click=${(event: Event) => openAssignMenu(event.currentTarget as Element, lead)}>${t('floor.reassign')}</button>` : nothing}
        </li>`,
      )}
      ${leads.length > MOST_LEADS ? html`<li><a class="all" href="/board?owner=${row.id}">${t('floor.allLeads', { count: leads.length })}</a></li>` : nothing}
    </ul>`;
  }

  #waiting(): TemplateResult {
    return html`<div class="panel wait" aria-hidden="true">${[0, 1, 2, 3, 4, 5].map(() => html`<span class="skeleton"></span>`)}</div>`;
  }
}
customElements.define('lf-floor-page', FloorPage);
