import type { Registry } from 'prom-client';
import { level } from '../../domain/identity/permissions.ts';
import type { Projector } from '../../projections/projector.ts';
import type { App } from '../app.ts';
import type { Directory } from '../identity/directory.ts';
import type { Log } from '../log.ts';
import type { Connections } from '../store/connections.ts';
import type { EventStore } from '../store/store.ts';
import { DatabaseRows } from './database-rows.ts';
import { LiveHub } from './hub.ts';
import { notifiedPresence } from './notified-presence.ts';

export interface LiveParts {
  connections: Pick<Connections, 'asOrganization' | 'listen' | 'app'>;
  store: Pick<EventStore, 'head'>;
  projector: Pick<Projector, 'feed' | 'tables'>;
  directory: Directory;
  app: Pick<App, 'runCommand' | 'limits'>;
  /** Epoch milliseconds. */
  now: () => number;
  log: Log;
  publicUrl?: string | undefined;
  registry?: Registry;
}

/** The hub on a real floor: rows from the database, people from the directory, commands through the one runner. */
export async function openLive(parts: LiveParts): Promise<LiveHub> {
  const { directory, projector, app } = parts;
  const rows = new DatabaseRows({
    connections: parts.connections,
    projector,
    openStages: async (organizationId) => {
      const organization = await directory.organization(organizationId);
      return (organization?.state.stages ?? []).filter((stage) => stage.kind === 'open').map((stage) => stage.key);
    },
  });
  const relay = await notifiedPresence(parts.connections, parts.log);
  return new LiveHub({
    feed: projector.feed,
    source: rows,
    directory,
    runCommand: app.runCommand,
    limits: app.limits,
    allows: async (principal, query) => {
      const organization = await directory.organization(principal.organizationId);
      return organization !== null && level(organization.state, principal, query) !== 'none';
    },
    head: () => parts.store.head(),
    now: parts.now,
    log: parts.log,
    publicUrl: parts.publicUrl,
    ...(parts.registry === undefined ? {} : { registry: parts.registry }),
    relay,
    onClose: async () => {
      rows.close();
      await relay.close();
    },
  });
}
