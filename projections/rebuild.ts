import type { Pool, PoolClient } from 'pg';
import { Fold, type Folded, type Poison, parkingSpot, type Touched, type Wanted } from './fold.ts';
import { type LiveTables, liveTables, tableOf, versionOf } from './generations.ts';
import { loadRows } from './leader.ts';
import { isKept, type Keyed, type Projection } from './projection.ts';
import { RowCache, rowId } from './row-cache.ts';
import type { EventSource } from './source.ts';
import { loadOf, parkingOf } from './writer.ts';

export interface RebuildProgress {
  /** What is being done: reading the log, making indexes, swapping, done. */
  phase: 'replaying' | 'indexing' | 'swapping' | 'done';
  position: number;
  /** Where the live rows stand. */
  goal: number;
  events: number;
  seconds: number;
  /** Rows of the new tables, once known. */
  rows?: Readonly<Record<string, number>>;
}

export interface RebuildParts {
  /** Role `projector`. */
  pool: Pool;
  source: EventSource;
  projections: readonly Projection[];
}

const pageSize = 2000;
/** Changed rows kept back before they are written: a hot row is then written once, not once a page. */
const rowsHeldBack = 60_000;
/** The same of read models that are only looked at; a lead takes about 3 KB. */
const rowsInMemory = 60_000;
/** Writes on their way to the database at most. */
const writesAhead = 12;
/** Near enough to the live checkpoint to stop it for the rest. */
const lastStretch = 2000;

/** What a rebuild makes: the tables to go live, those that are only looked at on the way, and all in folding order. */
interface Plan {
  targets: readonly Projection[];
  sources: readonly Projection[];
  all: readonly Projection[];
}

function planOf(projections: readonly Projection[], names: readonly string[]): Plan {
  const unknown = names.filter((name) => !projections.some((projection) => projection.name === name));
  const known = projections.map((projection) => projection.name).join(', ');
  if (unknown.length > 0) throw new Error(`There is no read model ${unknown.join(', ')}. There are: ${known}.`);
  const targets = new Set(names);
  // A view goes with its table, and tables that something in the database looks at together go together.
  for (const projection of projections) if (projection.kind === 'facet' && targets.has(projection.name)) targets.add(projection.of);
  for (const projection of projections.filter(isKept)) {
    if (targets.has(projection.name)) for (const companion of projection.companions ?? []) targets.add(companion);
  }
  for (const projection of projections) if (projection.kind === 'facet' && targets.has(projection.of)) targets.add(projection.name);
  const needed = new Set(targets);
  for (const projection of [...projections].reverse()) {
    if (needed.has(projection.name)) for (const source of projection.reads) needed.add(source);
  }
  return {
    targets: projections.filter((projection) => targets.has(projection.name)),
    sources: projections.filter((projection) => needed.has(projection.name) && !targets.has(projection.name)),
    all: projections.filter((projection) => needed.has(projection.name)),
  };
}

/**
 * Builds read models anew from the first event, beside the live ones, and swaps them in at exactly the checkpoint the
 * live ones have then. Serving goes on throughout; the leader waits only while the last events are folded. Nothing is
 * announced and nothing else happens: the rows say the same as before, or what they should have said.
 *
 * What a read model looks at (the floor at leads) is folded along, in memory as far as it goes, and then let go.
 */
export async function* rebuildReadModels(parts: RebuildParts, names: readonly string[]): AsyncGenerator<RebuildProgress> {
  const plan = planOf(parts.projections, names);
  const client = await parts.pool.connect();
  let schema: string | undefined;
  const version = await versionOf(client, parts.projections);
  try {
    await client.query('set synchronous_commit = off');
    schema = (
      await client.query<{ schema: string }>('select new_read_generation($1, $2) as schema', [version, plan.all.map((each) => each.name)])
    ).rows[0]?.schema;
    if (schema === undefined) throw new Error('no generation was made');
    const builder = new Builder(client, parts.source, plan, version, schema);
    yield* builder.run();
    await drop(client, version, plan.sources, schema);
    schema = undefined;
  } finally {
    if (schema !== undefined) {
      await client.query('rollback');
      await drop(client, version, plan.all, schema);
    }
    client.release(true);
  }
}

/** Views first: they go with their tables otherwise. */
async function drop(client: PoolClient, version: number, projections: readonly Projection[], schema: string): Promise<void> {
  const ordered = [...projections].sort((one, other) => Number(isKept(one)) - Number(isKept(other)));
  for (const projection of ordered) await client.query('select drop_read_table($1, $2, $3)', [version, projection.name, schema]);
}

