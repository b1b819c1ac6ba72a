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
    (projection) => `select c.*, case when c.after is null then null else t.wire end as wire
       from latest c left join ${tableOf(tables, projection.name)} t on t.organization_id = c.organization_id and t.key = c.key
      where c.view = '${projection.view}'`,
  );
  const found = await client.query<ChangedRow>(
    `with latest as materialized (
       select distinct on (view, organization_id, key) organization_id, view, key, position, row_version, status,
              first_value(audience_before) over (partition by view, organization_id, key order by position) as before,
              audience_after as after, by, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, sent
         from changed where version = $1 and position > $2 and position <= $3
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
