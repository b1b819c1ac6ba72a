import { createServer } from 'node:net';
import { parseArgs } from 'node:util';
import { buildClient, clientDirectory } from './client-build.ts';
import { clearHalfMade, demoAccounts, makeDemoIfEmpty } from './demo-floor.ts';
import { type Environment, readEnvironment } from './environment.ts';
import { composeFloor, type Floor } from './floor.ts';
import { createLog, type Log } from './log.ts';
import { Refusal } from './refusal.ts';
import { openConnections } from './store/connections.ts';
import { type Database, openDatabase } from './store/database.ts';
import { migrateUp, requireKey } from './store/migrate.ts';

/**
 * The process: reads the environment, brings the database, composes the floor on it, listens, and takes everything down
 * again in the opposite order when told to end. Standard output is for people; the log goes to standard error.
 */

/** What has to be undone at the end, last first. */
type Undo = () => Promise<void> | void;

const drainMs = 15_000;

class Stopped extends Error {}

class Process {
  readonly #undo: { name: string; undo: Undo }[] = [];
  readonly #stop = new AbortController();
  readonly #log: Log;
  #ending: Promise<void> | null = null;
  #onStop: (() => void)[] = [];

  constructor(log: Log) {
    this.#log = log;
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  onEnd(name: string, undo: Undo): void {
    this.#undo.push({ name, undo });
  }

  /** Called the moment the end is asked for, before anything is taken down. */
  onStop(listener: () => void): void {
    this.#onStop.push(listener);
  }

  /** Between the steps of a start: leaves it when the end was asked for meanwhile. */
  check(): void {
    if (this.#stop.signal.aborted) throw new Stopped();
  }

  stop(): void {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    for (const listener of this.#onStop) listener();
  }

  /** Takes down what stands, once. */
  end(): Promise<void> {
    this.#ending ??= (async () => {
      for (const { name, undo } of this.#undo.reverse()) {
        try {
          await undo();
        } catch (error) {
          this.#log.error({ err: error, part: name }, 'a part did not end well');
        }
      }
    })();
    return this.#ending;
  }
}

async function main(): Promise<number> {
  let environment: Environment;
  let demo: boolean;
  try {
    demo = parseArgs({ options: { demo: { type: 'boolean', default: false } } }).values.demo;
    environment = readEnvironment();
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 1;
  }
  const log = createLog(environment.logLevel);
  const own = new Process(log);
  const stopped = Promise.withResolvers<void>();
  own.onStop(() => stopped.resolve());
  // Both may come twice: to the group, and passed on by npm.
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => own.stop());
  let code = 0;
  const crash = (error: unknown) => {
    log.fatal({ err: error }, 'an error nobody caught: ending');
    code = 1;
    own.stop();
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
  try {
    const floor = await start(own, environment, log, demo);
    own.check();
    const address = await listen(floor, environment);
    own.check();
    await Promise.race([welcome(floor, address), stopped.promise]);
    await stopped.promise;
    say('Ending: what is under way is finished first.');
  } catch (error) {
    if (error instanceof Refusal) {
      console.error(error.message);
      code = 1;
    } else if (!(error instanceof Stopped) && !own.signal.aborted) {
      log.fatal({ err: error }, 'the start failed');
      console.error(`The start failed: ${error instanceof Error ? error.message : String(error)}`);
      code = 1;
    }
  }
  await own.end();
  return code;
}

/** Database, read models, floor; each step is undone in the opposite order at the end. */
async function start(own: Process, environment: Environment, log: Log, demo: boolean): Promise<Floor> {
  const client = buildClient(say);
  // Awaited below; a failure meanwhile is not to count as unhandled.
  client.catch(() => undefined);
  const database = await findDatabase(own, environment, log);
  own.onEnd('database', () => database.close());
  own.onStop(() => void database.ending().catch((error: unknown) => log.warn({ err: error }, 'the end could not be announced')));
  own.check();
  await refuseBusyPort(environment);
  if (database.urls.owner !== null) {
    const done = await migrateUp(database.urls, database.masterKey);
    if (done.length > 0) say(`making the tables (${done.length} migrations)`);
    if (database.embedded !== null) await clearHalfMade(database.urls, database.masterKey, say);
  }
  own.check();
  const connections = await openConnections(database.urls, log);
  own.onEnd('connections', () => connections.close());
  await requireKey(connections.app, database.masterKey);
  await client;
  own.check();
  const now = clockOf(environment);
  const floor = await composeFloor({
    connections,
    masterKey: database.masterKey,
    log,
    now,
    clientDirectory,
    publicUrl: environment.publicUrl,
    trustProxy: environment.trustProxy,
    metricsToken: environment.metricsToken,
  });
  own.onEnd('floor', () => floor.close(drainMs));
  own.check();
  if (demo || database.embedded !== null) {
    const { store, sessions } = floor;
    await makeDemoIfEmpty({ urls: database.urls, store, sessions, now, log, onProgress: say });
  }
  await database.ready();
  return floor;
}

function clockOf({ clockOffsetMs }: Environment): () => number {
  return clockOffsetMs === 0 ? Date.now : () => Date.now() + clockOffsetMs;
}

async function findDatabase(own: Process, environment: Environment, log: Log): Promise<Database> {
  if (environment.databaseUrl !== undefined) await refuseBusyPort(environment);
  return openDatabase(environment, {
    role: 'server',
    log,
    onProgress: say,
    signal: own.signal,
    // Another server that stays, on our port: it will not make room, so there is nothing to wait for.
    standing: async (owner) => {
      if (!(await isBusy(environment))) return 'wait';
      return new Refusal(`Port ${environment.port} is in use: Leadfloor already runs on this DATA_DIR (process ${owner.pid}).`);
    },
  });
}

async function refuseBusyPort(environment: Environment): Promise<void> {
  if (await isBusy(environment)) throw busy(environment);
}

function busy({ host, port }: Environment): Refusal {
  return new Refusal(`Port ${port} on ${host} is in use by another program: stop it, or set PORT to a free one.`);
}

/** @throws Refusal when the address cannot be had for another reason. */
async function isBusy({ host, port }: Environment): Promise<boolean> {
  if (port === 0) return false;
  const probe = createServer();
  return new Promise((resolve, reject) => {
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(true);
      else reject(new Refusal(`Cannot listen on ${host}:${port} (${error.code ?? error.message}).`, { cause: error }));
    });
    probe.listen(port, host, () => probe.close(() => resolve(false)));
  });
}

