import type { ClientBase } from 'pg';
import type { RecordedEvent } from '../domain/kernel/aggregate.ts';
import type { Change } from '../server/live/feed.ts';
import { Fold, type Folded, type Load, type Poison, parkingSpot, type Wanted } from './fold.ts';
import { type LiveTables, liveTables, tableOf } from './generations.ts';
import { type Ask, isKept, type Keyed, type Projection } from './projection.ts';
import { RowCache, rowId } from './row-cache.ts';
import { batchOf } from './writer.ts';

/** Rows kept in memory for each projection: a lead's row is about 3 KB there. */
const rowsInMemory = 20_000;

/** Another process leads: stop at once, nothing of this one counts any more. */
export class LeadLost extends Error {
  constructor() {
    super('another process leads the projections');
    this.name = 'LeadLost';
  }
}

/** What a page came to: where the checkpoint stands, and what to announce. */
export interface Projected {
  from: number;
  to: number;
  changes: Change[];
  poison: Poison[];
}

/** Rows as stored, by row id. */
export async function loadRows(
  client: ClientBase,
  tables: LiveTables,
  projection: Keyed,
  wanted: readonly Wanted[],
): Promise<Map<string, object>> {
  const table = tableOf(tables, projection.name);
  const found = await client.query<{ organization_id: string; key: string; wire: string; state: string | null }>({
    name: `rows of ${table}`.slice(0, 63),
    text: `select t.organization_id, t.key, t.wire, t.state from unnest($1::uuid[], $2::text[]) as u(o, k) join ${table} t on t.organization_id = u.o and t.key = u.k`,
    values: [wanted.map((want) => want.organizationId), wanted.map((want) => want.key)],
  });
  const rows = new Map(found.rows.map((row) => [rowId(row.organization_id, row.key), projection.revive(row.wire, row.state, row.key)]));
  if (rows.size > 0 && projection.complete) {
    const ask: Ask = async (text, values) =>
      (
        await client.query(
          text.replace(/\{(\w+)\}/g, (_all, name: string) => tableOf(tables, name)),
          values,
        )
      ).rows;
    await projection.complete(rows, ask);
  }
  return rows;
}

/** The data is at fault, so trying again cannot help: it cannot be encoded, or the database refuses it (SQLSTATE classes 22 and 23). */
function isDataFault(error: unknown): error is Error {
  if (error instanceof RangeError || error instanceof TypeError || error instanceof SyntaxError) return true;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && (code.startsWith('22') || code.startsWith('23') || code === '54000');
}

/**
 * The writing side while this process leads: folds pages and commits each as one statement. Owns the caches; drops them
 * whenever the database turns out to stand elsewhere than it remembers.
 */
export class Leader {
  readonly #client: ClientBase;
  readonly #projections: readonly Projection[];
  readonly #caches: Map<string, RowCache>;
  readonly #parked = new Set<string>();
  readonly #epoch: number;
  #tables: LiveTables;
  #position: number;

