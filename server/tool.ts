import { clearHalfMade, makeDemoIfEmpty } from './demo-floor.ts';
import type { Environment } from './environment.ts';
import { type Core, composeCore } from './floor.ts';
import type { Log } from './log.ts';
import { type Connections, openConnections } from './store/connections.ts';
import { ownerOf } from './store/data-dir.ts';
import { openDatabase } from './store/database.ts';
import { migrateUp, requireKey } from './store/migrate.ts';

/** What a command-line tool (import, seed, rebuild) works with. */
export interface Tool extends Omit<Core, 'figures'> {
  connections: Connections;
  now: () => number;
  /** Resolves when the read models have reached everything that is in the log now. */
  caughtUp(): Promise<void>;
  /** Closes everything; PostgreSQL too when this process started it. */
  close(): Promise<void>;
}

/**
 * The floor's log and read models for a tool, beside a running server or alone: alone it starts the database, migrates
 * it, and makes the demo floor if it is empty, exactly as a server would.
 * @throws Refusal with one line when there is no database to be had.
 */
export async function openTool(environment: Environment, log: Log, onProgress: (step: string) => void): Promise<Tool> {
  const database = await openDatabase(environment, { role: 'tool', log, onProgress });
  const stopWatching = database.embedded === null ? watchOwner(environment) : () => undefined;
  let connections: Connections | null = null;
  let core: Core | null = null;
  const close = async () => {
    stopWatching();
    await core?.close();
    await connections?.close();
    await database.close();
  };
  try {
    if (database.urls.owner !== null) {
      await migrateUp(database.urls, database.masterKey);
      if (database.embedded !== null) await clearHalfMade(database.urls, database.masterKey, onProgress);
    }
    connections = await openConnections(database.urls, log);
    await requireKey(connections.app, database.masterKey);
    const now = () => Date.now() + environment.clockOffsetMs;
    const made = await composeCore({ connections, masterKey: database.masterKey, log, now });
    core = made;
    if (database.embedded !== null) {
      await makeDemoIfEmpty({ urls: database.urls, store: made.store, sessions: made.sessions, now, log, onProgress });
    }
    return {
      ...made,
      connections,
      now,
      async caughtUp() {
        const head = await made.store.head();
        while (!(await made.projector.waitFor(head, 60_000)))
          log.info({ head, position: made.projector.position() }, 'the read models are catching up');
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const ownerLostMs = 30_000;

/**
 * A tool beside a server lives on the server's database. A restarted server brings it back, and the tool goes on; when
 * none comes within 30 s the tool ends, since it would only wait.
 */
function watchOwner(environment: Environment): () => void {
  if (environment.databaseUrl !== undefined || environment.databaseOwnerUrl !== undefined) return () => undefined;
  let seen = Date.now();
  const timer = setInterval(() => {
    ownerOf(environment.dataDir).then(
      (owner) => {
        if (owner !== null) seen = Date.now();
        if (Date.now() - seen < ownerLostMs) return;
        console.error('The server that kept the database has ended: start this again, it goes on where it stopped.');
        process.exit(1);
      },
      // Asked again in a second; a directory that cannot be read counts as an owner that is gone.
      () => undefined,
    );
  }, 1_000);
  return () => clearInterval(timer);
}
