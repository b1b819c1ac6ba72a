import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { BoardRow } from '../../projections/leads/rows.ts';
import { param } from '../router.ts';
import { onSecond, serverClock } from '../sync/clock.ts';
import { peopleHere } from '../sync/presence.ts';
import { can, me } from '../sync/session.ts';
import type { PersonHere } from '../sync/wire.ts';
import { base, marks } from '../ui/base.ts';
import { icon } from '../ui/icons.ts';
import { Localized } from '../ui/localized.ts';
import { dateTime, phone, shortMoney, span } from '../words/format.ts';
import { t } from '../words/words.ts';
import { agentNamed, onAgents } from './agents-feed.ts';
import { activeCard, FRESH_MS, freshness } from './card-state.ts';
import { claimLead, nameOf } from './lead-actions.ts';
import { cardStyles } from './lead-card.styles.ts';
import { openAssignMenu, openCardMenu } from './lead-menus.ts';
import { boardRows, personNamed } from './live-board.ts';
import { type ResponseTimer, responseTimer } from './response.ts';
import { propertyTypeName, sourceName } from './stages.ts';
import '../ui/avatar.ts';

/** `<lf-lead-card .leadId=…>`: one lead on the board. It follows its own row, and redraws alone. */
export class LeadCard extends Localized {
  static override properties = { leadId: { attribute: false }, ghost: { type: Boolean, reflect: true }, dragged: { attribute: false } };
  declare leadId: string;
  /** A copy that follows the pointer. */
  declare ghost: boolean;
  /** Left behind while its copy is carried. */
  declare dragged: boolean;
  row: BoardRow | null = null;
  private stops: (() => void)[] = [];
  private stopRow: (() => void) | undefined;
  private watched: readonly PersonHere[] = [];
  private wasActive = false;
  private ownerName: string | null = null;
  private freshTimer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.leadId = '';
    this.ghost = false;
    this.dragged = false;
  }

  static override styles = [base, marks, cardStyles];

  override connectedCallback(): void {
    super.connectedCallback();
    this.follow();
    this.stops = [
      onSecond((now) => {
        if ((this.row?.respondBy ?? null) !== null || now % 60_000 < 1_000) this.requestUpdate();
      }),
      onAgents(() => {
        if (this.ownerName !== this.nameOfOwner()) this.requestUpdate();
      }),
      peopleHere.changed.on(() => {
        const others = this.others();
        if (others.length > 0 || this.watched.length > 0) this.requestUpdate();
      }),
      activeCard.changed.on(() => {
        if (this.wasActive !== this.isActive()) this.requestUpdate();
      }),
    ];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const stop of this.stops) stop();
    this.stopRow?.();
    this.stopRow = undefined;
    clearTimeout(this.freshTimer);
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('leadId')) this.follow();
    // The last row stays while the card is on its way out.
    this.row = boardRows().rows.get(this.leadId) ?? (this.row?.id === this.leadId ? this.row : null);
  }

  /** Puts the focus on the card's link. */
  focusCard(): void {
    this.renderRoot.querySelector<HTMLElement>('.title')?.focus({ preventScroll: true });
  }

  private follow(): void {
    this.stopRow?.();
    this.stopRow = this.isConnected && this.leadId !== '' ? boardRows().subscribeKey(this.leadId, () => this.requestUpdate()) : undefined;
  }

  private isActive(): boolean {
    return activeCard.key === this.leadId;
  }

  private others(): readonly PersonHere[] {
    const mine = me().agentId;
    return peopleHere.at(this.leadId).filter((person) => person.agentId !== mine);
  }

  protected override render(): TemplateResult | typeof nothing {
    const { row } = this;
    if (row === null) return nothing;
    this.wasActive = this.isActive();
    this.ownerName = this.nameOfOwner();
    const tabindex = this.wasActive && !this.ghost ? 0 : -1;
    const now = serverClock.now();
    const timer = row.respondBy === null ? null : responseTimer(row.respondBy, now);
    const recent = this.recent();
    const parts = secondLine(row);
    const worth = price(row);
    this.style.setProperty('--fresh-delay', recent === null ? '0ms' : `-${Math.round(recent.age)}ms`);
    const classes = [
      'card',
      row.agentId === null && 'unassigned',
      recent !== null && 'fresh',
      this.dragged && 'away',
      param('lead') === row.id && 'open',
    ];
    return html`<div class=${classes.filter(Boolean).join(' ')} @contextmenu=${this.menuHere}>
      <div class="r1">
        <a class="title clip" href="/board?lead=${row.id}" draggable="false" tabindex=${tabindex} aria-describedby="second facts" @click=${this.open} @focus=${this.activate}
          ><bdi>${nameOf(row)}</bdi></a
        >
        <span class="marks">
          ${boardRows().isPending(row.id) ? html`<i class="saving" data-tip=${t('board.saving')}></i>` : nothing}
          ${this.viewers(recent?.by ?? null)} ${this.score(row)}
          <button class="more" tabindex=${tabindex} aria-haspopup="menu" aria-label=${t('board.cardActions', { name: nameOf(row) })} @click=${this.menu}>
            ${icon('more')}
          </button>
        </span>
      </div>
      <div class="r2" id="second">
        <span class="clip">${parts.map((part, at) => html`${at === 0 ? nothing : ' · '}<bdi>${part}</bdi>`)}</span>${
          worth === null ? nothing : html`<span class="num">${parts.length === 0 ? nothing : html`&nbsp;· `}<bdi>${worth}</bdi></span>`
        }
      </div>
      <div class="r3">
        <span class="facts" id="facts">${this.facts(row, timer, now)}</span>
        <span class="do">${this.controls(row, tabindex)}</span>
      </div>
    </div>`;
  }

  private nameOfOwner(): string | null {
    const agentId = this.row?.agentId ?? null;
    return agentId === null ? null : (agentNamed(agentId)?.fullName ?? personNamed(agentId)?.name ?? null);
  }

  private recent(): { by: string; age: number } | null {
    const recent = this.ghost ? null : freshness(this.leadId, performance.now());
    clearTimeout(this.freshTimer);
    if (recent !== null) this.freshTimer = setTimeout(() => this.requestUpdate(), FRESH_MS - recent.age + 20);
    return recent;
  }

  private viewers(changedBy: string | null): unknown {
    this.watched = this.others();
    const shown = this.watched
      .slice(0, 2)
      .map((person) => ({ id: person.agentId, name: person.name, tip: t('board.isLooking', { name: person.name }) }));
    const author = changedBy === null ? null : personNamed(changedBy);
    if (author !== null && !shown.some((person) => person.id === author.id))
      shown.unshift({ ...author, tip: t('board.changedBy', { name: author.name }) });
    return shown.map(
      (person) =>
        html`<lf-avatar class="viewer" .name=${person.name} .key=${person.id} .size=${17} .label=${person.tip} data-tip=${person.tip}></lf-avatar>`,
    );
  }

  private score(row: BoardRow): unknown {
    if (row.score === null) return nothing;
    const tone = row.temperature === 'hot' || row.temperature === 'warm' ? row.temperature : '';
    return html`<span class="score num ${tone}" data-tip=${t('board.score', { score: row.score })}>${Math.round(row.score)}</span>`;
  }

  private facts(row: BoardRow, timer: ResponseTimer | null, now: number): TemplateResult {
    const age = t('board.inStage', { time: span(now - Date.parse(row.statusChangedAt)) });
    return html`
      ${
        timer === null
          ? nothing
          : html`<span class="timer num ${timer.tone}" data-tip=${t('board.timer.tip', { time: dateTime(row.respondBy ?? '') })}
              >${timer.tone === 'late' ? icon('alarm') : icon('clock')}${timer.text}</span
            >`
      }
      ${row.source === null ? nothing : html`<span class="src clip">${sourceName(row.source)}</span>`}
      ${row.incomplete ? html`<span class="src partial" data-tip=${t('board.incompleteTip')}>${timer === null ? t('board.incomplete') : html`<i aria-hidden="true">!</i><span class="sr">${t('board.incomplete')}</span>`}</span>` : nothing}
      ${timer === null ? html`<span class="num" data-tip=${age}>${span(now - Date.parse(row.statusChangedAt))}</span>` : nothing}
    `;
  }

  private controls(row: BoardRow, tabindex: number): TemplateResult {
    if (row.agentId === null) {
      return html`${
        can('lead.claim', row)
          ? html`<button class="claim" tabindex=${tabindex} data-tip=${t('board.claimTip')} data-keys="C" @click=${this.claim}>${t('board.claim')}</button>`
          : html`<span class="nobody" data-tip=${t('board.unassigned')}>${icon('user')}</span>`
      }`;
    }
    const name = this.ownerName ?? t('board.formerAgent');
    const avatar = html`<lf-avatar .name=${name} .key=${row.agentId} .size=${20}></lf-avatar>`;
    if (!can('lead.assign', row) && !can('lead.unassign', row)) {
      return html`<lf-avatar .name=${name} .key=${row.agentId} .size=${20} .label=${t('board.ownedBy', { name })} data-tip=${name}></lf-avatar>`;
    }
    return html`<button class="owner" tabindex=${tabindex} aria-haspopup="menu" aria-label=${t('board.ownedByAssign', { name })} data-tip=${name} data-keys="A" @click=${this.assign}>
        ${avatar}
      </button>`;
  }

  private readonly open = (event: MouseEvent): void => {
    // Middle and modified clicks keep their meaning; plain ones stay on this page with every filter in the address.
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.dispatchEvent(new CustomEvent('lf-open-lead', { detail: this.leadId, bubbles: true, composed: true }));
  };

  private readonly activate = (): void => activeCard.set(this.leadId);

  private readonly claim = (event: Event): void => {
    event.stopPropagation();
    if (this.row !== null) void claimLead(this.row);
  };

  private readonly assign = (event: Event): void => {
    if (this.row !== null && event.currentTarget instanceof Element) openAssignMenu(event.currentTarget, this.row);
  };

  /** A right click anywhere on the card; a long press is for carrying it. */
  private readonly menuHere = (event: MouseEvent): void => {
    if (this.row === null || ('pointerType' in event && event.pointerType === 'touch')) return;
    event.preventDefault();
    openCardMenu(this, this.row, { x: event.clientX, y: event.clientY });
  };

  private readonly menu = (event: Event): void => {
    if (this.row !== null && event.currentTarget instanceof Element) openCardMenu(event.currentTarget, this.row);
  };
}
customElements.define('lf-lead-card', LeadCard);
declare global {
  interface HTMLElementTagNameMap {
    'lf-lead-card': LeadCard;
  }
}

/** What tells this lead from the next: what they look for and where, who they work for; else how to reach them. Its price stands beside it. */
function secondLine(row: BoardRow): string[] {
  const type = row.propertyType === null ? null : propertyTypeName(row.propertyType);
  const place = row.preferredAreas[0] ?? row.location;
  const company = row.company === row.name ? null : row.company;
  const parts = [type, place, row.jobTitle, company].filter((part): part is string => part !== null && part !== '');
  return parts.length > 0 ? parts : row.phone !== null ? [phone(row.phone)] : row.tags;
}

/** `4.5–6M` for a budget with both ends, else the one figure there is. */
function price(row: BoardRow): string | null {
  const { budgetMin, budgetMax, currency } = row;
  if (row.value !== null) return shortMoney(row.value, currency);
  if (budgetMin !== null && budgetMax !== null) {
    const [low, high] = [shortMoney(budgetMin, currency), shortMoney(budgetMax, currency)];
    const unit = /\D+$/u.exec(high)?.[0] ?? '';
    return `${unit !== '' && low.endsWith(unit) ? low.slice(0, -unit.length) : low}–${high}`;
  }
  const one = budgetMax ?? budgetMin;
  return one === null ? null : shortMoney(one, currency);
}
