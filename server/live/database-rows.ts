import type { PoolClient } from 'pg';
import { type LiveTables, liveTables, tableOf } from '../../projections/generations.ts';
import type { Projector } from '../../projections/projector.ts';
import type { Connections } from '../store/connections.ts';
import type { Scope } from './feed.ts';
import type { Missed, RowSource, Snapshot, StoredRow } from './source.ts';
import { scopesOf, type Target, type ViewName } from './target.ts';

export interface DatabaseRowsParts {
  connections: Pick<Connections, 'asOrganization'>;
  projector: Pick<Projector, 'feed' | 'tables'>;
  /** Keys of the stages that keep a lead open, in order. */
  openStages: (organizationId: string) => Promise<readonly string[]>;
}

/** A resume that would carry more rows than this is a snapshot in all but name. */
const mostMissed = 5_000;
/** A person's notifications go back this far. */
const mostAlerts = 500;
/** Metrics by day that screens draw; older days are asked for by reports. */
const recentMetrics = `(bucket is null or bucket >= case when bucket like '%T%'
    then to_char(now() at time zone 'UTC' - interval '2 days', 'YYYY-MM-DD') else to_char(now() at time zone 'UTC' - interval '62 days', 'YYYY-MM-DD') end)`;

/** Leads on the board: open ones, and those closed in the last day. */
const onBoard = "(closed_at is null or closed_at > now() - interval '24 hours')";

interface KeyedWire {
  key: string;
  wire: string;
}

/** Rows from the read models, each answer read in one REPEATABLE READ transaction together with the checkpoint it belongs to. */
export class DatabaseRows implements RowSource {
  readonly #parts: DatabaseRowsParts;
  /** Since when people see what they see; dropped when anything about the people of the organization changes. */
  readonly #audiences = new Map<string, Map<string, Promise<number>>>();
  readonly #stop: () => void;

  constructor(parts: DatabaseRowsParts) {
    this.#parts = parts;
    this.#stop = parts.projector.feed.subscribe((batch) => {
      if (batch.lost) this.#audiences.clear();
      for (const change of batch.changes) {
        if (change.view === 'members' || change.view === 'teams' || change.view === 'organizations')
          this.#audiences.delete(change.organizationId);
      }
    });
  }

  close(): void {
    this.#stop();
  }

  snapshot(target: Target, limit: number): Promise<Snapshot> {
    return this.#read(target.organizationId, async (client, tables) => {
      const table = tableOf(tables, target.view);
      if (target.view === 'board') return { position: tables.position, ...(await boardRows(client, table, target, limit)) };
      const order = target.view === 'alerts' ? `order by created_at desc limit ${mostAlerts}` : 'limit 20000';
      const found = await client.query<KeyedWire>(
        `select key, wire from ${table} where organization_id = $1 and ($2::text[] is null or scope = any($2)) and ($3::text is null or key = $3) ${order}`,
        [target.organizationId, scopesOf(target), target.key],
      );
      return { position: tables.position, rows: found.rows, more: null };
    });
  }

  missed(target: Target, since: number): Promise<Missed | null> {
    return this.#read(target.organizationId, async (client, tables) => {
      if (since < tables.changedFrom || since > tables.position) return null;
      const found = await client.query<{ key: string; wire: string | null }>(
        `with touched as (
           select key, bool_or(coalesce($4::text[] is null or audience_before = any($4) or audience_after = any($4), false)) as seen
             from changed
            where organization_id = $1 and version = $2 and view = $3 and position > $5 and position <= $6 and ($7::text is null or key = $7)
            group by key)
         select c.key, t.wire from touched c
           left join ${tableOf(tables, target.view)} t on t.organization_id = $1 and t.key = c.key and ($4::text[] is null or t.scope = any($4))
          where c.seen or t.wire is not null
          limit ${mostMissed + 1}`,
        [target.organizationId, tables.version, target.view, scopesOf(target), since, tables.position, target.key],
      );
      return found.rows.length > mostMissed ? null : { position: tables.position, rows: found.rows };
    });
  }

  audienceSince(target: Target): Promise<number> {
    const { organizationId, me } = target;
    let known = this.#audiences.get(organizationId);
    if (known === undefined) {
      known = new Map();
      this.#audiences.set(organizationId, known);
    }
    const person = me ?? '';
    let since = known.get(person);
    if (since === undefined) {
      since = this.#readAudienceSince(organizationId, person);
      known.set(person, since);
      const place = known;
      since.catch(() => place.delete(person));
    }
    return since;
  }

  standing(organizationId: string, view: ViewName, limit: number): Promise<{ position: number; rows: StoredRow[] } | null> {
    return this.#read(organizationId, async (client, tables) => {
      const which = view === 'board' ? 'open' : view === 'metrics' ? recentMetrics : 'true';
      const found = await client.query<Omit<StoredRow, 'position'> & { position: string }>(
        `select key, ${view === 'metrics' ? 'wire' : "'' as wire"}, position::text, version, status, scope
           from ${tableOf(tables, view)} where organization_id = $1 and ${which} limit ${limit + 1}`,
        [organizationId],
      );
      if (found.rows.length > limit) return null;
      return { position: tables.position, rows: found.rows.map((row) => ({ ...row, position: Number(row.position) })) };
    });
  }

  openColumns(organizationId: string): Promise<readonly string[]> {
    return this.#parts.openStages(organizationId);
  }

  async scopeOf(organizationId: string, view: 'lead' | 'operation', key: string): Promise<Scope | null> {
    const table = tableOf(this.#parts.projector.tables(), view);
    const found = await this.#parts.connections.asOrganization(organizationId, (client) =>
      client.query<{ scope: Scope | null }>(`select scope from ${table} where organization_id = $1 and key = $2`, [organizationId, key]),
    );
    return found.rows[0]?.scope ?? null;
  }

  /** Rows of people, teams and settings remember the position that changed them last. */
  #readAudienceSince(organizationId: string, person: string): Promise<number> {
    return this.#read(organizationId, async (client, tables) => {
      const found = await client.query<{ since: string }>(
        `select greatest(
           (select position from ${tableOf(tables, 'members')} where organization_id = $1 and key = $2),
           (select max(position) from ${tableOf(tables, 'teams')} where organization_id = $1),
           (select position from ${tableOf(tables, 'organizations')} where organization_id = $1 and key = $1::text), 0)::text as since`,
        [organizationId, person],
      );
      return Number(found.rows[0]?.since ?? 0);
    });
  }

  #read<T>(organizationId: string, work: (client: PoolClient, tables: LiveTables) => Promise<T>): Promise<T> {
    const { version } = this.#parts.projector.tables();
    return this.#parts.connections.asOrganization(organizationId, async (client) => work(client, await liveTables(client, version)), {
      isolation: 'repeatable read',
      readOnly: true,
    });
  }
}

