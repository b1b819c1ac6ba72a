import { scopeOfLead } from '../../domain/identity/audience.ts';
import { isOpen, type LeadCard, transition, worthOf } from '../leads/lead.ts';
import type { MetricRow } from '../leads/rows.ts';
import { type Contribution, defineTally, type Tally } from '../tally.ts';
import { dayOf, quarterOf } from './calendar.ts';

const nothing: Contribution = new Map();

/**
 * The names of metrics. `<metric>:<bucket>` where the bucket is a day in the organization's zone (`2026-11-21`) or a
 * quarter of an hour in UTC (`2026-11-21T08:15Z`); without a bucket it is a figure of now. Values are whole numbers,
 * money in minor units. A lead counts under its present owner, so an audience's figure is the sum over whom it sees.
 *
 * - now: `leads.open`, `leads.unassigned`, `leads.waiting` (no first contact yet), `value.open`, `stage.<status>`
 * - by day of arrival: `leads.captured`, `source.captured.<source>`, `funnel.<status>` (ever stood in that stage)
 * - by day of first contact: `leads.answered`, `leads.answeredInTime`, `response.seconds` (sum),
 *   `response.upTo.<seconds>` (how many took longer than half of that and no longer than that: for medians)
 * - by day of closing: `leads.won`, `leads.lost`, `value.won`, `source.won.<source>`, `source.value.<source>`
 * - by quarter of an hour: `leads.captured`, `leads.answered`; only of leads recorded as they arrived, not of history brought in later
 */
export function contributionOf(card: LeadCard): Contribution {
  if (card.row.deletedAt !== null) return nothing;
  const metrics = new Map<string, readonly number[]>();
  const { row, timezone } = card;
  const scope = scopeOfLead(row.agentId);
  const day = (instant: string) => dayOf(instant, timezone);
  const add = (name: string, value: number) => {
    if (value !== 0) metrics.set(`${scope}|${name}`, [value]);
  };
  add(`stage.${row.status}`, 1);
  if (isOpen(card)) {
    add('leads.open', 1);
    add('value.open', worthOf(row));
    if (row.agentId === null) add('leads.unassigned', 1);
    if (row.respondBy !== null) add('leads.waiting', 1);
  }
  const arrived = day(row.capturedAt);
  const source = row.source ?? 'unknown';
  add(`leads.captured:${arrived}`, 1);
  if (card.live) add(`leads.captured:${quarterOf(row.capturedAt)}`, 1);
  add(`source.captured.${source}:${arrived}`, 1);
  for (const status of card.reached) add(`funnel.${status}:${arrived}`, 1);
  if (row.firstContactedAt !== null) {
    const answered = day(row.firstContactedAt);
    const seconds = Math.max(0, Math.round((Date.parse(row.firstContactedAt) - Date.parse(row.capturedAt)) / 1000));
    add(`leads.answered:${answered}`, 1);
    if (card.live) add(`leads.answered:${quarterOf(row.firstContactedAt)}`, 1);
    add(`response.seconds:${answered}`, seconds);
    add(`response.upTo.${2 ** Math.ceil(Math.log2(Math.max(1, seconds)))}:${answered}`, 1);
    if (card.promisedBy !== null && row.firstContactedAt <= card.promisedBy) add(`leads.answeredInTime:${answered}`, 1);
  }
  if (row.closedAt !== null && card.kind !== 'closed') {
    const closed = day(row.closedAt);
    add(`leads.${card.kind === 'won' ? 'won' : 'lost'}:${closed}`, 1);
    if (card.kind === 'won') {
      const value = row.dealValue ?? worthOf(row);
      add(`value.won:${closed}`, value);
      add(`source.won.${source}:${closed}`, 1);
      add(`source.value.${source}:${closed}`, value);
    }
  }
  return metrics;
}

/** What a contribution depends on: while none of it changes, no metric does. */
function unchanged(before: LeadCard, after: LeadCard): boolean {
  const one = before.row;
  const other = after.row;
  return (
    before.kind === after.kind &&
    before.reached === after.reached &&
    before.promisedBy === after.promisedBy &&
    one.status === other.status &&
    one.agentId === other.agentId &&
    one.source === other.source &&
    one.deletedAt === other.deletedAt &&
    one.firstContactedAt === other.firstContactedAt &&
    one.respondBy === other.respondBy &&
    one.closedAt === other.closedAt &&
    one.dealValue === other.dealValue &&
    worthOf(one) === worthOf(other)
  );
}

/** A card is what it was after one event and before the next: worked out once. */
const known = new WeakMap<LeadCard, Contribution>();

function scoped(card: LeadCard | null): Contribution {
  if (card === null) return nothing;
  let contribution = known.get(card);
  if (!contribution) {
    contribution = contributionOf(card);
    known.set(card, contribution);
  }
  return contribution;
}

const bucketAtEnd = /:(\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}Z)?)$/;

function parts(tally: Tally): { scope: string; name: string; metric: string; bucket: string | null } {
  const bar = tally.key.indexOf('|');
  const name = tally.key.slice(bar + 1);
  const bucket = bucketAtEnd.exec(name)?.[1] ?? null;
  return { scope: tally.key.slice(0, bar), name, metric: bucket === null ? name : name.slice(0, -bucket.length - 1), bucket };
}

/** The numbers of the dashboard, one row for each name and owner. */
export const metrics = defineTally({
  name: 'metrics',
  version: 1,
  view: 'metrics',
  summary: 'Additive figures by name and owner.',
  reads: ['lead'],
  streams: ['lead'],
  columns: [
    { name: 'metric', type: 'text', of: (tally) => parts(tally).metric },
    { name: 'bucket', type: 'text', of: (tally) => parts(tally).bucket },
    { name: 'value', type: 'bigint', of: ({ values }) => values[0] ?? 0 },
  ],
  indexes: ['(organization_id, bucket)'],
  around(event, page) {
    const change = transition(event, page);
    if (!change || (change.before && change.after && unchanged(change.before, change.after))) return null;
    return { before: scoped(change.before), after: scoped(change.after) };
  },
  read: (wire, key) => {
    const { value, asOf } = JSON.parse(wire) as MetricRow;
    return { key, values: [value], asOf };
  },
  drops: (key) => bucketAtEnd.test(key),
  scope: (tally) => parts(tally).scope,
  scopeInKey: true,
  status: () => null,
  wire: (tally) => {
    const row: MetricRow = { name: parts(tally).name, value: tally.values[0] ?? 0, asOf: tally.asOf, source: 'leads', cacheTtl: 300 };
    return JSON.stringify(row);
  },
});
