import { scopeOfLead } from '../../domain/identity/audience.ts';
import { isOpen, type LeadCard, transition, worthOf } from '../leads/lead.ts';
import type { MetricRow } from '../leads/rows.ts';
import { type Deltas, defineTally, type Tally } from '../tally.ts';
import { dayOf, quarterOf } from './calendar.ts';

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
 * - by quarter of an hour: `leads.captured`, `leads.answered`; only of leads recorded as they arrived, not of history
 *   brought in later
 *
 * What one lead adds is a list of figures in always the same order; a figure of nothing is 0.
 */
interface Figure {
  /** How the name is made of what the figure is about (a stage, a source) and its bucket. */
  name: (about: string, bucket: string) => string;
  value: number;
  about: string;
  bucket: string;
}

const names = {
  stage: (about: string) => `stage.${about}`,
  open: () => 'leads.open',
  worth: () => 'value.open',
  unassigned: () => 'leads.unassigned',
  waiting: () => 'leads.waiting',
  captured: (_about: string, bucket: string) => `leads.captured:${bucket}`,
  source: (about: string, bucket: string) => `source.captured.${about}:${bucket}`,
  answered: (_about: string, bucket: string) => `leads.answered:${bucket}`,
  inTime: (_about: string, bucket: string) => `leads.answeredInTime:${bucket}`,
  seconds: (_about: string, bucket: string) => `response.seconds:${bucket}`,
  upTo: (about: string, bucket: string) => `response.upTo.${about}:${bucket}`,
  won: (_about: string, bucket: string) => `leads.won:${bucket}`,
  lost: (_about: string, bucket: string) => `leads.lost:${bucket}`,
  valueWon: (_about: string, bucket: string) => `value.won:${bucket}`,
  sourceWon: (about: string, bucket: string) => `source.won.${about}:${bucket}`,
  sourceValue: (about: string, bucket: string) => `source.value.${about}:${bucket}`,
  funnel: (about: string, bucket: string) => `funnel.${about}:${bucket}`,
};

function figure(name: Figure['name'], value: number, about = '', bucket = ''): Figure {
  return { name, value, about, bucket };
}

function figuresOf(card: LeadCard): Figure[] {
  const { row, timezone } = card;
  const open = isOpen(card);
  const arrived = dayOf(row.capturedAt, timezone);
  const source = row.source ?? 'unknown';
  const answered = row.firstContactedAt;
  const answeredOn = answered === null ? '' : dayOf(answered, timezone);
  const seconds = answered === null ? 0 : Math.max(0, Math.round((Date.parse(answered) - Date.parse(row.capturedAt)) / 1000));
  const closedOn = row.closedAt === null ? '' : dayOf(row.closedAt, timezone);
  const won = card.kind === 'won' ? 1 : 0;
  const price = won === 1 ? (row.dealValue ?? worthOf(row)) : 0;
  const ifAnswered = answered === null ? 0 : 1;
  const live = card.live ? 1 : 0;
  return [
    figure(names.stage, 1, row.status),
    figure(names.open, open ? 1 : 0),
    figure(names.worth, open ? worthOf(row) : 0),
    figure(names.unassigned, open && row.agentId === null ? 1 : 0),
    figure(names.waiting, open && row.respondBy !== null ? 1 : 0),
    figure(names.captured, 1, '', arrived),
    figure(names.captured, live, '', live ? quarterOf(row.capturedAt) : ''),
    figure(names.source, 1, source, arrived),
    figure(names.answered, ifAnswered, '', answeredOn),
    figure(names.answered, ifAnswered * live, '', answered !== null && live ? quarterOf(answered) : ''),
    figure(names.inTime, answered !== null && card.promisedBy !== null && answered <= card.promisedBy ? 1 : 0, '', answeredOn),
    figure(names.seconds, seconds, '', answeredOn),
    figure(names.upTo, ifAnswered, String(2 ** Math.ceil(Math.log2(Math.max(1, seconds)))), answeredOn),
    figure(names.won, won, '', closedOn),
    figure(names.lost, card.kind === 'lost' ? 1 : 0, '', closedOn),
    figure(names.valueWon, price, '', closedOn),
    figure(names.sourceWon, won, source, closedOn),
    figure(names.sourceValue, price, source, closedOn),
    ...card.reached.map((status) => figure(names.funnel, 1, status, arrived)),
  ];
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

function counting(card: LeadCard | null): card is LeadCard {
  return card !== null && card.row.deletedAt === null;
}

/** What changes when a lead becomes another: figures that stay the same under the same owner are not even named. */
function deltasBetween(before: LeadCard | null, after: LeadCard | null): Deltas {
  const deltas = new Map<string, number[]>();
  const was = counting(before) ? figuresOf(before) : [];
  const is = counting(after) ? figuresOf(after) : [];
  const [from, to] = [before, after].map((card) => `${scopeOfLead(card?.row.agentId ?? null)}|`) as [string, string];
  const add = (key: string, by: number) => {
    if (by === 0) return;
    const sum = (deltas.get(key)?.[0] ?? 0) + by;
    if (sum === 0) deltas.delete(key);
    else deltas.set(key, [sum]);
  };
  for (let index = 0; index < Math.max(was.length, is.length); index += 1) {
    const one = was[index];
    const other = is[index];
    if (one && other && from === to && one.about === other.about && one.bucket === other.bucket) {
      if (one.value !== other.value) add(to + other.name(other.about, other.bucket), other.value - one.value);
      continue;
    }
    if (one && one.value !== 0) add(from + one.name(one.about, one.bucket), -one.value);
    if (other && other.value !== 0) add(to + other.name(other.about, other.bucket), other.value);
  }
  return deltas;
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
  deltas(event, page) {
    const change = transition(event, page);
    if (!change || (change.before && change.after && unchanged(change.before, change.after))) return null;
    return deltasBetween(change.before, change.after);
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
