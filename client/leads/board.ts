import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { BoardRow } from '../../projections/leads/rows.ts';
import { onNavigate, openLead, param, setParams } from '../router.ts';
import { onSecond, serverClock } from '../sync/clock.ts';
import type { RowNews } from '../sync/live-rows.ts';
import { announce } from '../sync/presence.ts';
import { can, me, onSession, type Stage } from '../sync/session.ts';
import { base, buttons } from '../ui/base.ts';
import { icon } from '../ui/icons.ts';
import { Localized } from '../ui/localized.ts';
import { focusedElement } from '../ui/place.ts';
import { toast } from '../ui/toast.ts';
import { number } from '../words/format.ts';
import { whyProblem } from '../words/refusals.ts';
import { t } from '../words/words.ts';
import { agentNamed } from './agents-feed.ts';
import { boardStyles } from './board.styles.ts';
import type { BoardBar } from './board-bar.ts';
import type { BoardColumnElement, DropState } from './board-column.ts';
import { type BoardFilter, type FilterContext, filterOf, isNarrowed, paramsOf, type QuickFilter } from './board-filter.ts';
import { boardKey, type KeyHost } from './board-keys.ts';
import { BoardModel } from './board-model.ts';
import { CardDrag, type DragHost, type DropTarget } from './card-drag.ts';
import { activeCard, markFresh } from './card-state.ts';
import { assignLead, moveLead } from './lead-actions.ts';
import type { LeadCard } from './lead-card.ts';
import { isFull } from './lead-menus.ts';
import { boardRows } from './live-board.ts';
import { movesFrom, stageName, stages } from './stages.ts';
import '../ui/empty.ts';
import './board-bar.ts';
import './board-column.ts';
import './floor-strip.ts';
import './quick-add.ts';

const COUNT_EVERY_MS = 250;
const noCounts: Record<QuickFilter, number> = { all: 0, mine: 0, unassigned: 0, attention: 0, today: 0, stalled: 0, closed: 0 };

/** `<lf-board>`: the live board. */
export class Board extends Localized implements KeyHost, DragHost {
  static override properties = {
    counts: { state: true },
    adding: { state: true },
    carried: { state: true },
    over: { state: true },
    shownStage: { state: true },
  };
  declare counts: Record<QuickFilter, number>;
  /** The stage a new lead is being added to (empty: the first), null when none is. */
  declare adding: string | null;
  declare carried: BoardRow | null;
  declare over: DropTarget | null;
  /** On a phone: the column in view. */
  declare shownStage: string;
  private filter: BoardFilter = filterOf(new URLSearchParams(location.search));
  private readonly model: BoardModel;
  private readonly drag: CardDrag;
  private stops: (() => void)[] = [];
  /** What changed while a card was carried. */
  private readonly held = new Set<string>();
  private counting: ReturnType<typeof setTimeout> | undefined;
  /** The card that had the focus when its place changed, and where it stood. */
  private refocus: { key: string; status: string; index: number } | null = null;

  constructor() {
    super();
    this.counts = noCounts;
    this.adding = null;
    this.carried = null;
    this.over = null;
    this.shownStage = '';
    this.model = new BoardModel(this.context());
    this.drag = new CardDrag(this, this);
  }

  static override styles = [base, buttons, boardStyles];

  override connectedCallback(): void {
    super.connectedCallback();
    const rows = boardRows();
    this.model.update(rows.rows.keys(), rows.rows);
    this.applyFilter();
    this.stops = [
      rows.subscribe((changed, news) => this.changed(changed, news)),
      onNavigate(() => this.navigated()),
      onSession((state) => state.signedIn && this.requestUpdate()),
      onSecond((now) => this.second(now)),
    ];
    document.addEventListener('keydown', this.key);
    if (this.showsFloor()) document.documentElement.style.setProperty('--toast-end', '73px');
    this.navigated();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.drag.cancel();
    for (const stop of this.stops) stop();
    clearTimeout(this.counting);
    document.removeEventListener('keydown', this.key);
    document.documentElement.style.removeProperty('--toast-end');
  }