/** The board's rows: all of them, or beyond the limit the newest of each column and how many were left out. */
async function boardRows(client: PoolClient, table: string, target: Target, limit: number): Promise<Pick<Snapshot, 'rows' | 'more'>> {
  const scopes = scopesOf(target);
  const which = `organization_id = $1 and ($2::text[] is null or scope = any($2)) and ${onBoard}`;
  const found = await client.query<KeyedWire>(`select key, wire from ${table} where ${which} limit $3`, [
    target.organizationId,
    scopes,
    limit + 1,
  ]);
  if (found.rows.length <= limit) return { rows: found.rows, more: null };
  const counted = await client.query<{ status: string; count: string }>(
    `select status, count(*)::text as count from ${table} where ${which} group by status`,
    [target.organizationId, scopes],
  );
  const counts = new Map(counted.rows.map((row) => [row.status, Number(row.count)]));
  const shares = fairShares(counts, limit);
  const newest = await client.query<KeyedWire>(
    `select r.key, r.wire from unnest($3::text[], $4::integer[]) as share (column_key, places)
      cross join lateral (select key, wire from ${table} where status = share.column_key and ${which}
                           order by status_changed_at desc, key limit share.places) r`,
    [target.organizationId, scopes, [...shares.keys()], [...shares.values()]],
  );
  const more: Record<string, number> = {};
  for (const [status, count] of counts) {
    const left = count - (shares.get(status) ?? 0);
    if (left > 0) more[status] = left;
  }
  return { rows: newest.rows, more };
}

/** How many rows each column may show so that all together are `limit`: small columns whole, the rest in equal parts. */
export function fairShares(counts: ReadonlyMap<string, number>, limit: number): Map<string, number> {
  const shares = new Map<string, number>();
  let left = limit;
  const ordered = [...counts].sort((a, b) => a[1] - b[1]);
  ordered.forEach(([column, count], index) => {
    const share = Math.min(count, Math.floor(left / (ordered.length - index)));
    shares.set(column, share);
    left -= share;
  });
  return shares;
}
