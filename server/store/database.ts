import type { Environment } from '../environment.ts';
import type { Log } from '../log.ts';
import { Refusal } from '../refusal.ts';
import { type DatabaseUrls, databaseUrls } from './connections.ts';
import { bornOf, type Owner, ownerOf, type Standing, takeOwnership } from './data-dir.ts';
import { databaseName, type Embedded, socketUrl, startEmbedded } from './embedded.ts';
import { type MasterKey, masterKeyOf, parseMasterKey, rolePassword } from './master-key.ts';

/** How long a tool waits for a server that is still starting: the first start makes the demo floor. */
const startPatienceMs = 120_000;

export interface Database {
  urls: DatabaseUrls;
  masterKey: MasterKey;
  /** The PostgreSQL that this process started, or null when it belongs to another process or place. */
  embedded: Embedded | null;
  /** Says to the others on this data directory that tables and data are there: tools wait for it. */
  ready(): Promise<void>;
  /** Says to the others on this data directory that we are ending, so that they wait for it. */
  ending(): Promise<void>;
  /** Ends the PostgreSQL that this process started, then gives the data directory back. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  role: Owner['role'];
  log: Log;
  onProgress?: (step: string) => void;
  onRestart?: () => void;
  /** Whether a living owner may be waited for any longer (a server asks whether its port is taken too). */
  standing?: (owner: Owner) => Promise<Standing>;
  /** Stops waiting. */
  signal?: AbortSignal;
}

/**
 * The database this process works on: the one in DATABASE_URL, else the embedded one in DATA_DIR. A tool finds the
 * running server's and connects to it; alone it starts it, as a server does.
 * @throws Refusal with one line when there is none to be had.
 */
export async function openDatabase(environment: Environment, options: DatabaseOptions): Promise<Database> {
  if (environment.databaseUrl !== undefined || environment.databaseOwnerUrl !== undefined) return external(environment);
  if (options.role === 'server') return own(environment, options);
  for (;;) {
    const running = await runningBeside(environment.dataDir, environment.masterKey);
    if (running !== null) return running;
    try {
      return await own(environment, { ...options, standing: async () => new Overtaken('somebody else came first') });
    } catch (error) {
      if (!(error instanceof Overtaken)) throw error;
    }
  }
}

/** A tool that meant to start the database found that another process did meanwhile: it connects beside it. */
class Overtaken extends Refusal {}

async function own(environment: Environment, options: DatabaseOptions): Promise<Database> {
  const { dataDir } = environment;
  const ownership = await takeOwnership(dataDir, options.role, {
    onWait: (owner) => options.onProgress?.(`waiting for process ${owner.pid}, which has ${dataDir} in use`),
    standing: options.standing,
    signal: options.signal,
  });
  try {
    const masterKey = await masterKeyOf(dataDir, environment.masterKey, true);
    const embedded = await startEmbedded({
      dataDir,
      masterKey,
      log: options.log,
      onProgress: options.onProgress,
      onRestart: options.onRestart,
    });
    return {
      urls: urlsBehind(embedded.socketDir, masterKey),
      masterKey,
      embedded,
      ready: () => ownership.update({ state: 'running', socketDir: embedded.socketDir }),
      ending: () => ownership.update({ state: 'ending' }),
      async close() {
        await embedded.close();
        await ownership.release();
      },
    };
  } catch (error) {
    await ownership.release();
    throw error;
  }
}

/** A database that another process or machine keeps. */
const elsewhere: Pick<Database, 'ready' | 'ending' | 'close'> = {
  ready: async () => undefined,
  ending: async () => undefined,
  close: async () => undefined,
};

function urlsBehind(socketDir: string, masterKey: MasterKey): DatabaseUrls {
  return databaseUrls(socketUrl(socketDir, 'owner', rolePassword(masterKey, 'owner'), databaseName), masterKey);
}

function external(environment: Environment): Database {
  if (environment.masterKey === undefined)
    throw new Refusal('DATABASE_URL needs MASTER_KEY beside it: 32 bytes or more, as hex or base64.');
  const masterKey = parseMasterKey(environment.masterKey, 'MASTER_KEY');
  const base = environment.databaseUrl ?? environment.databaseOwnerUrl;
  if (base === undefined) throw new Refusal('DATABASE_URL is missing.');
  const urls = databaseUrls(base, masterKey, { app: environment.databaseUrl, owner: environment.databaseOwnerUrl ?? null });
  return { urls, masterKey, embedded: null, ...elsewhere };
}

/** Connects beside a living owner; null when there is none, or it is about to be gone. */
async function runningBeside(dataDir: string, given: string | undefined): Promise<Database | null> {
  const deadline = Date.now() + startPatienceMs;
  for (;;) {
    const owner = await ownerOf(dataDir);
    if (owner === null || owner.state === 'ending') return null;
    if (owner.state === 'running' && owner.socketDir !== null) {
      const masterKey = await masterKeyOf(dataDir, given, false);
      return { urls: urlsBehind(owner.socketDir, masterKey), masterKey, embedded: null, ...elsewhere };
    }
    if (Date.now() > deadline) throw new Refusal(`${dataDir} is in use by process ${owner.pid}, whose database is not ready yet.`);
    await ownerChange(owner);
  }
}

/** Resolves when the owner may have changed: after 50 ms, sooner when its process has ended. */
async function ownerChange(owner: Owner): Promise<void> {
  if (bornOf(owner.pid) !== owner.born) return;
  await new Promise((resolve) => setTimeout(resolve, 50));
}