/** One generation in the making. */
class Builder {
  readonly #client: PoolClient;
  readonly #source: EventSource;
  readonly #targets: readonly Projection[];
  /** Targets and sources. */
  readonly #projections: readonly Projection[];
  readonly #tables: LiveTables;
  readonly #schema: string;
  readonly #caches: Map<string, RowCache>;
  readonly #parked = new Set<string>();
  readonly #poison: Poison[] = [];
  /** Changed since they were last written. */
  readonly #held = new Map<string, Map<string, Touched>>();
  /** Tables that hold rows already, so that a row unknown to the cache must be asked for. */
  readonly #stored = new Set<string>();
  /** Settles when everything sent off so far is written. */
  #writing: Promise<void> = Promise.resolve();
  #backlog = 0;
  readonly #began = performance.now();
  #position = 0;
  #events = 0;

  constructor(client: PoolClient, source: EventSource, plan: Plan, version: number, schema: string) {
    this.#client = client;
    this.#source = source;
    this.#targets = plan.targets;
    this.#projections = plan.all;
    this.#schema = schema;
    this.#tables = {
      version,
      stamp: 0,
      position: 0,
      epoch: 0,
      changedFrom: 0,
      schemas: new Map(this.#projections.map((projection) => [projection.name, schema])),
    };
    this.#caches = new Map(
      this.#projections.flatMap((projection) =>
        projection.kind === 'keyed' && !projection.mirrors ? [[projection.name, new RowCache(2 * this.#limitOf(projection.name))]] : [],
      ),
    );
  }

  async *run(): AsyncGenerator<RebuildProgress> {
    let goal = (await liveTables(this.#client, this.#tables.version)).position;
    for await (const _page of this.#replay(goal)) yield this.#progress('replaying', goal);
    yield this.#progress('indexing', goal);
    await this.#flush();
    for (const projection of this.#targets) {
      await this.#client.query('select finish_read_generation($1, $2, $3)', [this.#tables.version, projection.name, this.#schema]);
    }
    do {
      goal = (await liveTables(this.#client, this.#tables.version)).position;
      for await (const _page of this.#replay(goal)) yield this.#progress('replaying', goal);
      await this.#flush();
    } while ((await liveTables(this.#client, this.#tables.version)).position - this.#position > lastStretch);
    const rows = await this.#lint();
    yield { ...this.#progress('swapping', goal), rows };
    await this.#swap();
    yield { ...this.#progress('done', this.#position), rows };
  }

  async #catchUp(goal: number): Promise<void> {
    const pages = this.#replay(goal);
    let page = await pages.next();
    while (!page.done) page = await pages.next();
  }

  /** Folds up to a position, reading the next page while this one is folded. */
  async *#replay(goal: number): AsyncGenerator<void> {
    const readOn = (after: number) => {
      const reading = after < goal ? this.#source.read(after, Math.min(pageSize, goal - after)) : Promise.resolve([]);
      reading.catch(() => undefined);
      return reading;
    };
    let next = readOn(this.#position);
    while (this.#position < goal) {
      const events = await next;
      const last = events.at(-1);
      if (!last) throw new Error(`The log ends at ${this.#position}, before the checkpoint ${goal}.`);
      next = readOn(last.position);
      const fold = new Fold(this.#projections, this.#caches, (projection, wanted) => this.#load(projection, wanted), this.#parked);
      const folded = await fold.run(events);
      fold.settle(folded);
      for (const poison of folded.poison) {
        if (this.#targets.some(({ name }) => name === poison.projection)) this.#poison.push(poison);
        this.#parked.add(parkingSpot(poison.projection, poison.event));
      }
      await this.#keep(folded);
      this.#position = last.position;
      this.#events += events.length;
      yield;
    }
  }

  async #load(projection: Keyed, wanted: readonly Wanted[]): Promise<Map<string, object>> {
    const held = this.#held.get(projection.name);
    const rows = new Map<string, object>();
    const elsewhere: Wanted[] = [];
    for (const want of wanted) {
      const id = rowId(want.organizationId, want.key);
      const touched = held?.get(id);
      if (!touched) elsewhere.push(want);
      else if (touched.row) rows.set(id, touched.row);
    }
    if (elsewhere.length === 0 || !this.#stored.has(projection.name)) return rows;
    // What completes a row is asked of another table, so that one must be up to date.
    if (projection.complete) for (const name of this.#held.keys()) this.#release(name);
    await this.#writing;
    return new Map([...rows, ...(await loadRows(this.#client, this.#tables, projection, elsewhere))]);
  }

  /** Holds changed rows back until there are many; lines are written at once, since none is written twice. */
  async #keep(folded: Folded): Promise<void> {
    if (folded.lines.size > 0) this.#write({ rows: new Map(), lines: folded.lines });
    for (const [name, rows] of folded.rows) {
      const held = this.#held.get(name) ?? new Map<string, Touched>();
      this.#held.set(name, held);
      for (const [id, touched] of rows) held.set(id, touched);
      if (held.size >= this.#limitOf(name)) this.#release(name);
    }
    // Folding goes on while the database writes, but not ahead without end.
    if (this.#backlog > writesAhead) await this.#writing;
  }

  /** Rows held back at most; those that are only looked at need not be written at all while they find place in memory. */
  #limitOf(name: string): number {
    return this.#targets.some((projection) => projection.name === name) ? rowsHeldBack : rowsInMemory;
  }

  /** Sends off what was held back of a read model. */
  #release(name: string): void {
    const held = this.#held.get(name);
    if (!held || held.size === 0) return;
    const all = [...held];
    for (let start = 0; start < all.length; start += pageSize) {
      this.#write({ rows: new Map([[name, new Map(all.slice(start, start + pageSize))]]), lines: new Map() });
    }
    held.clear();
    this.#stored.add(name);
  }

  #write(part: Pick<Folded, 'rows' | 'lines'>): void {
    const load = loadOf(this.#projections, this.#tables, part);
    if (!load) return;
    this.#backlog += 1;
    this.#writing = this.#writing.then(async () => {
      await this.#client.query(load);
      this.#backlog -= 1;
    });
    // Told of when it is waited for.
    this.#writing.catch(() => undefined);
  }

  async #flush(): Promise<void> {
    for (const { name } of this.#targets) this.#release(name);
    await this.#writing;
  }

  /** Refuses to go live with tables that lack their walls, or that are empty where the live ones are not. */
  async #lint(): Promise<Record<string, number>> {
    const live = await liveTables(this.#client, this.#tables.version);
    const rows: Record<string, number> = {};
    for (const projection of this.#targets) {
      if (!isKept(projection)) continue;
      const walls = await this.#client.query<{ forced: boolean; tenant: boolean }>(
        `select relrowsecurity and relforcerowsecurity as forced,
                exists (select 1 from pg_policy where polrelid = c.oid and polname = 'tenant') as tenant
           from pg_class c where oid = $1::regclass`,
        [tableOf(this.#tables, projection.name)],
      );
      if (!walls.rows[0]?.forced || !walls.rows[0].tenant) throw new Error(`The new table of ${projection.name} lacks row-level security.`);
      const count = await this.#count(tableOf(this.#tables, projection.name));
      const before = await this.#count(tableOf(live, projection.name));
      if (count === 0 && before > 0) throw new Error(`The new table of ${projection.name} is empty, the live one has ${before} rows.`);
      rows[projection.name] = count;
    }
    return rows;
  }

  async #count(table: string): Promise<number> {
    const found = await this.#client.query<{ count: string }>(`select count(*)::text as count from ${table}`);
    return Number(found.rows[0]?.count ?? 0);
  }

  /** Holds the leader at its checkpoint, folds what is left up to there, flips. */
  async #swap(): Promise<void> {
    const version = this.#tables.version;
    const names = this.#targets.map((projection) => projection.name);
    await this.#client.query('begin');
    const held = await this.#client.query<{ position: string }>('select position::text from checkpoints where version = $1 for update', [
      version,
    ]);
    const position = Number(held.rows[0]?.position);
    await this.#catchUp(position);
    await this.#flush();
    await this.#client.query('delete from parked where version = $1 and projection = any($2)', [version, names]);
    if (this.#poison.length > 0) await this.#client.query(parkingOf(version, this.#poison));
    await this.#client.query(
      "update generations set status = 'retired', retired_at = clock_timestamp() where version = $1 and projection = any($2) and status = 'live'",
      [version, names],
    );
    await this.#client.query(
      "update generations set status = 'live', position = $3 where version = $1 and schema = $2 and projection = any($4)",
      [version, this.#schema, position, names],
    );
    await this.#client.query(
      "with swapped as (update checkpoints set stamp = stamp + 1 where version = $1 returning position) select pg_notify('changed', position::text) from swapped",
      [version],
    );
    await this.#client.query('commit');
  }

  #progress(phase: RebuildProgress['phase'], goal: number): RebuildProgress {
    return { phase, position: this.#position, goal, events: this.#events, seconds: (performance.now() - this.#began) / 1000 };
  }
}
