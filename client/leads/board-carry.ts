import type { BoardRow } from '../../projections/leads/rows.ts';
import { param } from '../router.ts';
import { announce } from '../sync/presence.ts';
import { can } from '../sync/session.ts';
import type { BoardColumnElement, DropState } from './board-column.ts';
import { giveTo, moveIfAllowed } from './board-moves.ts';
import { CardDrag, type DragHost, type DropTarget } from './card-drag.ts';
import { activeCard } from './card-state.ts';
import type { LeadCard } from './lead-card.ts';
import { boardRows } from './live-board.ts';
import { movesFrom } from './stages.ts';

/** What carrying needs of the board it happens on. */
export interface CarryGround extends HTMLElement {
  renderRoot: HTMLElement | DocumentFragment;
  columns(): BoardColumnElement[];
  requestUpdate(): void;
  /** The card is down: what changed meanwhile may come in. */
  landed(): void;
}

/** A lead in the hand: which it is, what it hovers over, and what letting go means. */
export class Carry implements DragHost {
  row: BoardRow | null = null;
  over: DropTarget | null = null;
  private readonly ground: CarryGround;
  private readonly drag: CardDrag;

  constructor(ground: CarryGround) {
    this.ground = ground;
    this.drag = new CardDrag(ground, this);
  }

  stop(): void {
    this.drag.cancel();
  }

  lift(card: LeadCard): boolean {
    const row = boardRows().rows.get(card.leadId);
    if (row === undefined || !(can('lead.move', row) || can('lead.assign', row))) return false;
    this.row = row;
    activeCard.set(row.id);
    announce(row.id, 'dragging');
    this.ground.requestUpdate();
    return true;
  }

  hover(target: DropTarget | null): void {
    this.over = target;
    this.ground.requestUpdate();
  }

  drop(target: DropTarget | null): void {
    const { row } = this;
    this.cancel();
    if (row === null || target === null) return;
    if (target.kind === 'stage') moveIfAllowed(row, target.id);
    else giveTo(row, target.id);
  }

  cancel(): void {
    this.row = null;
    this.over = null;
    announce(param('lead'), param('lead') === null ? null : 'viewing');
    this.ground.requestUpdate();
    this.ground.landed();
  }

  ghostRoot(): ShadowRoot {
    const { renderRoot } = this.ground;
    if (!(renderRoot instanceof ShadowRoot)) throw new Error('The board draws into a shadow root');
    return renderRoot;
  }

  scrollers(x: number, y: number): HTMLElement[] {
    const across = this.ground.renderRoot.querySelector<HTMLElement>('.columns');
    const under = this.ground.columns().find((column) => {
      const box = column.getBoundingClientRect();
      return x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
    });
    return [across, under?.scroller ?? null].filter((element) => element !== null);
  }

  /** Whether the lead in the hand may come to a stage, and whether it is over it; null for its own. */
  stateOf(status: string): DropState {
    const { row, over } = this;
    if (row === null || row.status === status) return null;
    if (!can('lead.move', row) || !movesFrom(row.status).some((stage) => stage.key === status)) return 'denied';
    return over?.kind === 'stage' && over.id === status ? 'over' : 'allowed';
  }
}
