import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Registry } from 'prom-client';
import type { Projector } from '../projections/projector.ts';
import { type AccessLog, createAccessLog, standardError } from './http/access-log.ts';
import { clientFiles } from './http/client-files.ts';
import { commandRoutes, createCommandRunner, type RunCommand } from './http/commands.ts';
import { documentRoutes } from './http/document-routes.ts';
import { Edge } from './http/edge.ts';
import { commandExamples } from './http/examples.ts';
import { type DemoFloor, floorRoute } from './http/floor.ts';
import { healthRoutes } from './http/health.ts';
import { createLimits, type LimitFigures, type Limits } from './http/limits.ts';
import { EdgeMetrics } from './http/metrics.ts';
import { Reading } from './http/reading.ts';
import type { Directory } from './identity/directory.ts';
import { meRoute } from './identity/me.ts';
import { directoryQueries } from './identity/queries.ts';
import { sessionRoutes } from './identity/session-routes.ts';
import type { Sessions } from './identity/sessions.ts';
import { SignInDelay } from './identity/sign-in-delay.ts';
import { reportQueries } from './insight/queries.ts';
import { leadQueries } from './leads/queries.ts';
import type { Log } from './log.ts';
import type { Connections } from './store/connections.ts';
import type { EventStore } from './store/store.ts';

export interface AppParts {
  store: Pick<EventStore, 'execute'>;
  projector: Pick<Projector, 'position' | 'waitFor' | 'readSchema' | 'caughtUp'>;
  connections: Pick<Connections, 'app' | 'asOrganization' | 'reading'>;
  sessions: Sessions;
  directory: Directory;
  /** Epoch milliseconds. */
  now: () => number;
  log: Log;
  /** One line a request; by default to standard error, where the log goes, if the log says `info`. */
  accessLog?: AccessLog;
  registry: Registry;
  /** Where the built client lies. */
  clientDirectory?: string;
  publicUrl?: string;
  trustProxy?: boolean;
  /** Opens `/metrics` and `/docs` away from the machine itself. */
  metricsToken?: string;
  limits?: Partial<LimitFigures>;
  /** Sign-ins to show on the sign-in page; null when this is no demo. */
  demo?: () => Promise<DemoFloor | null>;
}

/** The mounted edge, and what the live connection shares with it. */
export interface App {
  edge: Edge;
  fetch: Edge['app']['fetch'];
  request: Edge['app']['request'];
  runCommand: RunCommand;
  limits: Limits;
  /** From now on `/readyz` answers 503, so that balancers look elsewhere. */
  drain(): void;
}

const root = join(import.meta.dirname, '..');

/** Mounts every area on one HTTP edge. */
export function createApp(parts: AppParts): App {
  const { directory, sessions, now, publicUrl, metricsToken } = parts;
  const limits = createLimits(parts.limits);
  const edge = new Edge({
    principalOf: (token) => directory.principalOf(token),
    limits,
    metrics: new EdgeMetrics(parts.registry),
    log: parts.log,
    accessLog: parts.accessLog ?? (parts.log.isLevelEnabled('info') ? createAccessLog(standardError()) : () => undefined),
    publicUrl,
    trustProxy: parts.trustProxy ?? false,
  });
  const runCommand = createCommandRunner(parts.store);
  const reading = new Reading({ connections: parts.connections, projector: parts.projector, directory });
  const authenticate = edge.authenticate.bind(edge);
  let draining = false;
  edge.mount([
    ...sessionRoutes({ sessions, directory, limits, delay: new SignInDelay(), now, publicUrl }),
    meRoute(directory),
    ...directoryQueries(reading),
    ...leadQueries(reading, directory),
    ...reportQueries(reading, directory, now),
    ...commandRoutes(runCommand),
    floorRoute(parts.demo ?? (() => Promise.resolve(null))),
    ...healthRoutes({
      registry: parts.registry,
      caughtUp: parts.projector.caughtUp,
      ping: () => parts.connections.app.query('select 1'),
      draining: () => draining,
      metricsToken,
      authenticate,
    }),
    ...documentRoutes({ routes: () => edge.routes, examples: commandExamples, version: packageVersion(), metricsToken, authenticate }),
  ]);
  edge.fallBack(clientFiles(parts.clientDirectory ?? join(root, 'dist', 'client')));
  return {
    edge,
    fetch: edge.app.fetch,
    request: edge.app.request,
    runCommand,
    limits,
    drain() {
      draining = true;
    },
  };
}

function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return version;
}
