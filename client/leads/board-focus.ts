import { focusedElement } from '../ui/place.ts';
import type { BoardColumnElement } from './board-column.ts';
import { activeCard } from './card-state.ts';
import { LeadCard } from './lead-card.ts';

/**
 * The focus on a board whose cards come and go: it walks by keys, follows a card that changes places, and falls to
 * the next one when its card is gone. One card at a time is in the tab order.
 */
export class BoardFocus {
  private readonly columns: () => BoardColumnElement[];
  /** The focused card that is about to change places, and where it stood. */
  private moving: { key: string; status: string; index: number } | null = null;

  constructor(columns: () => BoardColumnElement[]) {
    this.columns = columns;
  }

  /** Goes along the column, or to another; the first key only finds the card again. */
  walk(steps: number, columnSteps: number): void {
    const columns = this.columns();
    const { key } = activeCard;
    const from = key === null ? -1 : columns.findIndex((column) => column.indexOf(key) >= 0);
    const column = columns[from];
    if (column === undefined || key === null) {
      const first = columns.find((one) => one.column.places.length > 0);
      if (first !== undefined) void this.focusAt(first, 0);
      return;
    }
    const index = column.indexOf(key);
    if (focusedCard() === null) void this.focusAt(column, index);
    else if (columnSteps === 0) void this.focusAt(column, index + steps);
    else {
      const step = Math.sign(columnSteps);
      const beyond = step === 1 ? columns.slice(from + 1) : columns.slice(0, from).reverse();
      const next = beyond.find((other) => other.column.places.length > 0);
      if (next !== undefined) void this.focusAt(next, index);
    }
  }

  /** Before rows change: if the focused card is among them, it is to keep the focus. Answers whether it is. */
  remember(changed: ReadonlySet<string>): boolean {
    const card = focusedCard();
    if (card === null || !changed.has(card.leadId)) return false;
    const column = this.columns().find((one) => one.indexOf(card.leadId) >= 0);
    if (column === undefined) return false;
    this.moving = { key: card.leadId, status: column.stage.key, index: column.indexOf(card.leadId) };
    return true;
  }

  /** After the columns were drawn: keeps one card in the tab order and gives the focus back to the one that moved. */
  settle(): void {
    const columns = this.columns();
    const { moving } = this;
    const holder = (key: string | null): BoardColumnElement | undefined =>
      key === null ? undefined : columns.find((one) => one.indexOf(key) >= 0);
    if (holder(activeCard.key) === undefined) {
      const stays = moving === null ? undefined : columns.find((column) => column.stage.key === moving.status);
      const first = columns.find((column) => column.column.places.length > 0);
      activeCard.set(stays?.keyAt(Math.min(moving?.index ?? 0, stays.column.places.length - 1)) ?? first?.keyAt(0) ?? null);
    }
    if (moving === null) return;
    this.moving = null;
    const key = holder(moving.key) === undefined ? activeCard.key : moving.key;
    const column = holder(key);
    if (key === null || column === undefined) return;
    activeCard.set(key);
    void column.updateComplete.then(() => {
      if (focusedElement() === null || focusedCard() !== null) void column.focusCard(key);
    });
  }

  private async focusAt(column: BoardColumnElement, index: number): Promise<void> {
    const key = column.keyAt(Math.max(0, Math.min(column.column.places.length - 1, index)));
    if (key === null) return;
    activeCard.set(key);
    column.scrollIntoView({ inline: 'nearest', block: 'nearest' });
    await column.focusCard(key);
  }
}

/** The card that has the focus, itself or one of its controls. */
function focusedCard(): LeadCard | null {
  const root = focusedElement()?.getRootNode();
  return root instanceof ShadowRoot && root.host instanceof LeadCard ? root.host : null;
}
