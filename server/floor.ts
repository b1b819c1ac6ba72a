import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { aggregateNamed, aggregates, commandNamed } from '../domain/catalogue.ts';
import { Projector } from '../projections/projector.ts';
import { type App, createApp } from './app.ts';
import { demoAccounts } from './demo-floor.ts';
import { createFigures, type Figures } from './figures.ts';
import { createHttpServer } from './http/listener.ts';
import { Directory } from './identity/directory.ts';
import { Sessions } from './identity/sessions.ts';
import type { LiveHub } from './live/hub.ts';
import { openLive } from './live/live.ts';
import type { Log } from './log.ts';
import type { Connections } from './store/connections.ts';
import { KeyRing } from './store/keys.ts';
import { derive, type MasterKey } from './store/master-key.ts';
import { EventStore } from './store/store.ts';

export interface FloorParts {
  connections: Connections;
  masterKey: MasterKey;
  log: Log;
  /** Epoch milliseconds: the one clock. */
  now: () => number;
  clientDirectory?: string;
  publicUrl?: string;
  trustProxy?: boolean;
  metricsToken?: string;
}

/** Everything that serves, on one database: log, read models, HTTP and sockets. */
export interface Floor {
  store: EventStore;
  projector: Projector;
  sessions: Sessions;
  directory: Directory;
  connections: Connections;
  app: App;
  live: LiveHub;
  /** Resolves with the address once requests are taken. */
  listen(port: number, host: string): Promise<AddressInfo>;
  /** Lets what is under way finish, for `patienceMs` at most, then takes every part down. The connections stay open. */
  close(patienceMs?: number): Promise<void>;
}

const answersKeptCheckMs = 24 * 3_600_000;

/** The log, its read models and the credentials: what a command-line tool needs of the floor. */
export interface Core {
  store: EventStore;
  projector: Projector;
  sessions: Sessions;
  figures: Figures;
  close(): Promise<void>;
}

export async function composeCore({ connections, masterKey, log, now }: FloorParts): Promise<Core> {
  const figures = createFigures();
  const store = new EventStore({
    connections,
    catalogue: { aggregates, aggregateNamed, commandNamed },
    keys: new KeyRing(connections.appender, masterKey),
    clock: now,
    log,
    metrics: figures.store,
  });
  await store.start();
  const projector = new Projector({ connections, source: store, log, watch: figures.projector });
  await projector.start();
  const sessions = new Sessions({ connections, secret: derive(masterKey, 'sessions'), now, log });
  return {
    store,
    projector,
    sessions,
    figures,
    async close() {
      await projector.close();
      await store.close();
    },
  };
}

/** Puts the parts together on open connections to a migrated database. */
export async function composeFloor(parts: FloorParts): Promise<Floor> {
  const { connections, log, now } = parts;
  const core = await composeCore(parts);
  const { store, projector, sessions, figures } = core;
  const directory = new Directory({ connections, projector, sessions, now, log });
  await directory.start();
  const app = createApp({
    store,
    projector,
    connections,
    sessions,
    directory,
    now,
    log,
    registry: figures.registry,
    clientDirectory: parts.clientDirectory,
    publicUrl: parts.publicUrl,
    trustProxy: parts.trustProxy,
    metricsToken: parts.metricsToken,
    demo: () => demoAccounts(connections, projector),
  });
  const server = createHttpServer(app);
  const live = await openLive({
    connections,
    store,
    projector,
    directory,
    app,
    now,
    log,
    publicUrl: parts.publicUrl,
    registry: figures.registry,
  });
  live.attach(server);
  const forgetting = setInterval(() => {
    store.forgetOldCommands().catch((error: unknown) => log.warn({ err: error }, 'old answers could not be cleared'));
  }, answersKeptCheckMs);

  return {
    store,
    projector,
    sessions,
    directory,
    connections,
    app,
    live,
    listen: (port, host) => listen(server, port, host),
    async close(patienceMs = 5_000) {
      clearInterval(forgetting);
      app.drain();
      // Sockets hold their connections open: they are sent away first.
      live.drain();
      await stopServing(server, patienceMs);
      await live.close();
      await directory.close();
      await core.close();
    },
  };
}

async function listen(server: Server, port: number, host: string): Promise<AddressInfo> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return server.address() as AddressInfo;
}

/** No new connections; those under way get their answer, and the rest is cut when the patience is over. */
async function stopServing(server: Server, patienceMs: number): Promise<void> {
  if (!server.listening) return;
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeIdleConnections();
  const impatient = setTimeout(() => {
    server.closeAllConnections();
    // Upgraded connections are no longer the server's to close; whoever holds one is not waited for.
    resolve();
  }, patienceMs);
  await closed;
  clearTimeout(impatient);
}
