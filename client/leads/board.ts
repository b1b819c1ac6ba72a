import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { BoardRow } from '../../projections/leads/rows.ts';
import { onNavigate, openLead, param, setParams } from '../router.ts';
import { onSecond, serverClock } from '../sync/clock.ts';
import type { RowNews } from '../sync/live-rows.ts';
import { can, me, onSession, type Stage } from '../sync/session.ts';
import { base, buttons } from '../ui/base.ts';
import { icon } from '../ui/icons.ts';
import { Localized } from '../ui/localized.ts';
import { number } from '../words/format.ts';
import { whyProblem } from '../words/refusals.ts';
import { t } from '../words/words.ts';
import { boardStyles } from './board.styles.ts';
import type { BoardBar } from './board-bar.ts';
import { Carry, type CarryGround } from './board-carry.ts';
import type { BoardColumnElement } from './board-column.ts';
import { type BoardFilter, contextAt, type FilterContext, filterOf, isNarrowed, paramsOf, type QuickFilter } from './board-filter.ts';
import { BoardFocus } from './board-focus.ts';
import { boardKey, type KeyHost } from './board-keys.ts';
import { BoardModel } from './board-model.ts';
import { moveIfAllowed, shove } from './board-moves.ts';
import { activeCard, markFresh } from './card-state.ts';
import { boardRows } from './live-board.ts';
import { movesFrom, stageName, stages } from './stages.ts';
import '../ui/empty.ts';
import './board-bar.ts';
import './board-column.ts';
import './floor-strip.ts';
import './quick-add.ts';

/** Counts look at every row: a quarter of a second apart, more on very large floors. */
const COUNT_EVERY_MS = 250;
const COUNT_MS_PER_ROW = 0.05;
const zoneIcons = { open: 'restore', won: 'trophy', lost: 'lost', closed: 'pause' } as const;
const noCounts: Record<QuickFilter, number> = { all: 0, mine: 0, unassigned: 0, attention: 0, today: 0, stalled: 0, closed: 0 };

