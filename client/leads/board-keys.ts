import type { BoardRow } from '../../projections/leads/rows.ts';
import { can } from '../sync/session.ts';
import { direction } from '../words/words.ts';
import { claimLead, undoLast } from './lead-actions.ts';
import { openAssignMenu, openCardMenu, openMoveMenu } from './lead-menus.ts';
import { stages } from './stages.ts';

/** What the keyboard asks of the board. */
export interface KeyHost {
  activeRow(): BoardRow | null;
  /** The element of the active card, for menus to stand beside. */
  activeElement(): Element;
  /** Goes `steps` cards along the column, or to the column `columns` further. */
  walk(steps: number, columns: number): void;
  /** Moves the card, or says why it may not go there. */
  move(row: BoardRow, status: string): void;
  /** Moves the card to the next stage allowed in that direction. */
  shove(row: BoardRow, direction: 1 | -1): void;
  open(row: BoardRow): void;
  add(): void;
  search(): void;
}

/**
 * One key of the board, pressed outside text fields, menus and dialogs. Answers whether it meant something. Moving a
 * card by keys needs no drag: M and the digits name the stage, Shift with an arrow pushes it along.
 */
export function boardKey(event: KeyboardEvent, host: KeyHost): boolean {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if ((event.ctrlKey || event.metaKey) && key === 'z' && !event.shiftKey) return undoLast();
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  return general(key, host) || walking(event, key, host) || onCard(event, key, host);
}

function general(key: string, host: KeyHost): boolean {
  if (key === 'n' && can('lead.capture')) host.add();
  else if (key === '/') host.search();
  else return false;
  return true;
}

function walking(event: KeyboardEvent, key: string, host: KeyHost): boolean {
  if (event.shiftKey) return false;
  const forward = direction() === 'rtl' ? -1 : 1;
  const steps = {
    j: 1,
    ArrowDown: 1,
    k: -1,
    ArrowUp: -1,
    PageDown: 6,
    PageUp: -6,
    Home: Number.NEGATIVE_INFINITY,
    End: Number.POSITIVE_INFINITY,
  }[key];
  const columns = { l: 1, h: -1, ArrowRight: forward, ArrowLeft: -forward }[key];
  if (steps === undefined && columns === undefined) return false;
  host.walk(steps ?? 0, columns ?? 0);
  return true;
}

function onCard(event: KeyboardEvent, key: string, host: KeyHost): boolean {
  const row = host.activeRow();
  if (row === null) return false;
  const forward = direction() === 'rtl' ? -1 : 1;
  if (event.shiftKey && (key === 'ArrowRight' || key === 'ArrowLeft')) host.shove(row, (key === 'ArrowRight') === (forward === 1) ? 1 : -1);
  else if (key === 'F10' || key === 'ContextMenu') openCardMenu(host.activeElement(), row);
  else if (event.shiftKey) return false;
  else if (key === 'Enter') {
    // A focused button of the card keeps its own Enter.
    if (event.composedPath()[0] instanceof HTMLButtonElement) return false;
    host.open(row);
  } else if (key === 'c') {
    if (row.agentId !== null || !can('lead.claim', row)) return false;
    void claimLead(row);
  } else if (key === 'a') openAssignMenu(host.activeElement(), row);
  else if (key === 'm') openMoveMenu(host.activeElement(), row);
  else {
    const stage = /^[1-9]$/.test(key) ? stages()[Number(key) - 1] : undefined;
    if (stage === undefined) return false;
    host.move(row, stage.key);
  }
  return true;
}
