import type { RecordedEvent } from '../domain/kernel/aggregate.ts';
import { type Column, defineKeyed, type Keyed, type Page, type View } from './projection.ts';

/** Numbers under one key. */
export interface Tally {
  key: string;
  values: readonly number[];
  /** When an event last changed them. */
  asOf: string;
}

/** What one thing adds to which tallies: key → numbers, as many as the projection has. */
export type Contribution = ReadonlyMap<string, readonly number[]>;

interface TallyDefinition {
  name: string;
  version: number;
  view: View | null;
  summary: string;
  reads: readonly string[];
  streams: readonly string[];
  columns: readonly Column<Tally>[];
  indexes: readonly string[];
  /** What the thing that the event is about added before, and adds after; null when the event cannot have changed it. */
  around: (event: RecordedEvent, page: Page) => { before: Contribution; after: Contribution } | null;
  /** A tally that came to nothing is dropped, where there would be very many of them (one for each quarter of an hour). */
  drops: (key: string) => boolean;
  /** The tally again from its wire row. */
  read: (wire: string, key: string) => Tally;
  scope: (tally: Tally) => string;
  scopeInKey?: true;
  status: (tally: Tally) => string | null;
  wire: (tally: Tally) => string;
}

/**
 * A projection of sums: every number equals the sum of what each thing contributes now. An event takes away what its
 * thing contributed before and adds what it contributes after, so nothing is ever counted at query time, and the sums
 * can be checked by adding up the things.
 */
export function defineTally(definition: TallyDefinition): Keyed {
  const { around, drops, read, ...rest } = definition;
  // Asked for keys and then for each row of the same event: worked out once a page.
  const worked = new WeakMap<Page, Map<RecordedEvent, Map<string, number[]>>>();
  const deltasOf = (event: RecordedEvent, page: Page): Map<string, number[]> => {
    const ofPage = worked.get(page) ?? new Map<RecordedEvent, Map<string, number[]>>();
    worked.set(page, ofPage);
    const known = ofPage.get(event);
    if (known) return known;
    const deltas = differences(around(event, page));
    ofPage.set(event, deltas);
    return deltas;
  };
  return defineKeyed<Tally>({
    ...rest,
    keys: (event, page) => [...deltasOf(event, page).keys()],
    apply(tally, event, key, page) {
      const delta = deltasOf(event, page).get(key);
      if (!delta) return tally;
      const values = delta.map((by, index) => (tally?.values[index] ?? 0) + by);
      return drops(key) && values.every((value) => value === 0) ? null : { key, values, asOf: event.recordedAt };
    },
    rowVersion: () => 0,
    revive: (wire, _state, key) => read(wire, key),
  });
}

function differences(around: { before: Contribution; after: Contribution } | null): Map<string, number[]> {
  const deltas = new Map<string, number[]>();
  if (!around) return deltas;
  const { before, after } = around;
  for (const [key, now] of after) {
    const was = before.get(key);
    if (was === undefined) deltas.set(key, [...now]);
    else if (now.some((value, index) => value !== was[index])) deltas.set(key, minus(now, was));
  }
  for (const [key, was] of before) if (!after.has(key)) deltas.set(key, minus([], was));
  return deltas;
}

function minus(values: readonly number[], less: readonly number[]): number[] {
  return less.map((value, index) => (values[index] ?? 0) - value);
}