  // — rows in —

  private changed(changed: ReadonlySet<string>, news: RowNews): void {
    markFresh(news.touched, new Set([me().agentId, me().user.id]), performance.now());
    if (this.drag.active) {
      for (const key of changed) this.held.add(key);
      this.requestUpdate();
      return;
    }
    this.take(changed);
  }

  private take(changed: ReadonlySet<string>): void {
    this.rememberFocus(changed);
    if (this.model.update(changed, boardRows().rows).size > 0 || this.refocus !== null) this.requestUpdate();
    this.countSoon();
  }

  private countSoon(): void {
    this.counting ??= setTimeout(() => {
      this.counting = undefined;
      this.counts = this.model.counts();
    }, COUNT_EVERY_MS);
  }

  private second(now: number): void {
    if (now % 5_000 >= 1_000 || this.drag.active) return;
    const timed = this.filter.quick === 'attention' || this.filter.quick === 'stalled' || this.filter.quick === 'today';
    if (timed) this.applyFilter();
    else this.model.tell(this.context());
    this.countSoon();
  }

  private context(): FilterContext {
    const now = serverClock.now();
    return {
      agentId: me().agentId,
      now,
      dayStart: startOfDay(now, me().organization.timezone),
      open: new Set(
        stages()
          .filter((stage) => stage.kind === 'open')
          .map((stage) => stage.key),
      ),
    };
  }

  private applyFilter(): void {
    this.model.show(this.filter, this.context());
    this.counts = this.model.counts();
    this.requestUpdate();
  }

  private navigated(): void {
    const next = filterOf(new URLSearchParams(location.search));
    if (JSON.stringify(next) !== JSON.stringify(this.filter)) {
      this.filter = next;
      this.applyFilter();
    }
    if (param('new') !== null) {
      setParams({ new: null }, { replace: true });
      if (can('lead.capture')) this.adding = '';
    }
    this.requestUpdate();
    for (const column of this.columns()) column.requestUpdate();
  }

  // — what is shown —

  private shownStages(): Stage[] {
    const closed = this.filter.quick === 'closed';
    return stages().filter((stage) => (stage.kind === 'open') !== closed);
  }

  private showsFloor(): boolean {
    return me().role !== 'agent' && me().role !== 'assistant';
  }

  private columns(): BoardColumnElement[] {
    return [...this.renderRoot.querySelectorAll('lf-board-column')];
  }

  protected override render(): TemplateResult {
    const rows = boardRows();
    const shown = this.shownStages();
    const narrowed = isNarrowed(this.filter);
    return html`
      <lf-board-bar
        .filter=${this.filter}
        .counts=${this.counts}
        .sources=${this.model.sources()}
        @filter=${(event: CustomEvent<Partial<BoardFilter>>) => setParams(paramsOf({ ...this.filter, ...event.detail }), { replace: true })}
        @leave-search=${() => this.walk(0, 0)}
        @lf-add=${this.openAdd}
      ></lf-board-bar>
      <nav class="tabs" aria-label=${t('board.stages')}>
        ${shown.map(
          (
            stage,
          ) => html`<button aria-current=${(this.shownStage || shown[0]?.key) === stage.key ? 'true' : 'false'} @click=${() => this.showColumn(stage.key)}>
            <i .style=${`background: oklch(62% 0.14 ${stage.hue})`}></i>${stageName(stage.key)} <b class="num">${number(this.model.column(stage.key).rows.length)}</b>
          </button>`,
        )}
      </nav>
      <div class="stage">
        <div
          class="columns ${this.carried === null ? '' : 'dragging'}"
          @scroll=${this.swiped}
          @lf-add=${this.openAdd}
          @lf-open-lead=${(event: CustomEvent<string>) => openLead(event.detail)}
        >
          ${shown.map(
            (stage) => html`<lf-board-column
              .stage=${stage}
              .column=${this.model.column(stage.key)}
              .more=${rows.more[stage.key] ?? 0}
              .narrowed=${narrowed}
              .loading=${!rows.ready && rows.refused === null}
              .dropState=${this.dropState(stage.key)}
              .draggedKey=${this.carried?.id ?? null}
            ></lf-board-column>`,
          )}
        </div>
        ${this.carried !== null && this.held.size > 0 ? html`<span class="updates num">${t('board.updates', { count: this.held.size })}</span>` : nothing}
        ${this.carried === null ? nothing : this.zones(this.carried)} ${this.empty()}
      </div>
      ${
        this.showsFloor()
          ? html`<lf-floor-strip
              .carrying=${this.carried !== null && can('lead.assign', this.carried)}
              .owner=${this.carried?.agentId ?? null}
              .over=${this.over?.kind === 'agent' ? this.over.id : null}
              @lf-owner=${(event: CustomEvent<string | null>) => setParams({ owner: event.detail }, { replace: true })}
            ></lf-floor-strip>`
          : nothing
      }
      ${this.adding === null ? nothing : html`<lf-quick-add .status=${this.adding} @close=${() => (this.adding = null)}></lf-quick-add>`}
    `;
  }

