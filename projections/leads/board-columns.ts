import { scopeOfLead } from '../../domain/identity/audience.ts';
import { type Deltas, defineTally, type Tally } from '../tally.ts';
import { type LeadCard, transition, worthOf } from './lead.ts';

/** `board_columns.wire`: how many leads of one owner stand in a stage, and what they are worth together. */
export interface BoardColumnRow {
  status: string;
  scope: string;
  count: number;
  /** Minor units: the value of each lead, else its budget. */
  value: number;
}

function keyOf(card: LeadCard): string {
  return `${card.row.status}|${scopeOfLead(card.row.agentId)}`;
}

/** Takes the lead out of the column it stood in and puts it into the one it stands in. */
function deltasBetween(before: LeadCard | null, after: LeadCard | null): Deltas {
  const deltas = new Map<string, number[]>();
  for (const [card, sign] of [
    [before, -1],
    [after, 1],
  ] as const) {
    if (card === null || card.row.deletedAt !== null) continue;
    const key = keyOf(card);
    const [count = 0, value = 0] = deltas.get(key) ?? [];
    deltas.set(key, [count + sign, value + sign * worthOf(card.row)]);
  }
  for (const [key, [count, value]] of deltas) if (count === 0 && value === 0) deltas.delete(key);
  return deltas;
}

/** Both halves of a key; a stage's name may hold any character, a scope holds no bar. */
function parts(tally: Tally): { status: string; scope: string } {
  const bar = tally.key.lastIndexOf('|');
  return { status: tally.key.slice(0, bar), scope: tally.key.slice(bar + 1) };
}

/** Count and sum of the board's columns, by stage and owner: an audience's figure is the sum over the scopes it sees. */
export const boardColumns = defineTally({
  name: 'board_columns',
  version: 1,
  view: null,
  summary: 'Number and worth of leads by stage and owner.',
  reads: ['lead'],
  streams: ['lead'],
  columns: [
    { name: 'count', type: 'bigint', of: ({ values }) => values[0] ?? 0 },
    { name: 'value', type: 'bigint', of: ({ values }) => values[1] ?? 0 },
  ],
  indexes: [],
  deltas(event, page) {
    const change = transition(event, page);
    return change && deltasBetween(change.before, change.after);
  },
  drops: () => false,
  read: (wire, key) => {
    const { count, value } = JSON.parse(wire) as BoardColumnRow;
    return { key, values: [count, value], asOf: '' };
  },
  scope: (tally) => parts(tally).scope,
  status: (tally) => parts(tally).status,
  wire: (tally) => {
    const row: BoardColumnRow = { ...parts(tally), count: tally.values[0] ?? 0, value: tally.values[1] ?? 0 };
    return JSON.stringify(row);
  },
});
