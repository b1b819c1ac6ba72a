import type { ClientBase } from 'pg';
import { readModels } from './catalogue.ts';
import { ddlOf, fingerprintOf } from './ddl.ts';
import type { Projection } from './projection.ts';

/**
 * Which schema holds the live table of each read model, for this code's own version. A rebuild makes new tables in a
 * new schema and flips one row here; everyone who reads learns of it from the checkpoint's `stamp`.
 */
export interface LiveTables {
  version: number;
  /** Grows with every swap. */
  stamp: number;
  /** Checkpoint read together with the tables. */
  position: number;
  epoch: number;
  /** Changes of positions up to this one are no longer (or never were) in `changed`. */
  changedFrom: number;
  schemas: ReadonlyMap<string, string>;
}

/** The version number that this database gave to exactly these definitions. */
export async function versionOf(client: ClientBase, projections: readonly Projection[] = readModels): Promise<number> {
  const found = await client.query<{ version: number }>('select version from read_versions where fingerprint = $1', [
    fingerprintOf(projections),
  ]);
  const version = found.rows[0]?.version;
  if (version === undefined) throw new Error('The read models of this version are not prepared: run `npm run migrate -- up`.');
  return version;
}

/** Reads live schemas and checkpoint as one snapshot; inside a REPEATABLE READ transaction they belong to its rows. */
export async function liveTables(client: ClientBase, version: number): Promise<LiveTables> {
  const found = await client.query<{
    position: string;
    epoch: string;
    stamp: string;
    changed_from: string;
    schemas: Record<string, string> | null;
  }>(
    `select c.position::text, c.epoch::text, c.stamp::text, c.changed_from::text,
            (select json_object_agg(g.projection, g.schema) from generations g where g.version = c.version and g.status = 'live') as schemas
       from checkpoints c where c.version = $1`,
    [version],
  );
  const row = found.rows[0];
  if (!row) throw new Error(`No checkpoint for read-model version ${version}: run \`npm run migrate -- up\`.`);
  return {
    version,
    stamp: Number(row.stamp),
    position: Number(row.position),
    epoch: Number(row.epoch),
    changedFrom: Number(row.changed_from),
    schemas: new Map(Object.entries(row.schemas ?? {})),
  };
}

/** The live table, ready for SQL: `"read_v1_g1".board`. */
export function tableOf(tables: LiveTables, projection: string): string {
  const schema = tables.schemas.get(projection);
  if (schema === undefined) throw new Error(`Read model ${projection} has no live generation.`);
  return `"${schema}".${projection}`;
}

/**
 * Run by the migration as owner: stores this code's DDL and makes its first generation. Doing it again changes nothing.
 * The tables are empty and live at once; the projector fills them from the log, and `/readyz` waits for that.
 */
export async function prepareReadModels(client: ClientBase, projections: readonly Projection[] = readModels): Promise<void> {
  const ddl = Object.fromEntries(projections.map((projection) => [projection.name, ddlOf(projection)]));
  await client.query('begin');
  try {
    await client.query('select pg_advisory_xact_lock(4243)');
    const made = await client.query<{ version: number }>(
      `insert into read_versions (version, fingerprint, ddl)
       select coalesce(max(version), 0) + 1, $1, $2 from read_versions on conflict (fingerprint) do nothing returning version`,
      [fingerprintOf(projections), JSON.stringify(ddl)],
    );
    const version = made.rows[0]?.version;
    if (version !== undefined) {
      const names = projections.map((projection) => projection.name);
      await client.query('insert into checkpoints (version) values ($1)', [version]);
      const schema = (await client.query<{ schema: string }>('select new_read_generation($1, $2) as schema', [version, names])).rows[0]
        ?.schema;
      for (const name of names) await client.query('select finish_read_generation($1, $2, $3)', [version, name, schema]);
      await client.query("update generations set status = 'live' where version = $1 and schema = $2", [version, schema]);
    }
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}
