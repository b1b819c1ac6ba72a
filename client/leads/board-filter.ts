import type { BoardRow } from '../../projections/leads/rows.ts';
import { SOON_MS } from './response.ts';

/** The one-click filters; each asks something of the rows that they can answer today. */
export const quickFilters = ['all', 'mine', 'unassigned', 'attention', 'today', 'stalled', 'closed'] as const;
export type QuickFilter = (typeof quickFilters)[number];

export const sorts = ['newest', 'urgent', 'value', 'name'] as const;
export type Sort = (typeof sorts)[number];

/** What the board shows; the address holds it, so a link shows the same. */
export interface BoardFilter {
  quick: QuickFilter;
  source: string | null;
  /** An agentId, or `none`. */
  owner: string | null;
  text: string;
  sort: Sort;
}

/** What a filter is asked against, beside the row. */
export interface FilterContext {
  agentId: string;
  /** Instants as ISO 8601 UTC, as rows carry them, so that 20,000 rows are compared without reading a date. */
  soon: string;
  dayStart: string;
  stalledSince: string;
  open: ReadonlySet<string>;
}

/** The context at an instant of the server's clock (epoch ms), in a day that began at `dayStart`. */
export function contextAt(now: number, dayStart: number, agentId: string, open: ReadonlySet<string>): FilterContext {
  const iso = (ms: number): string => new Date(ms).toISOString();
  return { agentId, open, soon: iso(now + SOON_MS), dayStart: iso(dayStart), stalledSince: iso(now - STALLED_MS) };
}

export const everyLead: BoardFilter = { quick: 'all', source: null, owner: null, text: '', sort: 'newest' };
const STALLED_MS = 7 * 24 * 3_600_000;

/** Whether a row answers to a quick filter. All but `closed` speak of open leads. */
export function matchesQuick(quick: QuickFilter, row: BoardRow, context: FilterContext): boolean {
  const open = context.open.has(row.status);
  if (quick === 'closed') return !open;
  if (!open) return false;
  switch (quick) {
    case 'all':
      return true;
    case 'mine':
      return row.agentId === context.agentId;
    case 'unassigned':
      return row.agentId === null;
    case 'attention':
      return row.respondBy !== null && row.respondBy < context.soon;
    case 'today':
      return row.capturedAt >= context.dayStart;
    case 'stalled':
      return row.statusChangedAt < context.stalledSince;
  }
}

/** Whether a row passes source, owner and text; quick filters are asked apart, since each shows its own count. */
export function matchesRest(filter: BoardFilter, row: BoardRow): boolean {
  if (filter.source !== null && row.source?.toLowerCase() !== filter.source.toLowerCase()) return false;
  if (filter.owner !== null && (row.agentId ?? 'none') !== filter.owner) return false;
  return filter.text === '' || matchesText(row, filter.text);
}

/** Every word of the text occurs in the name, company, phone, e-mail-free text of the card; accents and case do not matter. */
function matchesText(row: BoardRow, text: string): boolean {
  const hay = haystack(row);
  return folded(text)
    .split(/\s+/)
    .every((word) => hay.includes(word) || (/^[+\d]{3,}$/.test(word) && (row.phone?.includes(word.replace(/^0+/, '')) ?? false)));
}

const haystacks = new WeakMap<BoardRow, string>();
function haystack(row: BoardRow): string {
  let hay = haystacks.get(row);
  if (hay === undefined) {
    hay = folded(
      [row.name, row.company, row.jobTitle, row.location, row.source, row.propertyType, ...row.preferredAreas, ...row.tags].join(' '),
    );
    haystacks.set(row, hay);
  }
  return hay;
}

/** Case, Latin accents and Arabic diacritics, alef and yeh forms aside. */
export function folded(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[\p{M}\u0640]/gu, '')
    .replace(/[أإآٱ]/g, 'ا')
    .replace(/ى/g, 'ي')
    .replace(/ة/g, 'ه')
    .toLowerCase()
    .trim();
}

/** Rows without an instant come last. */
const last = '~';

/** The worth a card stands for: its value, else the upper end of the budget. Minor units. */
export function worth(row: BoardRow): number {
  return row.value ?? row.budgetMax ?? row.budgetMin ?? 0;
}

/** A total order for each sort, so that places can be found by bisection. */
export const comparators: Record<Sort, (a: BoardRow, b: BoardRow) => number> = {
  newest: (a, b) => order(b.statusChangedAt, a.statusChangedAt) || order(b.id, a.id),
  urgent: (a, b) => order(a.respondBy ?? last, b.respondBy ?? last) || order(b.statusChangedAt, a.statusChangedAt) || order(b.id, a.id),
  value: (a, b) => worth(b) - worth(a) || order(b.id, a.id),
  name: (a, b) => order(haystack(a), haystack(b)) || order(a.id, b.id),
};

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Reads the filter out of an address. */
export function filterOf(search: URLSearchParams): BoardFilter {
  return {
    quick: quickFilters.find((quick) => quick === search.get('show')) ?? 'all',
    source: search.get('source'),
    owner: search.get('owner'),
    text: search.get('q') ?? '',
    sort: sorts.find((sort) => sort === search.get('sort')) ?? 'newest',
  };
}

/** The filter as address parameters; what is as usual is left out (null). */
export function paramsOf(filter: BoardFilter): Record<string, string | null> {
  return {
    show: filter.quick === 'all' ? null : filter.quick,
    source: filter.source,
    owner: filter.owner,
    q: filter.text === '' ? null : filter.text,
    sort: filter.sort === 'newest' ? null : filter.sort,
  };
}

/** Whether anything but the order is narrowed. */
export function isNarrowed(filter: BoardFilter): boolean {
  return (filter.quick !== 'all' && filter.quick !== 'closed') || filter.source !== null || filter.owner !== null || filter.text !== '';
}
