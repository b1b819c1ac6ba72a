import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Audience, audienceOf, everything, sees } from '../../domain/identity/audience.ts';
import type { Role } from '../../domain/kernel/aggregate.ts';
import type { RunCommand } from '../http/commands.ts';
import { createLimits } from '../http/limits.ts';
import { refuse } from '../http/problem.ts';
import type { Principal } from '../identity/principal.ts';
import { createLog } from '../log.ts';
import type { Change, ChangeBatch, ChangeFeed, Scope } from './feed.ts';
import { type HubParts, type LiveDirectory, LiveHub } from './hub.ts';
import type { Missed, RowSource, Snapshot, StoredRow } from './source.ts';
import { type Target, visible } from './target.ts';

/** One row a script changes; `scope` null takes it away. */
export interface Step {
  organizationId: string;
  view: string;
  key: string;
  scope: Scope | null;
  row: object;
  status?: string;
  sent?: string | number;
}

type ScriptedRow = StoredRow & { organizationId: string; view: string };

/** Closed columns of scripted boards. */
const closed = new Set(['won', 'lost']);

/**
 * A whole floor in memory, for tests and benches of the hub alone: rows at positions, a feed that chains, the reads a
 * database would answer, people with tokens. It keeps the same promises as the projector and the directory do.
 */
export class ScriptedFloor implements ChangeFeed, RowSource, LiveDirectory {
  readonly rows = new Map<string, ScriptedRow>();
  readonly log: Change[] = [];
  /** Positions up to this one are no longer in `changed`. */
  changedFrom = 0;
  reads = { snapshot: 0, missed: 0 };
  /** Runs between a read and its answer, to make what happens meanwhile repeatable. */
  duringRead: (() => void) | null = null;
  readonly #listeners = new Set<(batch: ChangeBatch) => void>();
  readonly #people = new Map<string, Principal>();
  readonly #ended = new Set<(ended: { sessionId: string; userId: string; organizationId: string }, reason: string) => void>();
  readonly #changed = new Set<(changed: { organizationId: string; agentId: string | null }) => void>();
  readonly #audiencesSince = new Map<string, number>();
  /** A row that comes back goes on counting. */
  readonly #versions = new Map<string, number>();
  #position = 0;
  #announced = 0;
  #held: ChangeBatch[] | null = null;

