import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

import { readEnvironment } from '../environment.ts';
import { createLog, type Log } from '../log.ts';
import { asRole, type Connections, type DatabaseUrls, databaseUrls, openConnections } from './connections.ts';
import { socketUrl, startEmbedded, superuser } from './embedded.ts';
import { type MasterKey, rolePassword } from './master-key.ts';
import { migrateUp } from './migrate.ts';

/** The master key of every test cluster. */
export const testMasterKey: MasterKey = createHash('sha256').update('leadfloor tests').digest();

export interface TestCluster {
  /** Address of the cluster as its superuser. */
  url: string;
  close(): Promise<void>;
}

/** Starts a throw-away PostgreSQL in a temporary directory, not durable unless asked for. */
export async function startTestCluster(log: Log = createLog('error'), durable = false): Promise<TestCluster> {
  const dataDir = await mkdtemp(join(tmpdir(), 'leadfloor-test-'));
  const embedded = await startEmbedded({ dataDir, masterKey: testMasterKey, log, durable, endsWithOwner: true });
  return {
    url: socketUrl(embedded.socketDir, superuser, rolePassword(testMasterKey, superuser), 'postgres'),
    async close() {
      await embedded.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export interface TestDatabase {
  name: string;
  urls: DatabaseUrls;
  masterKey: MasterKey;
  connections: Connections;
  /** Superuser in this database: for looking, and for breaking things on purpose. */
  admin: pg.Pool;
  close(): Promise<void>;
}

/**
 * A fresh, migrated database, cloned from a template. Runs on the runner's cluster; a file run by itself starts its own.
 * Close it in `after`. `durable`: on a PostgreSQL of its own that flushes as the real one does, for measuring.
 */
export async function testDatabase(options: { log?: Log; durable?: boolean } = {}): Promise<TestDatabase> {
  const log = options.log ?? createLog('error');
  const given = options.durable ? undefined : readEnvironment().testDatabaseUrl;
  const cluster = given === undefined ? await startTestCluster(log, options.durable) : null;
  const url = given ?? cluster?.url ?? '';
  const template = await makeTemplate(url);
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await onServer(url, (client) => client.query(`create database ${name} template ${template} owner owner`));
  const urls = urlsOf(url, name);
  const connections = await openConnections(urls, log);
  const admin = new pg.Pool({ connectionString: inDatabase(url, name), max: 2 });
  admin.on('error', (error) => log.debug({ err: error }, 'an administrator connection was lost'));
  return {
    name,
    urls,
    masterKey: testMasterKey,
    connections,
    admin,
    async close() {
      await connections.close();
      await admin.end();
      await onServer(url, (client) => client.query(`drop database ${name} with (force)`));
      await cluster?.close();
    },
  };
}

function inDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.toString();
}

function urlsOf(url: string, name: string): DatabaseUrls {
  return databaseUrls(asRole(inDatabase(url, name), 'owner', rolePassword(testMasterKey, 'owner')), testMasterKey);
}

async function onServer<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Migrates a template once per state of the migrations and read models; files that come at the same time wait for the first. */
async function makeTemplate(url: string): Promise<string> {
  const name = `template_${(await shapeOfSchema()).slice(0, 16)}`;
  await onServer(url, async (client) => {
    await client.query('select pg_advisory_lock(7305432)');
    const found = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (found.rowCount !== 0) return;
    const making = `${name}_making`;
    await client.query(`drop database if exists ${making} with (force)`);
    await client.query(`create database ${making} owner owner`);
    await migrateUp(urlsOf(url, making), testMasterKey);
    await client.query(`alter database ${making} rename to ${name}`);
  });
  return name;
}

/** Digest of every file that decides how a fresh database looks. */
async function shapeOfSchema(): Promise<string> {
  const root = join(import.meta.dirname, '..', '..');
  const digest = createHash('sha256');
  for (const folder of ['migrations', 'projections']) {
    const files = (await readdir(join(root, folder), { recursive: true })).filter(
      (file) => file.endsWith('.ts') && !file.includes('.test.'),
    );
    for (const file of files.sort()) digest.update(file).update(await readFile(join(root, folder, file)));
  }
  return digest.digest('hex');
}