  /** Closing stages as places to drop the carried card; they are no columns that grow. */
  private zones(row: BoardRow): TemplateResult | typeof nothing {
    const closing = stages().filter((stage) => stage.kind !== 'open');
    if (closing.length === 0 || this.filter.quick === 'closed') return nothing;
    const allowed = new Set(movesFrom(row.status).map((stage) => stage.key));
    return html`<div class="zones" aria-hidden="true">
      ${closing.map((stage) => {
        const over = this.over?.kind === 'stage' && this.over.id === stage.key;
        const state = !allowed.has(stage.key) ? 'denied' : over ? 'over' : '';
        return html`<div class="zone ${stage.kind} ${state}" data-drop=${`stage:${stage.key}`}>
          ${icon(stage.kind === 'won' ? 'trophy' : stage.kind === 'lost' ? 'lost' : 'pause')}${stageName(stage.key)}
        </div>`;
      })}
    </div>`;
  }

  private empty(): TemplateResult | typeof nothing {
    const rows = boardRows();
    if (rows.refused !== null)
      return html`<lf-empty class="over" icon="warning" heading=${t('board.refusedHeading')} text=${whyProblem(rows.refused)}></lf-empty>`;
    if (!rows.ready || rows.rows.size > 0) return nothing;
    return html`<lf-empty class="over" icon="board" heading=${t('board.emptyHeading')} text=${t(can('lead.capture') ? 'board.emptyText' : 'board.emptyTextReader')}>
      ${can('lead.capture') ? html`<button class="btn pri" @click=${() => (this.adding = '')}>${icon('plus')}${t('board.newLead')}</button>` : nothing}
    </lf-empty>`;
  }

  private readonly openAdd = (event: CustomEvent<string | null>): void => {
    this.adding = event.detail ?? '';
  };

  // — phone —

  private showColumn(status: string): void {
    this.shownStage = status;
    this.columns()
      .find((column) => column.stage.key === status)
      ?.scrollIntoView({
        behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth',
        inline: 'center',
        block: 'nearest',
      });
  }

  private readonly swiped = (event: Event): void => {
    if (!(event.currentTarget instanceof HTMLElement) || !matchMedia('(max-width: 640px)').matches) return;
    const middle = event.currentTarget.getBoundingClientRect().left + event.currentTarget.clientWidth / 2;
    const nearest = this.columns().find((column) => {
      const box = column.getBoundingClientRect();
      return box.left <= middle && middle <= box.right;
    });
    if (nearest === undefined || nearest.stage.key === this.shownStage) return;
    this.shownStage = nearest.stage.key;
    const tabs = this.renderRoot.querySelector('.tabs');
    const tab = tabs?.children[this.columns().indexOf(nearest)];
    if (tabs && tab instanceof HTMLElement)
      tabs.scrollTo({ left: tab.offsetLeft - tabs.clientWidth / 2 + tab.clientWidth / 2, behavior: 'smooth' });
  };