/** `<lf-board>`: the live board. */
export class Board extends Localized implements KeyHost, CarryGround {
  static override properties = {
    counts: { state: true },
    adding: { state: true },
    shownStage: { state: true },
  };
  declare counts: Record<QuickFilter, number>;
  /** The stage a new lead is being added to (empty: the first), null when none is. */
  declare adding: string | null;
  /** On a phone: the column in view. */
  declare shownStage: string;
  private filter: BoardFilter = filterOf(new URLSearchParams(location.search));
  private readonly model: BoardModel;
  private readonly carry = new Carry(this);
  private readonly focusing = new BoardFocus(() => this.columns());
  private stops: (() => void)[] = [];
  /** What changed while a card was carried. */
  private readonly held = new Set<string>();
  private counting: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.counts = noCounts;
    this.adding = null;
    this.shownStage = '';
    this.model = new BoardModel(this.context());
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
    this.carry.stop();
    for (const stop of this.stops) stop();
    clearTimeout(this.counting);
    document.removeEventListener('keydown', this.key);
    document.documentElement.style.removeProperty('--toast-end');
  }

  private readonly sources = (): [string, number][] => this.model.sources();

  // — rows in —

  private changed(changed: ReadonlySet<string>, news: RowNews): void {
    markFresh(news.touched, new Set([me().agentId, me().user.id]), performance.now());
    if (this.carry.row !== null) {
      for (const key of changed) this.held.add(key);
      this.requestUpdate();
      return;
    }
    this.take(changed);
  }

  private take(changed: ReadonlySet<string>): void {
    const moves = this.focusing.remember(changed);
    if (this.model.update(changed, boardRows().rows).size > 0 || moves) this.requestUpdate();
    this.countSoon();
  }

  landed(): void {
    const held = new Set(this.held);
    this.held.clear();
    if (held.size > 0) this.take(held);
  }

  private countSoon(): void {
    this.counting ??= setTimeout(
      () => {
        this.counting = undefined;
        this.counts = this.model.counts();
      },
      COUNT_EVERY_MS + boardRows().rows.size * COUNT_MS_PER_ROW,
    );
  }

  private second(now: number): void {
    if (now % 5_000 >= 1_000 || this.carry.row !== null) return;
    const timed = this.filter.quick === 'attention' || this.filter.quick === 'stalled' || this.filter.quick === 'today';
    if (timed) this.applyFilter();
    else this.model.tell(this.context());
    this.countSoon();
  }

  private context(): FilterContext {
    const now = serverClock.now();
    const open = stages().filter((stage) => stage.kind === 'open');
    return contextAt(now, startOfDay(now, me().organization.timezone), me().agentId, new Set(open.map((stage) => stage.key)));
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

  columns(): BoardColumnElement[] {
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
        .sources=${this.sources}
        @filter=${(event: CustomEvent<Partial<BoardFilter>>) => setParams(paramsOf({ ...this.filter, ...event.detail }), { replace: true })}
        @leave-search=${() => this.walk(0, 0)}
        @lf-add=${this.openAdd}
      ></lf-board-bar>
      <nav class="tabs" data-across aria-label=${t('board.stages')}>
        ${shown.map(
          (
            stage,
          ) => html`<button aria-current=${(this.shownStage || shown[0]?.key) === stage.key ? 'true' : 'false'} @click=${() => this.showColumn(stage.key)}>
            <i .style=${`background: oklch(62% 0.14 ${stage.hue})`}></i>${stageName(stage.key)} <b class="num">${number(this.model.column(stage.key).places.length)}</b>
          </button>`,
        )}
      </nav>
      <p class="sr" role="status">${narrowed ? t('board.found', { count: this.counts[this.filter.quick] }) : nothing}</p>
      <div class="stage">
        <div
          class="columns ${this.carry.row === null ? '' : 'dragging'}"
          data-across
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
              .dropState=${this.carry.stateOf(stage.key)}
              .draggedKey=${this.carry.row?.id ?? null}
            ></lf-board-column>`,
          )}
        </div>
        ${this.carry.row !== null && this.held.size > 0 ? html`<span class="updates num">${t('board.updates', { count: this.held.size })}</span>` : nothing}
        ${this.carry.row === null ? nothing : this.zones(this.carry.row)} ${this.empty()}
      </div>
      ${
        this.showsFloor()
          ? html`<lf-floor-strip
              .carrying=${this.carry.row !== null && can('lead.assign', this.carry.row)}
              .owner=${this.carry.row?.agentId ?? null}
              .over=${this.carry.over?.kind === 'agent' ? this.carry.over.id : null}
              @lf-owner=${(event: CustomEvent<string | null>) => setParams({ owner: event.detail }, { replace: true })}
            ></lf-floor-strip>`
          : nothing
      }
      ${this.adding === null ? nothing : html`<lf-quick-add .status=${this.adding} @close=${() => (this.adding = null)}></lf-quick-add>`}
    `;
  }

  /** Stages that have no column here (closing ones, beside open columns) as places to drop the carried card. */
  private zones(row: BoardRow): TemplateResult | typeof nothing {
    const columns = this.shownStages();
    const others = stages().filter((stage) => !columns.includes(stage));
    const allowed = new Set(movesFrom(row.status).map((stage) => stage.key));
    if (!can('lead.move', row) || !others.some((stage) => allowed.has(stage.key))) return nothing;
    return html`<div class="zones" aria-hidden="true">
      ${others.map((stage) => {
        const over = this.carry.over?.kind === 'stage' && this.carry.over.id === stage.key;
        const state = !allowed.has(stage.key) ? 'denied' : over ? 'over' : '';
        return html`<div class="zone ${stage.kind} ${state}" data-drop=${`stage:${stage.key}`}>
          ${icon(zoneIcons[stage.kind])}${stageName(stage.key)}
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
    if (event.defaultPrevented || this.carry.row !== null || this.adding !== null) return;
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
    this.focusing.walk(steps, columnSteps);
  }

  move(row: BoardRow, status: string): void {
    moveIfAllowed(row, status);
  }

  shove(row: BoardRow, way: 1 | -1): void {
    shove(row, way);
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

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    this.focusing.settle();
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
