import type { RecordedEvent } from '../domain/kernel/aggregate.ts';
import { isKept, type Kept, type Keyed, type Page, type Projection } from './projection.ts';
import { type RowCache, rowId } from './row-cache.ts';

/** A row that a page of events changed: what it was before the page, what it is now, and the event that changed it last. */
export interface Touched {
  organizationId: string;
  key: string;
  before: object | null;
  row: object | null;
  event: RecordedEvent;
}

/** A stream that a projection could not digest; it is left alone from this event on, and everything else goes on. */
export interface Poison {
  projection: string;
  event: RecordedEvent;
  error: Error;
}

export interface Folded {
  to: number;
  /** By projection name, then row id. */
  rows: Map<string, Map<string, Touched>>;
  lines: Map<string, { event: RecordedEvent; line: object }[]>;
  poison: Poison[];
}

/** A row wanted from the table. */
export interface Wanted {
  organizationId: string;
  key: string;
}

/** Fetches rows of one projection as they stand in its table, by row id; absent ones are left out. */
export type Load = (projection: Keyed, wanted: Wanted[]) => Promise<Map<string, object>>;

interface Trail {
  base: object | null;
  steps: { position: number; row: object | null }[];
}

/** Names a stream for one projection. */
export function parkingSpot(projection: string, event: Pick<RecordedEvent, 'organizationId' | 'stream'>): string {
  return `${projection}|${event.organizationId}|${event.stream.type}|${event.stream.id}`;
}

/**
 * Folds one page of events through all projections in memory. Nothing is written and no cache is touched until the
 * caller has committed the result and calls `settle`, so a failed write leaves no trace.
 */
export class Fold implements Page {
  readonly #projections: readonly Kept[];
  readonly #caches: ReadonlyMap<string, RowCache>;
  readonly #load: Load;
  readonly #parked: ReadonlySet<string>;
  readonly #trails = new Map<string, Map<string, Trail>>();
  readonly #watched: ReadonlySet<string>;

  constructor(projections: readonly Projection[], caches: ReadonlyMap<string, RowCache>, load: Load, parked: ReadonlySet<string>) {
    this.#projections = projections.filter(isKept);
    this.#caches = caches;
    this.#load = load;
    this.#parked = parked;
    this.#watched = new Set(projections.flatMap((projection) => projection.reads));
  }

  before<Row>(projection: string, event: RecordedEvent, key: string): Row | null {
    return this.#look(projection, event, key, event.position - 1) as Row | null;
  }

  after<Row>(projection: string, event: RecordedEvent, key: string): Row | null {
    return this.#look(projection, event, key, event.position) as Row | null;
  }

  async run(events: readonly RecordedEvent[]): Promise<Folded> {
    const folded: Folded = { to: events.at(-1)?.position ?? 0, rows: new Map(), lines: new Map(), poison: [] };
    for (const projection of this.#projections) {
      const spoiled = new Set<string>();
      const park = (event: RecordedEvent, error: unknown) => {
        spoiled.add(parkingSpot(projection.name, event));
        folded.poison.push({ projection: projection.name, event, error: error instanceof Error ? error : new Error(String(error)) });
      };
      const relevant = events.filter(
        (event) => projection.streams.includes(event.stream.type) && !this.#parked.has(parkingSpot(projection.name, event)),
      );
      if (relevant.length === 0) continue;
      await this.#fetchReferences(projection, relevant);
      const intact = (event: RecordedEvent) => spoiled.size === 0 || !spoiled.has(parkingSpot(projection.name, event));
      if (projection.kind === 'appended') {
        const lines: { event: RecordedEvent; line: object }[] = [];
        for (const event of relevant) {
          if (!intact(event)) continue;
          try {
            for (const line of projection.lines(event, this)) lines.push({ event, line });
          } catch (error) {
            park(event, error);
          }
        }
        if (lines.length > 0) folded.lines.set(projection.name, lines);
      } else {
        const rows = await this.#foldKeyed(projection, relevant, intact, park);
        if (rows.size > 0) folded.rows.set(projection.name, rows);
      }
    }
    return folded;
  }

