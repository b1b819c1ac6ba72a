import { randomUUID } from 'node:crypto';
import * as catalogue from '../../domain/catalogue.ts';
import { everything } from '../../domain/identity/audience.ts';
import type { Actor } from '../../domain/kernel/aggregate.ts';
import { createLog } from '../log.ts';
import { KeyRing } from './keys.ts';
import { EventStore } from './store.ts';
import type { TestDatabase } from './testing.ts';

/** Acts for the organization itself, past the table of rights. */
export const machine: Actor = { id: 'system:test', agentId: null, name: 'Test', role: 'owner', audience: everything };

/** A store as a process of its own would have it: own caches, own lanes, own follower. */
export function storeOn(db: TestDatabase, connections = db.connections): EventStore {
  return new EventStore({
    connections,
    catalogue,
    keys: new KeyRing(connections.appender, db.masterKey),
    clock: Date.now,
    log: createLog('silent'),
  });
}

/** A new organization of that preset; answers its id. */
export async function openOrganization(store: EventStore, preset = 'uae-real-estate'): Promise<string> {
  const id = randomUUID();
  const slug = `o${id.slice(0, 8)}`;
  await store.execute({ type: 'organization.create', organizationId: id, actor: machine, id, data: { name: 'Palm Realty', slug, preset } });
  return id;
}

let phones = 0;

/** What a lead of the Emirates needs; every call has another phone. */
export function leadData(more: Record<string, unknown> = {}): Record<string, unknown> {
  phones += 1;
  return { firstName: 'Amal', lastName: 'Haddad', phone: `+97150${1_000_000 + phones}`, source: 'website', ...more };
}

/** An agent of the organization; answers the agentId. */
export async function addAgent(store: EventStore, organizationId: string): Promise<string> {
  phones += 1;
  const data = { fullName: 'Sara Al Mansoori', email: `sara${phones}@example.com`, phone: `+97155${1_000_000 + phones}` };
  const { id } = await store.execute({ type: 'agent.create', organizationId, actor: machine, data });
  return id;
}
