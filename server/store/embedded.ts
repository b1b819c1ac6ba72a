import { type ChildProcess, spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, realpath, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Log } from '../log.ts';
import { Refusal } from '../refusal.ts';
import { bornOf, ownerPatienceMs } from './data-dir.ts';
import { type Engine, findEngine } from './engine.ts';
import { type MasterKey, rolePassword } from './master-key.ts';
import { type Account, openWay, postgresAccount } from './postgres-user.ts';
import { endWithOwner, spawnPostgres } from './postmaster.ts';

export const databaseName = 'leadfloor';
/** The cluster's superuser: bootstraps database and owner, and reads statistics. Nothing that serves requests uses it. */
export const superuser = 'postgres';

export interface Embedded {
  /** Directory of the unix socket; there is no TCP port. */
  socketDir: string;
  /** Process id of the running postmaster; changes when it was restarted. */
  pid(): number;
  /** Fast shutdown: open transactions are rolled back, everything committed is on disk. Resolves once the process has ended. */
  close(): Promise<void>;
}

export interface EmbeddedOptions {
  dataDir: string;
  masterKey: MasterKey;
  log: Log;
  /** Told what takes a while: unpacking, recovering. */
  onProgress?: (step: string) => void;
  /** End PostgreSQL even when this process is killed: throw-away clusters would stay behind otherwise. */
  endsWithOwner?: boolean;
  /** False trades durability for speed: for throw-away test clusters only. */
  durable?: boolean;
  /** Called each time the database answers again after it had died. */
  onRestart?: () => void;
}

/** The address of a database behind a socket directory; the host member is what node-postgres takes the socket from. */
export function socketUrl(socketDir: string, user: string, password: string, database: string): string {
  return `postgres://${user}:${password}@localhost:5432/${database}?host=${encodeURIComponent(socketDir)}`;
}

/**
 * Starts the PostgreSQL of a data directory, which the caller owns (see `takeOwnership`), and keeps it running: should
 * it die, it is started again. Ends an orphan left by an owner that was killed first.
 * @throws Refusal with PostgreSQL's own reason when it does not start.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const { dataDir, masterKey, log } = options;
  const account = postgresAccount();
  if (account !== null) {
    const opened = await openWay(account, dataDir);
    if (opened.length > 0) log.info({ opened }, 'directories opened for PostgreSQL to pass through');
  }
  const engine = await findEngine(account, dataDir);
  const cluster = join(await realpath(dataDir), 'postgres');
  await endOrphan(cluster, log);
  const password = rolePassword(masterKey, superuser);
  await initialise(engine, account, cluster, password, options);
  const socketDir = await makeSocketDir(dataDir, account);
  const logFile = await openLogFile(dataDir);

  let child = await launch();
  let closing = false;
  let restarting: Promise<void> | null = null;
  watch();
  await bootstrap(socketDir, password, rolePassword(masterKey, 'owner'));

  /** Spawns PostgreSQL and waits until it answers; retries while remains of a killed one go away. */
  async function launch(): Promise<ChildProcess> {
    const deadline = Date.now() + ownerPatienceMs;
    for (;;) {
      const from = await sizeOf(logFile);
      const spawned = spawnPostgres(engine, account, cluster, socketDir, logFile, options.durable !== false);
      if (options.endsWithOwner) endWithOwner(spawned);
      if (await answers(spawned, socketDir, password, options.onProgress)) return spawned;
      const reason = await lastWords(logFile, from);
      const passing = /lock file|shared memory block|already in use/i.test(reason);
      if (!passing || Date.now() > deadline) throw new Refusal(`PostgreSQL in ${dataDir} did not start: ${reason}`);
      await sleep(200);
    }
  }

  function watch(): void {
    child.once('exit', (code, signal) => {
      if (closing) return;
      log.error({ code, signal }, 'PostgreSQL died, starting it again');
      restarting = restart();
    });
  }

  async function restart(): Promise<void> {
    for (let pause = 50; !closing; pause = Math.min(pause * 2, 5_000)) {
      try {
        await endOrphan(cluster, log);
        child = await launch();
        watch();
        log.warn({ pid: child.pid }, 'PostgreSQL is back');
        options.onRestart?.();
        return;
      } catch (error) {
        log.error({ err: error }, 'PostgreSQL did not come back, trying again');
        await sleep(pause);
      }
    }
  }

  return {
    socketDir,
    pid: () => child.pid ?? 0,
    async close() {
      closing = true;
      await restarting;
      await endChild(child);
      await rm(socketDir, { recursive: true, force: true });
    },
  };
}

