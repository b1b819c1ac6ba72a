import type { ClientBase, Pool } from 'pg';
import { readModels } from '../catalogue.ts';
import { type LiveTables, liveTables, tableOf, versionOf } from '../generations.ts';
import type { Projection } from '../projection.ts';

/** A digest of all rows of each live table, whatever their order: equal digests, equal tables. */
export async function rowHashes(pool: Pool, projections: readonly Projection[] = readModels): Promise<Record<string, string>> {
  const client = await pool.connect();
  try {
    return await hashesOf(client, await liveTables(client, await versionOf(client, projections)));
  } finally {
    client.release();
  }
}

async function hashesOf(client: ClientBase, tables: LiveTables): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const { name } of readModels) {
    const found = await client.query<{ digest: string }>(
      `select count(*) || ' rows ' || coalesce(md5(string_agg(line, E'\\n' order by line)), '') as digest from (select md5(t::text) as line from ${tableOf(tables, name)} t) lines`,
    );
    hashes[name] = found.rows[0]?.digest ?? '';
  }
  return hashes;
}