  private constructor(client: ClientBase, projections: readonly Projection[], epoch: number, tables: LiveTables) {
    this.#client = client;
    this.#projections = projections;
    this.#epoch = epoch;
    this.#tables = tables;
    this.#position = tables.position;
    this.#caches = new Map(
      projections.flatMap((projection) =>
        projection.kind === 'keyed' && !projection.mirrors ? [[projection.name, new RowCache(rowsInMemory)]] : [],
      ),
    );
  }

  static async begin(client: ClientBase, projections: readonly Projection[], version: number, epoch: number): Promise<Leader> {
    // A lost commit of rows loses the checkpoint with it, so the page is simply projected again: nothing to wait for the disk for.
    await client.query('set synchronous_commit = off');
    await client.query('set plan_cache_mode = force_generic_plan');
    const leader = new Leader(client, projections, epoch, await liveTables(client, version));
    await leader.#reload();
    return leader;
  }

  get position(): number {
    return this.#position;
  }

  get tables(): LiveTables {
    return this.#tables;
  }

  /** Projects a page; null when a swap or a rollback moved the ground, and the caller should read again from `position`. */
  async project(events: readonly RecordedEvent[]): Promise<Projected | null> {
    try {
      return await this.#commit(events, null);
    } catch (error) {
      if (!isDataFault(error)) throw error;
      const [first] = events;
      if (!first) throw error;
      return events.length > 1 ? await this.#oneByOne(events) : await this.#isolate(first, error);
    }
  }

  async #oneByOne(events: readonly RecordedEvent[]): Promise<Projected | null> {
    const from = this.#position;
    const all: Projected = { from, to: from, changes: [], poison: [] };
    for (const event of events) {
      const projected = await this.project([event]);
      if (!projected) break;
      all.to = projected.to;
      all.changes.push(...projected.changes);
      all.poison.push(...projected.poison);
    }
    return all.to === from ? null : { ...all, changes: lastOfEach(all.changes) };
  }

  /** The database refuses what one event makes: finds the projection at fault and parks the stream there. */
  async #isolate(event: RecordedEvent, error: Error): Promise<Projected | null> {
    const suspects = this.#projections.filter(isKept).filter((projection) => projection.streams.includes(event.stream.type));
    for (const suspect of suspects) {
      try {
        return await this.#commit([event], { suspects: [suspect.name], error });
      } catch (again) {
        if (!isDataFault(again)) throw again;
      }
    }
    return await this.#commit([event], { suspects: suspects.map((suspect) => suspect.name), error });
  }

  async #commit(events: readonly RecordedEvent[], blame: { suspects: string[]; error: Error } | null): Promise<Projected | null> {
    const parked = blame ? new Set(this.#parked) : this.#parked;
    const accused: Poison[] = [];
    if (blame) {
      for (const event of events) {
        for (const projection of blame.suspects) {
          parked.add(parkingSpot(projection, event));
          accused.push({ projection, event, error: blame.error });
        }
      }
    }
    const fold = new Fold(this.#projections, this.#caches, this.#load, parked);
    const folded: Folded = await fold.run(events);
    folded.poison.push(...accused);
    const { statement, changes } = batchOf(this.#projections, this.#tables, { position: this.#position, epoch: this.#epoch }, folded);
    const written = await this.#client.query(statement);
    if (written.rowCount !== 1) {
      await this.#reload();
      return null;
    }
    fold.settle(folded);
    for (const { projection, event } of folded.poison) this.#parked.add(parkingSpot(projection, event));
    const from = this.#position;
    this.#position = folded.to;
    return { from, to: folded.to, changes, poison: folded.poison };
  }

  async #reload(): Promise<void> {
    const tables = await liveTables(this.#client, this.#tables.version);
    if (tables.epoch !== this.#epoch) throw new LeadLost();
    this.#tables = tables;
    this.#position = tables.position;
    for (const cache of this.#caches.values()) cache.clear();
    const parked = await this.#client.query<{ projection: string; organization_id: string; stream_type: string; stream_id: string }>(
      'select projection, organization_id, stream_type, stream_id from parked where version = $1',
      [tables.version],
    );
    this.#parked.clear();
    for (const row of parked.rows) {
      this.#parked.add(
        parkingSpot(row.projection, { organizationId: row.organization_id, stream: { type: row.stream_type, id: row.stream_id } }),
      );
    }
  }

  readonly #load: Load = (projection, wanted) => loadRows(this.#client, this.#tables, projection, wanted);
}

/** One change a row: the scope before the first, everything else from the last. */
function lastOfEach(changes: readonly Change[]): Change[] {
  const last = new Map<string, Change>();
  for (const change of changes) {
    const id = `${change.view}|${rowId(change.organizationId, change.key)}`;
    const earlier = last.get(id);
    last.set(id, earlier ? { ...change, before: earlier.before } : change);
  }
  return [...last.values()];
}