async function listen(floor: Floor, environment: Environment): Promise<string> {
  try {
    const { address, port } = await floor.listen(environment.port, environment.host);
    const shown = address === '0.0.0.0' || address === '::' ? 'localhost' : address.includes(':') ? `[${address}]` : address;
    return environment.publicUrl ?? `http://${shown}:${port}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') throw busy(environment);
    throw error;
  }
}

/** Tells people where to go, once there is something to see. */
async function welcome(floor: Floor, address: string): Promise<void> {
  let told = false;
  const patience = setTimeout(() => {
    told = true;
    say(`${address} answers; the read models are catching up with the log`);
  }, 3_000);
  try {
    await floor.projector.caughtUp;
  } finally {
    clearTimeout(patience);
  }
  console.log(`\nLeadfloor is ${told ? 'caught up' : 'open'}: ${address}\n`);
  const demo = await demoAccounts(floor.connections, floor.projector);
  if (demo === null) return;
  console.log(`Sign in with the password ${demo.password} as`);
  const companies = new Map(demo.accounts.map(({ organization }) => [organization.slug, organization.name]));
  for (const [slug, name] of companies) console.log(`  owner@${slug}.demo`.padEnd(32), name);
  console.log('or as manager@, agent1@ … agent8@ or viewer@ of the same.\n');
}

function say(step: string): void {
  console.log(`… ${step}`);
}

process.exitCode = await main();
// Sockets of browsers that never hang up would keep the process; everything that matters has ended.
process.exit();
