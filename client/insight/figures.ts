import type { MetricRow } from '../../projections/leads/rows.ts';

/** View `metrics` as it is watched: name to row. Names are explained in projections/insight/metrics.ts. */
export type Metrics = ReadonlyMap<string, MetricRow>;

/** A calendar day of the organization, `2026-11-21`. */
export type Day = string;
export type Range = 'today' | 'week' | 'month';

const DAY_MS = 86_400_000;
const QUARTER_MS = 900_000;
const lengths: Record<Range, number> = { today: 1, week: 7, month: 30 };

const dayFormats = new Map<string, Intl.DateTimeFormat>();

/** The day an instant (epoch ms) falls on in a time zone. */
export function dayOf(instant: number, timezone: string): Day {
  let format = dayFormats.get(timezone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-CA', { timeZone: timezone, year: 'numeric', month: '2-digit', day: '2-digit' });
    dayFormats.set(timezone, format);
  }
  return format.format(instant);
}

function before(day: Day, count: number): Day {
  return new Date(Date.parse(`${day}T12:00:00Z`) - count * DAY_MS).toISOString().slice(0, 10);
}

/** The days of a range that ends with `today`, in order; `back` ranges earlier. */
export function daysOf(range: Range, today: Day, back = 0): Day[] {
  const count = lengths[range];
  return Array.from({ length: count }, (_, index) => before(today, count - 1 - index + back * count));
}

export function value(metrics: Metrics, name: string): number {
  return metrics.get(name)?.value ?? 0;
}

export function byDay(metrics: Metrics, metric: string, days: readonly Day[]): number[] {
  return days.map((day) => value(metrics, `${metric}:${day}`));
}

export function total(metrics: Metrics, metric: string, days: readonly Day[]): number {
  return byDay(metrics, metric, days).reduce((sum, one) => sum + one, 0);
}

function quarterName(instant: number): string {
  return `${new Date(instant).toISOString().slice(0, 16)}Z`;
}

/** Starts (epoch ms) of the quarters of an hour of the organization's day that `now` falls on, up to `now`. */
export function quartersOfToday(now: number, timezone: string): number[] {
  const today = dayOf(now, timezone);
  const starts: number[] = [];
  for (let start = Math.floor(now / QUARTER_MS) * QUARTER_MS; dayOf(start, timezone) === today; start -= QUARTER_MS) starts.unshift(start);
  return starts;
}

export function byQuarter(metrics: Metrics, metric: string, quarters: readonly number[]): number[] {
  return quarters.map((start) => value(metrics, `${metric}:${quarterName(start)}`));
}

/**
 * The median time to first contact in seconds, from counts in buckets that double in width: exact to the bucket,
 * linear inside it. Null when nobody was answered.
 */
export function medianResponse(metrics: Metrics, days: readonly Day[]): number | null {
  const wanted = new Set(days);
  const counts = new Map<number, number>();
  for (const [name, row] of metrics) {
    const bucket = /^response\.upTo\.(\d+):(.+)$/.exec(name);
    if (bucket === null || !wanted.has(bucket[2] ?? '')) continue;
    const upTo = Number(bucket[1]);
    counts.set(upTo, (counts.get(upTo) ?? 0) + row.value);
  }
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  if (all <= 0) return null;
  let passed = 0;
  for (const [upTo, count] of [...counts].sort(([one], [other]) => one - other)) {
    if (passed + count >= all / 2) {
      const from = upTo <= 1 ? 0 : upTo / 2;
      return from + (upTo - from) * ((all / 2 - passed) / count);
    }
    passed += count;
  }
  return null;
}

/** How one number stands to an earlier one, as a share; null when there is nothing to compare with. */
export function change(now: number, then: number): number | null {
  return then === 0 ? null : (now - then) / then;
}

export interface SourceFigures {
  source: string;
  captured: number;
  won: number;
  value: number;
}

/** What each source brought in these days, the largest first. */
export function sources(metrics: Metrics, days: readonly Day[]): SourceFigures[] {
  const wanted = new Set(days);
  const found = new Map<string, SourceFigures>();
  for (const [name, row] of metrics) {
    const parts = /^source\.(captured|won|value)\.(.+):(\d{4}-\d{2}-\d{2})$/.exec(name);
    if (parts === null || !wanted.has(parts[3] ?? '')) continue;
    const source = parts[2] ?? '';
    const figures = found.get(source) ?? { source, captured: 0, won: 0, value: 0 };
    figures[parts[1] as 'captured' | 'won' | 'value'] += row.value;
    found.set(source, figures);
  }
  return [...found.values()].sort((one, other) => other.captured - one.captured || one.source.localeCompare(other.source));
}

/** The newest instant any figure changed, ISO; null before the first. */
export function asOf(metrics: Metrics): string | null {
  let newest: string | null = null;
  for (const row of metrics.values()) if (newest === null || row.asOf > newest) newest = row.asOf;
  return newest;
}
