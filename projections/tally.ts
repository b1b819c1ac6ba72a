import type { RecordedEvent } from '../domain/kernel/aggregate.ts';
import { type Column, defineKeyed, type Keyed, type Page, type View } from './projection.ts';

/** Numbers under one key. */
export interface Tally {
  key: string;
  values: readonly number[];
  /** When an event last changed them. */
  asOf: string;
}

/** By how much an event changes which tallies: key → numbers, as many as the projection has; never all 0. */
export type Deltas = ReadonlyMap<string, readonly number[]>;

interface TallyDefinition {
  name: string;
  version: number;
  view: View | null;
  summary: string;
  reads: readonly string[];
  streams: readonly string[];
  columns: readonly Column<Tally>[];
  indexes: readonly string[];
  /** What the event takes away and adds; null when it changes nothing. */
  deltas: (event: RecordedEvent, page: Page) => Deltas | null;
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
  const { deltas, drops, read, ...rest } = definition;
  // Asked for keys and then for each row of the same event: worked out once a page.
  const worked = new WeakMap<Page, Map<RecordedEvent, Deltas | null>>();
  const deltasOf = (event: RecordedEvent, page: Page): Deltas | null => {
    const ofPage = worked.get(page) ?? new Map<RecordedEvent, Deltas | null>();
    worked.set(page, ofPage);
    let known = ofPage.get(event);
    if (known === undefined) {
      known = deltas(event, page);
      ofPage.set(event, known);
    }
    return known;
  };
  return defineKeyed<Tally>({
    ...rest,
    keys: (event, page) => [...(deltasOf(event, page)?.keys() ?? [])],
    apply(tally, event, key, page) {
      const delta = deltasOf(event, page)?.get(key);
      if (!delta) return tally;
      const values = delta.map((by, index) => (tally?.values[index] ?? 0) + by);
      return drops(key) && values.every((value) => value === 0) ? null : { key, values, asOf: event.recordedAt };
    },
    rowVersion: () => 0,
    revive: (wire, _state, key) => read(wire, key),
  });
}
