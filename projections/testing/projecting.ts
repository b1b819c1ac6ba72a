import type { TestDatabase } from '../../server/store/testing.ts';
import { readModels } from '../catalogue.ts';
import { type LiveTables, liveTables, versionOf } from '../generations.ts';
import type { Projection } from '../projection.ts';
import { Projector } from '../projector.ts';
import type { EventSource, ProjectorConnections } from '../source.ts';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A projector that has caught up with its source. */
export async function projecting(
  connections: ProjectorConnections,
  source: EventSource,
  projections: readonly Projection[] = readModels,
): Promise<Projector> {
  const projector = new Projector({ connections, source, log: quiet, projections });
  await projector.start();
  await projector.caughtUp;
  return projector;
}

export async function tablesOf(db: TestDatabase): Promise<LiveTables> {
  const client = await db.connections.projector.connect();
  try {
    return await liveTables(client, await versionOf(client));
  } finally {
    client.release();
  }
}

export interface ParkedRow {
  projection: string;
  stream_id: string;
  event_type: string;
  position: string;
}

export async function parkedIn(db: TestDatabase): Promise<ParkedRow[]> {
  const found = await db.admin.query<ParkedRow>(
    'select projection, stream_id, event_type, position from parked order by position, projection',
  );
  return found.rows;
}