/** Resolves true once the server takes connections, false when the process ended first. */
async function answers(child: ChildProcess, socketDir: string, password: string, onProgress?: (step: string) => void): Promise<boolean> {
  let ended = false;
  child.once('exit', () => {
    ended = true;
  });
  child.once('error', () => {
    ended = true;
  });
  const started = Date.now();
  let told = false;
  while (!ended) {
    const client = new pg.Client({ connectionString: socketUrl(socketDir, superuser, password, 'postgres') });
    client.on('error', () => {
      ended = child.exitCode !== null;
    });
    try {
      await client.connect();
      return true;
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === '28P01') {
        await endChild(child);
        throw new Refusal(
          'The master key is not the one this DATA_DIR was made with: put back its master.key, or set the MASTER_KEY it had.',
        );
      }
      if (!told && Date.now() - started > 3_000) {
        told = true;
        onProgress?.('PostgreSQL is recovering');
      }
      await sleep(15);
    } finally {
      await client.end();
    }
  }
  return false;
}

/** Makes the cluster, beside its place at first: a kill in the middle leaves nothing half made under the real name. */
async function initialise(engine: Engine, account: Account | null, cluster: string, password: string, options: EmbeddedOptions) {
  const partial = `${cluster}.new`;
  await rm(partial, { recursive: true, force: true });
  if (await exists(cluster)) return;
  options.onProgress?.('making the database');
  await mkdir(partial, { mode: 0o700 });
  if (account !== null) await chown(partial, account.uid, account.gid);
  const passwordDir = await mkdtemp(join(tmpdir(), 'leadfloor-init-'));
  const passwordFile = join(passwordDir, 'password');
  try {
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    if (account !== null) {
      await chown(passwordDir, account.uid, account.gid);
      await chown(passwordFile, account.uid, account.gid);
    }
    const made = await run(
      engine.initdb,
      [
        `--pgdata=${partial}`,
        `--username=${superuser}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--data-checksums',
        ...(options.durable === false ? ['--no-sync'] : []),
      ],
      account,
    );
    if (made.code !== 0) throw new Refusal(`PostgreSQL could not make its database in ${options.dataDir}: ${firstLine(made.output)}`);
  } finally {
    await rm(passwordDir, { recursive: true, force: true });
  }
  await rename(partial, cluster);
}

async function run(command: string, parameters: string[], account: Account | null): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, parameters, { ...account, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'], env: { LC_ALL: 'C', TZ: 'UTC' } });
    let output = '';
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.stdout.resume();
    child.once('error', (error) => resolve({ code: 1, output: error.message }));
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/** The socket's directory: inside the data directory where its path is short enough for a socket (107 bytes), else a private one for temporary files. */
async function makeSocketDir(dataDir: string, account: Account | null): Promise<string> {
  const inside = join(await realpath(dataDir), 'run');
  const socketDir = Buffer.byteLength(join(inside, '.s.PGSQL.5432.lock')) < 100 ? inside : await mkdtemp(join(tmpdir(), 'leadfloor-run-'));
  await mkdir(socketDir, { recursive: true });
  await chmod(socketDir, 0o700);
  if (account !== null) await chown(socketDir, account.uid, account.gid);
  return socketDir;
}

/** Database, its owner and the extensions only a superuser may make; all repeatable. */
async function bootstrap(socketDir: string, password: string, ownerPassword: string): Promise<void> {
  const admin = new pg.Client({ connectionString: socketUrl(socketDir, superuser, password, 'postgres') });
  await admin.connect();
  try {
    const role = await admin.query(`select 1 from pg_roles where rolname = 'owner'`);
    if (role.rowCount === 0) await admin.query(`create role owner login createrole password '${ownerPassword}'`);
    const database = await admin.query('select 1 from pg_database where datname = $1', [databaseName]);
    if (database.rowCount === 0) await admin.query(`create database ${databaseName} owner owner`);
  } finally {
    await admin.end();
  }
  const inside = new pg.Client({ connectionString: socketUrl(socketDir, superuser, password, databaseName) });
  await inside.connect();
  try {
    await inside.query('create extension if not exists pg_stat_statements');
  } finally {
    await inside.end();
  }
}

/** Ends a postmaster whose owner was killed, and waits for stray backends of one that was killed itself. @throws Refusal when they stay. */
async function endOrphan(cluster: string, log: Log): Promise<void> {
  const started = Date.now();
  const pidFile = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(pidFile.split('\n')[0]);
  const signals: [number, NodeJS.Signals][] = [
    [0, 'SIGINT'],
    [15_000, 'SIGQUIT'],
    [25_000, 'SIGKILL'],
  ];
  for (;;) {
    const running = await processesIn(cluster);
    if (running.length === 0 && !(Number.isInteger(pid) && pid > 0 && isPostmasterBlind(pid))) break;
    const [due] = signals;
    if (due && Date.now() - started >= due[0]) {
      signals.shift();
      const target = running.includes(pid) || running.length === 0 ? [pid] : running;
      log.warn({ pids: target, signal: due[1] }, 'ending the PostgreSQL that an earlier owner left');
      for (const each of target) signal(each, due[1]);
    }
    if (Date.now() - started > ownerPatienceMs)
      throw new Refusal(`A PostgreSQL from an earlier run still holds ${cluster} (process ${pid}).`);
    await sleep(20);
  }
  // The number in a stale file may by now belong to somebody else, for whom PostgreSQL would refuse to start.
  if (process.platform === 'linux' && pid > 0 && bornOf(pid) !== '') await rm(join(cluster, 'postmaster.pid'), { force: true });
}

/** Without /proc only the number in the file is known. */
function isPostmasterBlind(pid: number): boolean {
  return process.platform !== 'linux' && bornOf(pid) !== '';
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Processes whose working directory is the cluster: PostgreSQL's processes all stand there. */
async function processesIn(cluster: string): Promise<number[]> {
  if (process.platform !== 'linux') return [];
  const found: number[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      if (readlinkSync(`/proc/${entry}/cwd`) === cluster && bornOf(Number(entry)) !== '') found.push(Number(entry));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'EACCES' && code !== 'ESRCH' && code !== 'EPERM') throw error;
    }
  }
  return found;
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGINT');
  const impatient = setTimeout(() => child.kill('SIGQUIT'), 20_000);
  await ended;
  clearTimeout(impatient);
}

async function openLogFile(dataDir: string): Promise<string> {
  const path = join(dataDir, 'postgres.log');
  if ((await sizeOf(path)) > 20_000_000) await truncate(path);
  return path;
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    (info) => info.size,
    () => 0,
  );
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** What PostgreSQL said last before it ended, as one line. */
async function lastWords(logFile: string, from: number): Promise<string> {
  const text = (await readFile(logFile)).subarray(from).toString('utf8');
  const fatal = text.split('\n').filter((line) => /FATAL|PANIC|could not|error/i.test(line));
  return firstLine((fatal.at(-1) ?? text).replace(/^.*?(FATAL|PANIC):\s*/, '')) || 'it ended without a word';
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}
