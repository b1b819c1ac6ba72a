// test-timeout: 60 s
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { childEnvironment, readEnvironment } from '../environment.ts';
import { createLog } from '../log.ts';
import { Refusal } from '../refusal.ts';
import { bornOf, ownerOf } from './data-dir.ts';
import { type Database, openDatabase } from './database.ts';

const embedded = suite('the embedded database');
const log = createLog('silent');
let place: string;
let made: string;
/** A data directory as a first start leaves it: each test begins with a copy, because making one takes longest. */
let fresh: string;

embedded.before(async () => {
  fresh = await mkdtemp(join(tmpdir(), 'leadfloor-fresh-'));
  place = fresh;
  await (await open()).close();
});
embedded.after(async () => {
  await rm(fresh, { recursive: true, force: true });
});
embedded.before.each(async () => {
  // Made by mkdtemp: mode 0700, and owned by root where the tests run as root.
  made = await mkdtemp(join(tmpdir(), 'leadfloor-embedded-'));
  place = join(made, 'data');
  const copied = spawnSync('cp', ['-a', fresh, place]);
  assert.is(copied.status, 0, copied.stderr.toString());
});
embedded.after.each(async () => {
  await rm(made, { recursive: true, force: true });
});

const environmentOf = (dataDir: string, masterKey?: string) =>
  readEnvironment(childEnvironment({ DATA_DIR: dataDir, DATABASE_URL: undefined, DATABASE_OWNER_URL: undefined, MASTER_KEY: masterKey }));

async function open(role: 'server' | 'tool' = 'server', masterKey?: string): Promise<Database> {
  return openDatabase(environmentOf(place, masterKey), { role, log });
}

/** One statement as owner on a connection of its own. */
async function ask(database: Database, statement: string): Promise<pg.QueryResultRow[]> {
  const client = new pg.Client({ connectionString: database.urls.owner ?? '' });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

async function holder(): Promise<{ child: ChildProcess; postmaster: number }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', '..', 'scripts', 'fixtures', 'hold-database.ts')], {
    env: childEnvironment({ DATA_DIR: place, DATABASE_URL: undefined, MASTER_KEY: undefined }),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const postmaster = await new Promise<number>((resolve, reject) => {
    child.stdout?.once('data', (chunk: Buffer) => resolve(Number(chunk.toString().split(' ')[1])));
    child.once('exit', () => reject(new Error('the holder ended before it held')));
  });
  return { child, postmaster };
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await new Promise((resolve) => child.once('exit', resolve));
}

embedded('keeps what was committed over a clean end, and is gone after it', async () => {
  const first = await open();
  const pid = first.embedded?.pid() ?? 0;
  await ask(first, 'create table kept (n int); insert into kept values (42)');
  await first.close();
  assert.is(bornOf(pid), '', 'PostgreSQL has ended');
  assert.is(await ownerOf(place), null);
  const second = await open();
  assert.equal(await ask(second, 'select n from kept'), [{ n: 42 }]);
  await second.close();
});

embedded('is durable and keeps personal data out of its log', async () => {
  const database = await open();
  const settings = await ask(
    database,
    `select name, setting from pg_settings
     where name in ('fsync', 'synchronous_commit', 'full_page_writes', 'listen_addresses', 'log_statement', 'log_min_error_statement', 'data_checksums') order by name`,
  );
  await database.close();
  assert.equal(Object.fromEntries(settings.map(({ name, setting }) => [name, setting])), {
    data_checksums: 'on',
    fsync: 'on',
    full_page_writes: 'on',
    listen_addresses: '',
    log_min_error_statement: 'panic',
    log_statement: 'none',
    synchronous_commit: 'on',
  });
});

embedded('comes back when PostgreSQL is killed', async () => {
  const back = Promise.withResolvers<void>();
  const database = await openDatabase(environmentOf(place), { role: 'server', log, onRestart: () => back.resolve() });
  await ask(database, 'create table kept (n int); insert into kept values (7)');
  const killed = database.embedded?.pid() ?? 0;
  process.kill(killed, 'SIGKILL');
  await back.promise;
  assert.is.not(database.embedded?.pid(), killed);
  assert.equal(await ask(database, 'select n from kept'), [{ n: 7 }]);
  await database.close();
});

