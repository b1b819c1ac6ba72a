import { randomUUID } from 'node:crypto';
import type { PoolClient } from 'pg';
import type { RecordedEvent } from '../domain/kernel/aggregate.ts';
import type { ChangeFeed } from '../server/live/feed.ts';
import { Announcements } from './announcements.ts';
import { readModels } from './catalogue.ts';
import { lookAround } from './follower.ts';
import { type LiveTables, liveTables, tableOf, versionOf } from './generations.ts';
import { Leader, LeadLost } from './leader.ts';
import { renewLead, renewMilliseconds, takeLead, yieldLead } from './lease.ts';
import type { Projection } from './projection.ts';
import { type RebuildProgress, rebuildReadModels } from './rebuild.ts';
import type { EventSource, ProjectorConnections, ProjectorLog, ProjectorWatch } from './source.ts';
import { sweep } from './sweep.ts';

/** Events folded and written together at most. */
const pageSize = 2000;
/** Safety net: correctness never depends on being woken. */
const pollMilliseconds = 1000;
/** Above this many commits a second they are gathered for a few milliseconds, because a transaction for each costs more than the wait. */
const hotPagesPerSecond = 200;
const lingerMilliseconds = 6;
const sweepMilliseconds = 600_000;

export interface ProjectorParts {
  connections: ProjectorConnections;
  source: EventSource;
  log: ProjectorLog;
  watch?: ProjectorWatch;
  projections?: readonly Projection[];
}

/**
 * Keeps the read models, or follows the process that does. Either way this process has one feed of changes, one position,
 * and reads its own writes through `waitFor`.
 */
export class Projector {
  readonly #connections: ProjectorConnections;
  readonly #source: EventSource;
  readonly #log: ProjectorLog;
  readonly #watch: ProjectorWatch | undefined;
  readonly #projections: readonly Projection[];
  readonly #announcements: Announcements;
  readonly #name = randomUUID();
  readonly #caughtUp = Promise.withResolvers<void>();
  #tables: LiveTables | null = null;
  #running: Promise<void> | null = null;
  #closed = false;
  #leading = false;
  /** The log is known to reach this far. */
  #seen = 0;
  #wake: (() => void) | null = null;
  #dirty = false;
  #stops: (() => void | Promise<void>)[] = [];

  constructor(parts: ProjectorParts) {
    this.#connections = parts.connections;
    this.#source = parts.source;
    this.#log = parts.log;
    this.#watch = parts.watch;
    this.#projections = parts.projections ?? readModels;
    this.#announcements = new Announcements((error) => this.#log.error({ err: error }, 'a listener of the change feed failed'));
    this.#caughtUp.promise.catch(() => undefined);
  }

  get feed(): ChangeFeed {
    return this.#announcements;
  }

  /** Resolves once the rows have reached the head of the log as it was at `start`; rejects when closed before that. */
  get caughtUp(): Promise<void> {
    return this.#caughtUp.promise;
  }

  get leading(): boolean {
    return this.#leading;
  }

  position(): number {
    return this.#announcements.position();
  }

  waitFor(position: number, timeoutMs: number): Promise<boolean> {
    return this.#announcements.waitFor(position, timeoutMs);
  }

  /** The schema that holds the live table of a read model right now; changes with a swap, so ask for every query. */
  readSchema(projection: string): string {
    return this.tables().schemas.get(projection) ?? tableOf(this.tables(), projection);
  }