  /** After the commit: the new rows become what the next page starts from. */
  settle(folded: Folded): void {
    for (const [name, rows] of folded.rows) {
      const cache = this.#caches.get(name);
      if (!cache) continue;
      for (const [id, touched] of rows) cache.set(id, touched.row);
    }
    for (const cache of this.#caches.values()) cache.trim();
  }

  async #foldKeyed(
    projection: Keyed,
    events: readonly RecordedEvent[],
    intact: (event: RecordedEvent) => boolean,
    park: (event: RecordedEvent, error: unknown) => void,
  ): Promise<Map<string, Touched>> {
    const named: { event: RecordedEvent; keys: readonly string[] }[] = [];
    for (const event of events) {
      if (!intact(event)) continue;
      try {
        const keys = projection.keys(event, this);
        if (keys.length > 0) named.push({ event, keys });
      } catch (error) {
        park(event, error);
      }
    }
    const bases = projection.mirrors
      ? new Map<string, object | null>()
      : await this.#fetch(
          projection,
          named.flatMap(({ event, keys }) => keys.map((key) => ({ organizationId: event.organizationId, key }))),
        );
    const rows = new Map<string, Touched>();
    const trails = this.#watched.has(projection.name) ? this.#trailsOf(projection.name) : null;
    for (const { event, keys } of named) {
      if (!intact(event)) continue;
      try {
        const results = keys.map((key) => {
          const id = rowId(event.organizationId, key);
          const touched = rows.get(id);
          const current = touched ? touched.row : projection.mirrors ? projection.mirrors(event, key, this) : (bases.get(id) ?? null);
          return { id, key, current, next: projection.apply(current, event, key, this) };
        });
        for (const { id, key, current, next } of results) {
          if (next === current) continue;
          const touched = rows.get(id);
          if (touched) {
            touched.row = next;
            touched.event = event;
          } else rows.set(id, { organizationId: event.organizationId, key, before: current, row: next, event });
          trails?.get(id)?.steps.push({ position: event.position, row: next });
        }
      } catch (error) {
        park(event, error);
      }
    }
    return rows;
  }

  /** Rows as they stood before the page, from the cache or the table, noted as the start of their trail when others look at them. */
  async #fetch(projection: Keyed, wanted: Wanted[]): Promise<Map<string, object | null>> {
    const cache = this.#caches.get(projection.name);
    const found = new Map<string, object | null>();
    const missing = new Map<string, Wanted>();
    for (const want of wanted) {
      const id = rowId(want.organizationId, want.key);
      if (found.has(id) || missing.has(id)) continue;
      const cached = cache?.get(id);
      if (cached === undefined) missing.set(id, want);
      else found.set(id, cached);
    }
    if (missing.size > 0) {
      const loaded = await this.#load(projection, [...missing.values()]);
      for (const id of missing.keys()) {
        const row = loaded.get(id) ?? null;
        found.set(id, row);
        cache?.set(id, row);
      }
    }
    if (this.#watched.has(projection.name)) {
      const trails = this.#trailsOf(projection.name);
      for (const [id, base] of found) if (!trails.has(id)) trails.set(id, { base, steps: [] });
    }
    return found;
  }

  async #fetchReferences(projection: Kept, events: readonly RecordedEvent[]): Promise<void> {
    if (!projection.refersTo) return;
    const wanted = new Map<string, Wanted[]>();
    for (const event of events) {
      for (const reference of projection.refersTo(event)) {
        if (this.#trails.get(reference.projection)?.has(rowId(event.organizationId, reference.key))) continue;
        const list = wanted.get(reference.projection) ?? [];
        list.push({ organizationId: event.organizationId, key: reference.key });
        wanted.set(reference.projection, list);
      }
    }
    for (const [name, list] of wanted) {
      const target = this.#projections.find((other) => other.name === name);
      if (target?.kind !== 'keyed') throw new Error(`${projection.name} refers to ${name}, which is no keyed projection before it`);
      await this.#fetch(target, list);
    }
  }

  #trailsOf(name: string): Map<string, Trail> {
    let trails = this.#trails.get(name);
    if (!trails) {
      trails = new Map();
      this.#trails.set(name, trails);
    }
    return trails;
  }

  #look(projection: string, event: RecordedEvent, key: string, position: number): object | null {
    const trail = this.#trails.get(projection)?.get(rowId(event.organizationId, key));
    if (!trail) return null;
    for (let index = trail.steps.length - 1; index >= 0; index--) {
      const step = trail.steps[index];
      if (step && step.position <= position) return step.row;
    }
    return trail.base;
  }
}
