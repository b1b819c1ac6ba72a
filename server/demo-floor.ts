import pg from 'pg';
import { presets } from '../domain/leads/presets/catalogue.ts';
import type { Projector } from '../projections/projector.ts';
import type { DemoFloor } from './http/floor.ts';
import type { Sessions } from './identity/sessions.ts';
import { demoPassword, demoSignIns, makeDemoFloor } from './leads/demo.ts';
import type { Log } from './log.ts';
import type { Connections, DatabaseUrls } from './store/connections.ts';
import type { MasterKey } from './store/master-key.ts';
import { migrateDown, migrateUp } from './store/migrate.ts';
import type { EventStore } from './store/store.ts';

/** How far the demo floor of a database has come; null: never begun. */
type Progress = 'making' | 'made' | null;

async function asOwner<T>(urls: DatabaseUrls, work: (owner: pg.Client) => Promise<T>): Promise<T | null> {
  if (urls.owner === null) return null;
  const owner = new pg.Client({ connectionString: urls.owner });
  await owner.connect();
  try {
    return await work(owner);
  } finally {
    await owner.end();
  }
}

/**
 * Takes away a demo floor whose making was interrupted, so that it is made whole. Nothing else can be in such a
 * database: it was empty when the making began, and is served only when it is through.
 */
export async function clearHalfMade(urls: DatabaseUrls, masterKey: MasterKey, onProgress: (step: string) => void): Promise<void> {
  const progress = await asOwner(urls, async (owner) => {
    const found = await owner.query<{ demo: Progress }>('select demo from installation');
    return found.rows[0]?.demo ?? null;
  });
  if (progress !== 'making' || urls.owner === null) return;
  onProgress('clearing a demo floor that was not finished');
  await migrateDown(urls.owner, '0');
  await migrateUp(urls, masterKey);
}

export interface DemoMaking {
  urls: DatabaseUrls;
  store: EventStore;
  sessions: Sessions;
  now: () => number;
  log: Log;
  onProgress?: (step: string) => void;
}

/** Makes the demo floor when the log is empty. Answers whether it did. */
export async function makeDemoIfEmpty({ urls, store, sessions, now, log, onProgress }: DemoMaking): Promise<boolean> {
  if ((await store.head()) > 0) return false;
  onProgress?.('making the demo floor: five companies and their leads');
  const note = (progress: Progress) => asOwner(urls, (owner) => owner.query('update installation set demo = $1', [progress]));
  await note('making');
  await makeDemoFloor({ store, sessions, now: new Date(now()), log });
  await note('made');
  return true;
}

/** The demo's sign-ins as far as this database has them; null when it has none. */
export async function demoAccounts(
  connections: Pick<Connections, 'auth'>,
  projector: Pick<Projector, 'readSchema'>,
): Promise<DemoFloor | null> {
  const emails = presets.flatMap(({ slug }) => demoSignIns(slug).map(({ email }) => email));
  const table = (name: string) => `"${projector.readSchema(name)}".${name}`;
  const found = await connections.auth.query<{ email: string; name: string; role: string; slug: string; organization: string }>(
    `select c.email, m.name, m.role, o.slug, o.name as organization
     from credentials c
     join ${table('members')} m on m.user_id = c.user_id and m.active
     join ${table('organizations')} o on o.organization_id = m.organization_id
     where c.email = any($1) order by array_position($1, c.email)`,
    [emails],
  );
  if (found.rows.length === 0) return null;
  return {
    password: demoPassword,
    accounts: found.rows.map(({ email, name, role, slug, organization }) => ({
      email,
      name,
      role,
      organization: { slug, name: organization },
    })),
  };
}