  /** Live tables as known at `position()`. */
  tables(): LiveTables {
    if (!this.#tables) throw new Error('The projector has not started.');
    return this.#tables;
  }

  async start(): Promise<void> {
    const client = await this.#connections.projector.connect();
    try {
      this.#tables = await liveTables(client, await versionOf(client, this.#projections));
    } finally {
      client.release();
    }
    this.#announcements.begin(this.#tables.position);
    this.#stops.push(
      this.#source.onCommit((position) => {
        this.#seen = Math.max(this.#seen, position);
        if (this.#leading) this.#nudge();
      }),
    );
    this.#stops.push(
      await this.#connections.listen('changed', () => {
        if (!this.#leading) this.#nudge();
      }),
    );
    const goal = await this.#source.head();
    void this.waitFor(goal, 2 ** 31 - 1).then((reached) => {
      if (reached) this.#caughtUp.resolve();
      else this.#caughtUp.reject(new Error('closed before the read models had caught up'));
    });
    this.#running = this.#run();
  }

  /** Builds the named read models anew beside the live ones and swaps them in; see `rebuild.ts`. */
  rebuild(names: readonly string[]): AsyncIterable<RebuildProgress> {
    const parts = { pool: this.#connections.projector, source: this.#source, projections: this.#projections };
    return rebuildReadModels(parts, names);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#nudge();
    for (const stop of this.#stops.splice(0)) await stop();
    await this.#running;
    this.#announcements.close();
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      let client: PoolClient | undefined;
      let broken: Error | undefined;
      const onError = (error: Error) => {
        broken = error;
      };
      try {
        client = await this.#connections.projector.connect();
        client.on('error', onError);
        await this.#turn(client);
      } catch (error) {
        broken = error instanceof Error ? error : new Error(String(error));
        if (!(error instanceof LeadLost) && !this.#closed) {
          this.#log.error({ err: error }, 'projecting failed; trying again');
          await this.#pause(250);
        }
      } finally {
        client?.off('error', onError);
        client?.release(broken);
      }
    }
  }

  /** One spell of following, and of leading if the lead is free. Its connection has settings of its own, so it is not given back for reuse. */
  async #turn(client: PoolClient): Promise<void> {
    const version = this.tables().version;
    let tried = Number.NEGATIVE_INFINITY;
    while (!this.#closed) {
      this.#dirty = false;
      await this.#follow(client);
      if (performance.now() - tried >= pollMilliseconds) {
        tried = performance.now();
        const epoch = await takeLead(client, version, this.#name);
        if (epoch !== null) {
          await this.#lead(client, epoch);
          return;
        }
      }
      if (!this.#dirty) await this.#pause(pollMilliseconds);
    }
  }

  async #follow(client: PoolClient): Promise<void> {
    const look = await lookAround(client, this.tables().version, this.#projections, this.position());
    this.#tables = look.tables;
    if (look.batch) this.#announcements.announce(look.batch);
  }

  async #lead(client: PoolClient, epoch: number): Promise<void> {
    const version = this.tables().version;
    const renewing = setInterval(() => {
      this.#connections.projector
        .connect()
        .then(async (renewer) => {
          try {
            await renewLead(renewer, version, epoch);
          } finally {
            renewer.release();
          }
        })
        .catch((error: unknown) => this.#log.warn({ err: error }, 'the lease of the projections could not be renewed'));
    }, renewMilliseconds);
    try {
      await this.#follow(client);
      const leader = await Leader.begin(client, this.#projections, version, epoch);
      this.#leading = true;
      this.#watch?.leading(true);
      this.#log.info({ epoch, position: leader.position }, 'leading the projections');
      await this.#project(client, leader);
      await yieldLead(client, version, epoch);
    } finally {
      clearInterval(renewing);
      this.#leading = false;
      this.#watch?.leading(false);
    }
  }

  async #project(client: PoolClient, leader: Leader): Promise<void> {
    let ahead: Promise<RecordedEvent[]> | null = null;
    let swept = performance.now();
    const pace = new Pace();
    while (!this.#closed) {
      this.#dirty = false;
      const limit = this.#limitAt(leader.position);
      const events: RecordedEvent[] = await (ahead ?? this.#source.read(leader.position, limit));
      ahead = null;
      const last = events.at(-1);
      if (!last) {
        if (performance.now() - swept > sweepMilliseconds) {
          swept = performance.now();
          await sweep(client, leader.tables.version);
        }
        if (!this.#dirty) await this.#pause(pollMilliseconds);
        continue;
      }
      // While this page is folded and written, the next one is read: only when there is surely more.
      if (events.length === limit && limit === pageSize) {
        ahead = this.#source.read(last.position, pageSize);
        ahead.catch(() => undefined);
      }
      const began = performance.now();
      const projected = await leader.project(events);
      this.#tables = leader.tables;
      if (!projected || projected.to !== last.position) ahead = null;
      if (!projected) continue;
      if (projected.from >= this.position())
        this.#announcements.announce({ from: projected.from, to: projected.to, changes: projected.changes });
      this.#watch?.projected(events.length, performance.now() - began, projected.to);
      for (const { projection, event, error } of projected.poison) {
        this.#log.error(
          { err: error, projection, position: event.position, stream: event.stream, type: event.type },
          'a stream was parked for a projection',
        );
        this.#watch?.parked(projection);
      }
      if (ahead) continue;
      if (pace.isHot()) await this.#linger();
      else if (this.#seen <= projected.to && !this.#dirty) await this.#pause(pollMilliseconds);
    }
  }

  /** After a crash of the database rows may stand behind what was announced: that part is projected again, silently and to exactly there. */
  #limitAt(position: number): number {
    const announced = this.position();
    return position < announced ? Math.min(pageSize, announced - position) : pageSize;
  }

  #nudge(): void {
    this.#dirty = true;
    this.#wake?.();
  }

  #pause(milliseconds: number): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#wake?.(), milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = null;
        resolve();
      };
    });
  }

  #linger(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, lingerMilliseconds));
  }
}

/** Knows whether pages have come thick and fast over the last second. */
class Pace {
  readonly #times = new Float64Array(hotPagesPerSecond);
  #next = 0;

  isHot(): boolean {
    const now = performance.now();
    const oldest = this.#times[this.#next] ?? 0;
    this.#times[this.#next] = now;
    this.#next = (this.#next + 1) % hotPagesPerSecond;
    return oldest > 0 && now - oldest < 1000;
  }
}
