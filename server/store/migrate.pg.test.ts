// test-timeout: 60 s
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readEnvironment } from '../environment.ts';
import { createLog } from '../log.ts';
import { Refusal } from '../refusal.ts';
import { openConnections } from './connections.ts';
import { migrateDown, migrateUp, migrationStatus, requireKey } from './migrate.ts';
import { dumpSchema } from './schema-dump.ts';
import { type TestDatabase, testDatabase } from './testing.ts';

const golden = join(import.meta.dirname, '..', '..', 'migrations', 'schema.sql');
const migrating = suite('migrations');
let db: TestDatabase;

migrating.before(async () => {
  db = await testDatabase();
});
migrating.after(async () => {
  await db.close();
});

migrating('make the schema that migrations/schema.sql shows (SCHEMA_GOLDEN=write renews it)', async () => {
  const dumped = await dumpSchema(db.admin);
  if (readEnvironment().writeGoldens) await writeFile(golden, dumped);
  assert.is(dumped, await readFile(golden, 'utf8'));
});

migrating('give every serving role the least', async () => {
  const roles = await db.admin.query<{ rolname: string }>(
    `select rolname from pg_roles where rolname in ('app', 'appender', 'projector', 'auth', 'owner') and (rolsuper or rolbypassrls or rolcreatedb)`,
  );
  assert.equal(roles.rows, []);
  const owned = await db.admin.query(
    `select c.relname from pg_class c join pg_roles r on r.oid = c.relowner where r.rolname in ('app', 'appender', 'projector', 'auth')`,
  );
  assert.equal(owned.rows, []);
});

migrating('put a forced wall around every table that holds an organization', async () => {
  const open = await db.admin.query<{ name: string }>(
    `select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     join pg_attribute a on a.attrelid = c.oid and a.attname = 'organization_id' and not a.attisdropped
     where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and not (c.relrowsecurity and c.relforcerowsecurity)`,
  );
  assert.equal(open.rows, []);
});

migrating('go down to nothing and up to the same again', async () => {
  const fresh = await testDatabase();
  try {
    const before = await dumpSchema(fresh.admin);
    const down = await migrateDown(fresh.urls.owner ?? '', '0');
    assert.is(down.length, (await migrationStatus(fresh.urls.owner ?? '')).length);
    const left = await fresh.admin.query(
      `select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and c.relkind in ('r', 'v', 'p') and c.relname !~ '^(pg_stat_|migrations)'`,
    );
    assert.equal(left.rows, []);
    await migrateUp(fresh.urls, fresh.masterKey);
    assert.is(await dumpSchema(fresh.admin), before);
    assert.equal(await migrateUp(fresh.urls, fresh.masterKey), [], 'nothing is left to do');
  } finally {
    await fresh.close();
  }
});

migrating('refuse another master key', async () => {
  await requireKey(db.connections.app, db.masterKey);
  try {
    await requireKey(db.connections.app, randomBytes(32));
    assert.unreachable('another key was accepted');
  } catch (error) {
    assert.instance(error, Refusal);
    assert.match((error as Refusal).message, /MASTER_KEY is not the one/);
  }
});

migrating('refuse to serve when the serving role owns a table', async () => {
  await db.admin.query('create table stray (id int); alter table stray owner to app');
  try {
    await openConnections(db.urls, createLog('silent'));
    assert.unreachable('connections were opened');
  } catch (error) {
    assert.instance(error, Refusal);
    assert.match((error as Refusal).message, /owns the table stray/);
  } finally {
    await db.admin.query('drop table stray');
  }
});

migrating('refuse to serve as a role that passes row-level security by', async () => {
  const url = new URL(db.urls.app);
  const admin = new pg.Client({ connectionString: readEnvironment().testDatabaseUrl });
  url.username = 'postgres';
  url.password = admin.password ?? '';
  try {
    await openConnections({ ...db.urls, app: url.toString() }, createLog('silent'));
    assert.unreachable('connections were opened');
  } catch (error) {
    assert.match((error as Error).message, /bypasses row-level security|owns the table/);
  }
});

migrating.run();
