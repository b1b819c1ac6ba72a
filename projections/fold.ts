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

/** The same with its row id, made once. */
interface Sought extends Wanted {
  id: string;
}

function seek(organizationId: string, key: string): Sought {
  return { organizationId, key, id: rowId(organizationId, key) };
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
  readonly #missing = new Map<string, Sought>();

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
    const named: { event: RecordedEvent; wanted: Sought[] }[] = [];
    for (const event of events) {
      if (!intact(event)) continue;
      try {
        const wanted = projection.keys(event, this).map((key) => seek(event.organizationId, key));
        if (wanted.length > 0) named.push({ event, wanted });
      } catch (error) {
        park(event, error);
      }
    }
    const bases = new Map<string, object | null>();
    if (!projection.mirrors) for (const { wanted } of named) this.#gather(projection, wanted, bases);
    await this.#fetch(projection, bases);
    const rows = new Map<string, Touched>();
    const trails = this.#watched.has(projection.name) ? this.#trailsOf(projection.name) : null;
    for (const { event, wanted } of named) {
      if (!intact(event)) continue;
      try {
        const results = wanted.map(({ id, key }) => {
          const touched = rows.get(id);
          const current = touched ? touched.row : projection.mirrors ? projection.mirrors(event, key, this) : (bases.get(id) ?? null);
          return { id, key, touched, current, next: projection.apply(current, event, key, this) };
        });
        for (const { id, key, touched, current, next } of results) {
          if (next === current) continue;
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

  /** Puts what the cache knows among the rows found; what it does not know is left to `#fetch`. */
  #gather(projection: Keyed, sought: readonly Sought[], found: Map<string, object | null>): void {
    const cache = this.#caches.get(projection.name);
    for (const each of sought) {
      if (found.has(each.id) || this.#missing.has(each.id)) continue;
      const cached = cache?.get(each.id);
      if (cached === undefined) this.#missing.set(each.id, each);
      else found.set(each.id, cached);
    }
  }

  /** Rows as they stood before the page, the missing ones from the table; noted as the start of their trail when others look at them. */
  async #fetch(projection: Keyed, found: Map<string, object | null>): Promise<void> {
    if (this.#missing.size > 0) {
      const cache = this.#caches.get(projection.name);
      const loaded = await this.#load(projection, [...this.#missing.values()]);
      for (const id of this.#missing.keys()) {
        const row = loaded.get(id) ?? null;
        found.set(id, row);
        cache?.set(id, row);
      }
      this.#missing.clear();
    }
    if (this.#watched.has(projection.name)) {
      const trails = this.#trailsOf(projection.name);
      for (const [id, base] of found) if (!trails.has(id)) trails.set(id, { base, steps: [] });
    }
  }

  async #fetchReferences(projection: Kept, events: readonly RecordedEvent[]): Promise<void> {
    if (!projection.refersTo) return;
    const wanted = new Map<string, Sought[]>();
    for (const event of events) {
      for (const reference of projection.refersTo(event)) {
        const sought = seek(event.organizationId, reference.key);
        if (this.#trails.get(reference.projection)?.has(sought.id)) continue;
        const list = wanted.get(reference.projection) ?? [];
        list.push(sought);
        wanted.set(reference.projection, list);
      }
    }
    for (const [name, list] of wanted) {
      const target = this.#projections.find((other) => other.name === name);
      if (target?.kind !== 'keyed') throw new Error(`${projection.name} refers to ${name}, which is no keyed projection before it`);
      const found = new Map<string, object | null>();
      this.#gather(target, list, found);
      await this.#fetch(target, found);
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