embedded('recovers what a killed owner left running', async () => {
  const { child, postmaster } = await holder();
  child.kill('SIGKILL');
  await endOf(child);
  assert.is.not(bornOf(postmaster), '', 'the orphan still runs');
  const database = await open();
  assert.is(bornOf(postmaster), '', 'the orphan was ended');
  assert.equal(await ask(database, 'select 1 as one'), [{ one: 1 }]);
  await database.close();
});

embedded('recovers when owner and PostgreSQL were killed together', async () => {
  const { child, postmaster } = await holder();
  process.kill(postmaster, 'SIGKILL');
  child.kill('SIGKILL');
  await endOf(child);
  const database = await open();
  assert.equal(await ask(database, 'select 1 as one'), [{ one: 1 }]);
  await database.close();
});

embedded('starts although another process has the number in a stale pid file', async () => {
  const pidFile = join(place, 'postgres', 'postmaster.pid');
  await writeFile(pidFile, `${process.ppid}\n${join(place, 'postgres')}\n1700000000\n5432\n\n\n\n`);
  const started = await open();
  await started.close();
});

embedded('waits for an owner that is ending', async () => {
  const { child } = await holder();
  child.kill('SIGTERM');
  const database = await open();
  assert.is.not(child.exitCode, null, 'the earlier owner has ended');
  await database.close();
});

embedded('lets a tool connect beside its owner, and start it alone', async () => {
  const { child } = await holder();
  const beside = await open('tool');
  assert.is(beside.embedded, null);
  assert.equal(await ask(beside, 'select 1 as one'), [{ one: 1 }]);
  await beside.close();
  child.kill('SIGTERM');
  await endOf(child);
  const alone = await open('tool');
  assert.is.not(alone.embedded, null);
  await alone.close();
});

embedded('gives one owner at a time, of many that come at once', async () => {
  let inside = 0;
  let most = 0;
  await Promise.all(
    [1, 2, 3].map(async () => {
      const database = await open();
      most = Math.max(most, ++inside);
      await sleep(0);
      inside--;
      await database.close();
    }),
  );
  assert.is(most, 1);
});

embedded('works behind a path longer than a socket may have', async () => {
  place = join(made, 'a'.repeat(60), 'b'.repeat(60));
  await mkdir(place, { recursive: true, mode: 0o700 });
  const database = await open();
  assert.equal(await ask(database, 'select 1 as one'), [{ one: 1 }]);
  await database.close();
});

async function refusalOf(work: Promise<Database>): Promise<string> {
  try {
    await (await work).close();
  } catch (error) {
    assert.instance(error, Refusal);
    const { message } = error as Refusal;
    assert.not.match(message, /\n/);
    return message;
  }
  throw new Error('it was opened');
}

embedded('keeps the master key for its owner only', async () => {
  assert.is((await stat(join(place, 'master.key'))).mode & 0o777, 0o600);
});

embedded('says in one line that the master key is another', async () => {
  const path = join(place, 'master.key');
  const kept = await readFile(path, 'utf8');
  assert.match(await refusalOf(open('server', 'ab'.repeat(32))), /MASTER_KEY is not the key/);
  await writeFile(path, 'cd'.repeat(32));
  assert.match(await refusalOf(open()), /master key is not the one/);
  await rm(path);
  assert.match(await refusalOf(open()), /master\.key is missing/);
  await writeFile(path, kept);
  await (await open()).close();
});

embedded('says in one line that the cluster is broken', async () => {
  await rm(join(place, 'postgres', 'global', 'pg_control'));
  assert.match(await refusalOf(open()), /did not start: .*(pg_control|control file|database system)/);
});

embedded('says in one line that the directory is none', async () => {
  const file = join(place, 'file');
  await writeFile(file, '');
  await chmod(file, 0o644);
  place = file;
  assert.match(await refusalOf(open()), /DATA_DIR .* cannot be used|is not a directory/);
  place = join(file, 'below');
  assert.match(await refusalOf(open()), /DATA_DIR .* cannot be used/);
});

embedded.run();