  /** Writes rows as one batch: first the read side (one position a step), then the announcement. Answers the position. */
  commit(steps: readonly Step[]): number {
    const from = this.#position;
    const changes: Change[] = [];
    for (const step of steps) {
      this.#position += 1;
      const id = `${step.organizationId} ${step.view} ${step.key}`;
      const before = this.rows.get(id);
      const version = (this.#versions.get(id) ?? 0) + 1;
      this.#versions.set(id, version);
      const status = step.status ?? null;
      const wire = step.scope === null ? null : JSON.stringify({ ...step.row, ...(status === null ? {} : { status }), version });
      if (wire === null) this.rows.delete(id);
      else {
        const { organizationId, view, key, scope } = step;
        this.rows.set(id, { organizationId, view, key, scope, wire, position: this.#position, version, status });
      }
      changes.push({
        organizationId: step.organizationId,
        view: step.view,
        key: step.key,
        position: this.#position,
        before: before?.scope ?? null,
        after: step.scope,
        wire,
        version,
        status,
        by: 'script',
        at: new Date(this.#position).toISOString(),
        ...(step.sent === undefined ? {} : { sent: step.sent }),
      });
    }
    this.log.push(...changes);
    this.#announce({ from, to: this.#position, changes });
    return this.#position;
  }

  /** A batch in which nothing changed for anybody. */
  pass(positions: number): void {
    const from = this.#position;
    this.#position += positions;
    this.#announce({ from, to: this.#position, changes: [] });
  }

  /** From now on commits are readable but not announced, as on a node that lags. */
  hold(): void {
    this.#held ??= [];
  }

  /** Announces what was held: one by one as the leader does, or as one batch with changes collapsed as a follower does. */
  release(collapsed = false): void {
    const held = this.#held ?? [];
    this.#held = null;
    const [first, last] = [held[0], held.at(-1)];
    if (!collapsed || first === undefined || last === undefined) {
      for (const batch of held) this.#announce(batch);
      return;
    }
    const latest = new Map<string, Change>();
    for (const change of held.flatMap((batch) => batch.changes)) {
      const id = `${change.organizationId} ${change.view} ${change.key}`;
      const before = latest.get(id)?.before;
      latest.delete(id);
      latest.set(id, before === undefined ? change : { ...change, before });
    }
    this.#announce({ from: first.from, to: last.to, changes: [...latest.values()] });
  }

  /** Announces a batch as it is, to script a faulty feed. */
  announceRaw(batch: ChangeBatch): void {
    for (const listener of this.#listeners) listener(batch);
  }

  position(): number {
    return this.#announced;
  }

  subscribe(listener: (batch: ChangeBatch) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A person who can sign in with `token`. */
  admit(token: string, organizationId: string, role: Role, agentId: string, audience?: Audience): Principal {
    const seen = audience ?? (role === 'agent' ? audienceOf(role, agentId, null, 'own-and-unassigned') : everything);
    const principal: Principal = {
      id: `user-${agentId}`,
      userId: `user-${agentId}`,
      agentId,
      name: `Person ${agentId}`,
      role,
      audience: seen,
      sessionId: `session-${token}`,
      organizationId,
      expiresAt: Number.MAX_SAFE_INTEGER,
    };
    this.#people.set(token, principal);
    return principal;
  }

  end(token: string): void {
    const principal = this.#people.get(token);
    this.#people.delete(token);
    if (principal) for (const listener of this.#ended) listener(principal, 'revoked');
  }

  /** Changes what a person sees, from the present position on. */
  widen(token: string, audience: Audience): void {
    const principal = this.#people.get(token);
    if (!principal) throw new Error(`Nobody holds ${token}.`);
    this.pass(1);
    this.#people.set(token, { ...principal, audience });
    this.#audiencesSince.set(audience.key, this.#position);
    for (const listener of this.#changed) listener({ organizationId: principal.organizationId, agentId: principal.agentId });
  }

  async principalOf(token: string): Promise<Principal | null> {
    return this.#people.get(token) ?? null;
  }

  onEnded(listener: (ended: { sessionId: string; userId: string; organizationId: string }, reason: string) => void): () => void {
    this.#ended.add(listener);
    return () => this.#ended.delete(listener);
  }

  onChanged(listener: (changed: { organizationId: string; agentId: string | null }) => void): () => void {
    this.#changed.add(listener);
    return () => this.#changed.delete(listener);
  }

  /** What a target sees right now: the truth that clients are compared with. */
  truth(target: Target): Map<string, string> {
    const seen = [...this.rows.values()].filter((row) => this.#in(target, row));
    return new Map(seen.map((row) => [row.key, row.wire]));
  }

  async snapshot(target: Target, limit: number): Promise<Snapshot> {
    this.reads.snapshot += 1;
    const position = this.#position;
    const found = [...this.rows.values()].filter((row) => this.#in(target, row)).sort((a, b) => b.position - a.position);
    const rows = found.slice(0, limit).map(({ key, wire }) => ({ key, wire }));
    const more: Record<string, number> = {};
    for (const row of found.slice(limit)) more[row.status ?? ''] = (more[row.status ?? ''] ?? 0) + 1;
    await this.#between();
    return { position, rows, more: found.length > limit ? more : null };
  }

  async missed(target: Target, since: number): Promise<Missed | null> {
    this.reads.missed += 1;
    if (since < this.changedFrom) return null;
    const position = this.#position;
    const touched = this.log.filter(
      (change) =>
        change.position > since &&
        change.organizationId === target.organizationId &&
        change.view === target.view &&
        (target.key === null || target.key === change.key),
    );
    const rows = [...new Set(touched.map((change) => change.key))].flatMap((key): Missed['rows'] => {
      const row = this.rows.get(`${target.organizationId} ${target.view} ${key}`);
      if (row && this.#in(target, row)) return [{ key, wire: row.wire }];
      const seen = touched.some((change) => change.key === key && (visible(target, change.before) || visible(target, change.after)));
      return seen ? [{ key, wire: null }] : [];
    });
    await this.#between();
    return { position, rows };
  }

  async audienceSince(target: Target): Promise<number> {
    return this.#audiencesSince.get(target.audience.key) ?? 0;
  }

  async standing(organizationId: string, view: string): Promise<{ position: number; rows: StoredRow[] }> {
    const position = this.#position;
    const rows = [...this.rows.values()].filter(
      (row) => row.organizationId === organizationId && row.view === view && !closed.has(row.status ?? ''),
    );
    await this.#between();
    return { position, rows };
  }

  async openColumns(): Promise<readonly string[]> {
    return ['new', 'contacted'];
  }

  async scopeOf(organizationId: string, view: string, key: string): Promise<Scope | null> {
    return this.rows.get(`${organizationId} ${view} ${key}`)?.scope ?? null;
  }

  head(): Promise<number> {
    return Promise.resolve(this.#announced);
  }

  #in(target: Target, row: ScriptedRow): boolean {
    if (row.organizationId !== target.organizationId || row.view !== target.view) return false;
    if (target.key !== null && target.key !== row.key) return false;
    return row.scope !== null && sees(target.audience, row.scope, target.me);
  }

  async #between(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    const during = this.duringRead;
    this.duringRead = null;
    during?.();
  }

  #announce(batch: ChangeBatch): void {
    if (this.#held) {
      this.#held.push(batch);
      return;
    }
    this.#announced = batch.to;
    for (const listener of this.#listeners) listener(batch);
  }
}

/** A hub over a scripted floor, listening on a free port of loopback. */
export async function startScripted(
  floor: ScriptedFloor,
  changes: Partial<HubParts> = {},
): Promise<{ hub: LiveHub; url: string; close: () => Promise<void> }> {
  const noCommands: RunCommand = async () => {
    throw refuse('invalid', 'A scripted floor takes no commands.');
  };
  const hub = new LiveHub({
    feed: floor,
    source: floor,
    directory: floor,
    runCommand: noCommands,
    limits: createLimits(),
    allows: async () => true,
    head: () => floor.head(),
    now: () => Date.now(),
    log: createLog('silent'),
    ...changes,
  });
  const server: HttpServer = createServer((_request, response) => response.writeHead(404).end());
  hub.attach(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    hub,
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      await hub.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

/** Mulberry32: a small generator whose runs repeat by seed. */
export function randomBy(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
