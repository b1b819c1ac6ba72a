import type { ClientBase } from 'pg';
import type { Change, ChangeBatch } from '../server/live/feed.ts';
import { type LiveTables, liveTables, tableOf } from './generations.ts';
import type { Projection } from './projection.ts';

interface ChangedRow {
  organization_id: string;
  view: string;
  key: string;
  position: string;
  row_version: number;
  status: string | null;
  before: string | null;
  after: string | null;
  by: string;
  at: string;
  sent: string | number | null;
  wire: string | null;
}

/** What a process that does not lead learns in one look: the tables, and all changes since its last look. */
export interface Look {
  tables: LiveTables;
  batch: ChangeBatch | null;
}

/**
 * Reads checkpoint, changes and rows as one snapshot, so the batch says exactly how the rows stand at `to`, however many
 * batches of the leader it spans: the scope before the first of them, the scope and row after the last.
 */
export async function lookAround(client: ClientBase, version: number, projections: readonly Projection[], from: number): Promise<Look> {
  await client.query('begin isolation level repeatable read read only');
  try {
    const tables = await liveTables(client, version);
    if (tables.position <= from) return { tables, batch: null };
    if (tables.changedFrom > from) return { tables, batch: { from, to: tables.position, changes: [], lost: true } };
    const changes = await changesBetween(client, projections, tables, from);
    return { tables, batch: { from, to: tables.position, changes } };
  } finally {
    await client.query('commit');
  }
}

async function changesBetween(client: ClientBase, projections: readonly Projection[], tables: LiveTables, from: number): Promise<Change[]> {
  const views = projections.filter((projection) => projection.view !== null);
  const selects = views.map(
    (
      projection,
    ) => `select c.view, c.organization_id, c.key, c.position, c.row_version, c.status, c.before, t.after, c.by, c.at, c.sent, t.wire
       from latest c left join lateral (
         select c.after, t.wire from ${tableOf(tables, projection.name)} t
          where t.organization_id = c.organization_id and t.key = c.key and c.after is not null) t on true
      where c.view = '${projection.view}' and (c.before is not null or t.after is not null)`,
  );
  const found = await client.query<ChangedRow>(
    `with lines as materialized (select * from changed where version = $1 and position > $2 and position <= $3),
     noted as (
       select organization_id, view, key, position, row_version, status, audience_before as before, audience_after as after, by, at, sent
         from lines where keys is null
       union all
       select organization_id, view, substr(k, 2), position, row_version, status,
              case when k like '=%' then split_part(substr(k, 2), '|', 1) end, split_part(substr(k, 2), '|', 1), by, at, sent
         from lines cross join lateral unnest(keys) k where keys is not null),
     latest as materialized (
       select distinct on (view, organization_id, key) organization_id, view, key, position, row_version, status,
              first_value(before) over (partition by view, organization_id, key order by position) as before,
              after, by, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, sent
         from noted
        order by view, organization_id, key, position desc)
     ${selects.join(' union all ')} order by position, view, key`,
    [tables.version, from, tables.position],
  );
  return found.rows.map((row) => ({
    organizationId: row.organization_id,
    view: row.view,
    key: row.key,
    position: Number(row.position),
    before: row.before,
    after: row.after,
    wire: row.wire,
    version: row.row_version,
    status: row.status,
    by: row.by,
    at: row.at,
    ...(row.sent === null ? {} : { sent: row.sent }),
  }));
}