  // — keyboard —

  private readonly key = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || this.drag.active || this.adding !== null) return;
    const target = event.composedPath()[0];
    const typing = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
    if (typing || (target instanceof HTMLElement && target.isContentEditable)) return;
    // Beside the board (the drawer, the rail) only keys that need no card act.
    const inside = event.composedPath().includes(this) || target === document.body;
    if (!inside && !['n', '/', 'z'].includes(event.key.toLowerCase())) return;
    if (boardKey(event, this)) event.preventDefault();
  };

  activeRow(): BoardRow | null {
    return activeCard.key === null ? null : (boardRows().rows.get(activeCard.key) ?? null);
  }

  activeElement(): Element {
    const key = activeCard.key ?? '';
    for (const column of this.columns()) {
      const card = column.cardOf(key);
      if (card !== null) return card;
    }
    return this;
  }

  walk(steps: number, columnSteps: number): void {
    const columns = this.columns();
    const from = columns.findIndex((column) => activeCard.key !== null && column.indexOf(activeCard.key) >= 0);
    if (from < 0) {
      const first = columns.find((column) => column.column.rows.length > 0);
      if (first !== undefined) void this.focusAt(first, 0);
      return;
    }
    const column = columns[from];
    if (column === undefined || activeCard.key === null) return;
    const index = column.indexOf(activeCard.key);
    if (columnSteps === 0) {
      void this.focusAt(column, index + steps);
      return;
    }
    for (let next = from + columnSteps; next >= 0 && next < columns.length; next += columnSteps) {
      const other = columns[next];
      if (other === undefined || other.column.rows.length === 0) continue;
      void this.focusAt(other, index);
      return;
    }
  }

  private async focusAt(column: BoardColumnElement, index: number): Promise<void> {
    const key = column.keyAt(Math.max(0, Math.min(column.column.rows.length - 1, index)));
    if (key === null) return;
    activeCard.set(key);
    column.scrollIntoView({ inline: 'nearest', block: 'nearest' });
    await column.focusCard(key);
  }

  move(row: BoardRow, status: string): void {
    if (row.status === status) return;
    const allowed = movesFrom(row.status);
    if (!can('lead.move', row)) toast({ text: t('board.mayNotMove'), tone: 'bad', key: 'board.denied' });
    else if (allowed.some((stage) => stage.key === status)) void moveLead(row, status);
    else {
      const ways = allowed.map((stage) => stageName(stage.key)).join(', ');
      const text =
        ways === ''
          ? t('board.isFinal', { from: stageName(row.status) })
          : t('board.noWay', { from: stageName(row.status), to: stageName(status), ways });
      toast({ text, tone: 'bad', key: 'board.denied' });
    }
  }

  shove(row: BoardRow, way: 1 | -1): void {
    const order = stages().map((stage) => stage.key);
    const here = order.indexOf(row.status);
    const targets = movesFrom(row.status).filter((stage) => stage.kind === 'open' && Math.sign(order.indexOf(stage.key) - here) === way);
    const target = way === 1 ? targets[0] : targets.at(-1);
    if (target !== undefined) this.move(row, target.key);
    else
      toast({ text: t(way === 1 ? 'board.noNext' : 'board.noBefore', { from: stageName(row.status) }), tone: 'bad', key: 'board.denied' });
  }

  open(row: BoardRow): void {
    openLead(row.id);
  }

  add(): void {
    this.adding = '';
  }

  search(): void {
    this.renderRoot.querySelector<BoardBar>('lf-board-bar')?.focusSearch();
  }

  escape(): boolean {
    return false;
  }

  // — carrying a card —

  lift(card: LeadCard): boolean {
    const row = boardRows().rows.get(card.leadId);
    if (row === undefined || !(can('lead.move', row) || can('lead.assign', row))) return false;
    this.carried = row;
    activeCard.set(row.id);
    announce(row.id, 'dragging');
    return true;
  }

  hover(target: DropTarget | null): void {
    this.over = target;
  }

  ghostRoot(): ShadowRoot {
    const root = this.renderRoot;
    if (!(root instanceof ShadowRoot)) throw new Error('The board draws into a shadow root');
    return root;
  }

  scrollers(x: number, y: number): HTMLElement[] {
    const board = this.renderRoot.querySelector<HTMLElement>('.columns');
    const under = this.columns().find((column) => {
      const box = column.getBoundingClientRect();
      return x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
    });
    return [board, under?.scroller ?? null].filter((element) => element !== null);
  }

  private dropState(status: string): DropState {
    const row = this.carried;
    if (row === null || row.status === status) return null;
    if (!can('lead.move', row) || !movesFrom(row.status).some((stage) => stage.key === status)) return 'denied';
    return this.over?.kind === 'stage' && this.over.id === status ? 'over' : 'allowed';
  }

  drop(target: DropTarget | null): void {
    const row = this.carried;
    this.putDown();
    if (row === null || target === null) return;
    if (target.kind === 'stage') {
      this.move(row, target.id);
      return;
    }
    const agent = agentNamed(target.id);
    if (agent === undefined || row.agentId === target.id) return;
    if (!can('lead.assign', row)) toast({ text: t('board.mayNotAssign'), tone: 'bad', key: 'board.denied' });
    else if (isFull(agent))
      toast({ text: t('board.agentFull', { agent: agent.fullName, capacity: agent.capacity ?? 0 }), tone: 'bad', key: 'board.denied' });
    else void assignLead(row, target.id);
  }

  cancel(): void {
    this.putDown();
  }

  private putDown(): void {
    this.carried = null;
    this.over = null;
    announce(param('lead'), param('lead') === null ? null : 'viewing');
    const held = new Set(this.held);
    this.held.clear();
    if (held.size > 0) this.take(held);
  }

  // — focus —

  /** If the focused card is about to change places, it is to keep the focus there. */
  private rememberFocus(changed: ReadonlySet<string>): void {
    const focused = focusedElement();
    const root = focused?.getRootNode();
    const card = root instanceof ShadowRoot && root.host.localName === 'lf-lead-card' ? (root.host as LeadCard) : null;
    if (card === null || !changed.has(card.leadId)) return;
    const column = this.columns().find((one) => one.indexOf(card.leadId) >= 0);
    if (column !== undefined) this.refocus = { key: card.leadId, status: column.stage.key, index: column.indexOf(card.leadId) };
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    const columns = this.columns();
    const isShown = (key: string): boolean => columns.some((column) => column.indexOf(key) >= 0);
    if (activeCard.key === null || !isShown(activeCard.key)) {
      const stays = this.refocus === null ? undefined : columns.find((column) => column.stage.key === this.refocus?.status);
      const first = columns.find((column) => column.column.rows.length > 0);
      activeCard.set(stays?.keyAt(Math.min(this.refocus?.index ?? 0, stays.column.rows.length - 1)) ?? first?.keyAt(0) ?? null);
    }
    const { refocus } = this;
    if (refocus === null) return;
    this.refocus = null;
    const key = isShown(refocus.key) ? refocus.key : activeCard.key;
    const column = columns.find((one) => key !== null && one.indexOf(key) >= 0);
    if (key === null || column === undefined) return;
    activeCard.set(key);
    void column.updateComplete.then(() => {
      const focused = focusedElement();
      const host = focused?.getRootNode();
      if (focused === null || (host instanceof ShadowRoot && host.host.localName === 'lf-lead-card')) void column.focusCard(key);
    });
  }
}
customElements.define('lf-board', Board);

/** Midnight of `now` in a time zone, epoch ms. */
function startOfDay(now: number, timezone: string): number {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    hourCycle: 'h23',
  }).formatToParts(now);
  const part = (type: string): number => Number(parts.find((one) => one.type === type)?.value ?? 0);
  return now - (now % 1000) - (part('hour') * 3600 + part('minute') * 60 + part('second')) * 1000;
}
