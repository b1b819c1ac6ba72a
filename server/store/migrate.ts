import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Migration, Migrator } from '@mikro-orm/migrations';
import type { MikroORM } from '@mikro-orm/postgresql';
import pg from 'pg';
import { prepareReadModels } from '../../projections/generations.ts';
import { Refusal } from '../refusal.ts';
import { type DatabaseUrls, openOrm, servingRoles, unreachable } from './connections.ts';
import { derive, type MasterKey } from './master-key.ts';

const directory = join(import.meta.dirname, '..', '..', 'migrations');
/** Only one process migrates a database at a time; the others wait. */
const migrationLock = 7_305_431;

type MigrationClass = new (...parameters: ConstructorParameters<typeof Migration>) => Migration;

export interface MigrationStatus {
  name: string;
  executedAt: string | null;
}

/** Every migration of the folder, in the order of its file names. */
async function migrations(): Promise<{ name: string; class: MigrationClass }[]> {
  const files = (await readdir(directory)).filter((file) => /^\d{8}_\d{4}_[a-z0-9_]+\.ts$/.test(file)).sort();
  return Promise.all(
    files.map(async (file) => {
      const exported = Object.values((await import(join(directory, file))) as Record<string, unknown>);
      const found = exported.filter((value): value is MigrationClass => typeof value === 'function' && 'up' in value.prototype);
      if (found.length !== 1 || !found[0]) throw new Error(`${file} must export exactly one migration`);
      return { name: file.slice(0, -3), class: found[0] };
    }),
  );
}

async function withMigrator<T>(ownerUrl: string, work: (migrator: Migrator, owner: pg.Client) => Promise<T>): Promise<T> {
  const owner = new pg.Client({ connectionString: ownerUrl, application_name: 'leadfloor migrate' });
  try {
    await owner.connect();
  } catch (error) {
    throw unreachable(error, 'owner');
  }
  let orm: MikroORM | null = null;
  try {
    await owner.query('select pg_advisory_lock($1)', [migrationLock]);
    orm = await openOrm(ownerUrl, 2);
    orm.config.set('migrations', {
      ...orm.config.get('migrations'),
      tableName: 'migrations',
      migrationsList: await migrations(),
      snapshot: false,
      silent: true,
      transactional: true,
      // All or nothing over the whole batch would hold the locks of every table at once; each migration is atomic by itself.
      allOrNothing: false,
      // It would set session_replication_role, which only superusers may.
      disableForeignKeys: false,
    });
    return await work(new Migrator(orm.em), owner);
  } finally {
    await orm?.close(true);
    await owner.end();
  }
}

/**
 * Brings a database to the present shape and answers the migrations run: roles, tables, passwords of the serving
 * roles, read models. Repeatable; processes that start together take turns.
 */
export async function migrateUp(urls: DatabaseUrls, master: MasterKey): Promise<string[]> {
  if (urls.owner === null) throw new Refusal('Migrating needs DATABASE_OWNER_URL, the address under the role that owns the tables.');
  return withMigrator(urls.owner, async (migrator, owner) => {
    const done = await migrator.up();
    // In this order: a wrong key must not set the passwords that follow from it.
    await checkKey(owner, master);
    await setPasswords(owner, urls);
    await prepareReadModels(owner);
    return done.map(({ name }) => name);
  });
}

/** Takes back the last migration, or every one after `to` ('0': all); answers their names. */
export async function migrateDown(ownerUrl: string, to?: string): Promise<string[]> {
  return withMigrator(ownerUrl, async (migrator) =>
    (await migrator.down(to === undefined ? undefined : { to: to === '0' ? 0 : to })).map(({ name }) => name),
  );
}

export async function migrationStatus(ownerUrl: string): Promise<MigrationStatus[]> {
  return withMigrator(ownerUrl, async (migrator) => {
    const executed = new Map((await migrator.getExecuted()).map((row) => [row.name, new Date(row.executed_at).toISOString()]));
    return (await migrations()).map(({ name }) => ({ name, executedAt: executed.get(name) ?? null }));
  });
}

/** Sets the passwords that the serving roles do not have yet; asking first keeps starts from writing to the catalogue each time. */
async function setPasswords(owner: pg.Client, urls: DatabaseUrls): Promise<void> {
  for (const role of servingRoles) {
    const { username, password } = new URL(urls[role]);
    if (username !== role || (await letsIn(urls[role]))) continue;
    await owner.query(`alter role ${role} password ${pg.escapeLiteral(decodeURIComponent(password))}`);
  }
}

async function letsIn(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === '28P01') return false;
    throw error;
  } finally {
    await client.end();
  }
}

/** Writes a fingerprint of the master key at the first migration, and refuses another key ever after. @throws Refusal */
async function checkKey(owner: pg.Client, master: MasterKey): Promise<void> {
  const salt = randomBytes(8).toString('hex');
  await owner.query('insert into installation (key_check) values ($1) on conflict do nothing', [fingerprint(master, salt)]);
  await requireKey(owner, master);
}

function fingerprint(master: MasterKey, salt: string): string {
  return `${salt}:${derive(master, `check/${salt}`).toString('hex').slice(0, 32)}`;
}

/** Refuses a master key other than the one this database was written with. Any role that may read `installation` can ask. @throws Refusal */
export async function requireKey(database: pg.Pool | pg.ClientBase, master: MasterKey): Promise<void> {
  const kept = await database.query<{ key_check: string }>('select key_check from installation').catch((error: unknown) => {
    if ((error as { code?: string }).code === '42P01') return { rows: [] };
    throw error;
  });
  const check = kept.rows[0]?.key_check;
  if (check === undefined) throw new Refusal('The database was never migrated: run npm run migrate -- up, or give DATABASE_OWNER_URL.');
  if (check !== fingerprint(master, check.split(':')[0] ?? '')) {
    throw new Refusal('MASTER_KEY is not the one this database was written with: its personal data could not be read.');
  }
}
