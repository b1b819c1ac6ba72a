import { makeDemoIfEmpty } from './demo-floor.ts';
import { composeFloor, type Floor, type FloorParts } from './floor.ts';
import { demoPassword } from './leads/demo.ts';
import { createLog } from './log.ts';
import { openConnections } from './store/connections.ts';
import { type TestDatabase, testDatabase } from './store/testing.ts';

/** What somebody is after signing in. */
export interface SignedIn {
  token: string;
  refreshToken: string;
  /** The answer of `GET /api/me`. */
  me: Record<string, unknown>;
}

export interface TestFloor extends Floor {
  /** Where it listens, without a slash at the end. */
  url: string;
  database: TestDatabase;
  /** Signs in over HTTP, by default with the demo's password. */
  signIn(email: string, password?: string): Promise<SignedIn>;
  /** Ends the floor, and its database unless the floor was started on one given. */
  close(): Promise<void>;
}

export interface FloorOptions extends Partial<Pick<FloorParts, 'log' | 'now' | 'clientDirectory' | 'publicUrl' | 'trustProxy'>> {
  /** Make the demo floor. */
  demo?: boolean;
  /** A second node on the database of another floor. */
  database?: TestDatabase;
}

/** The whole server, put together as in production, on a port of its own over a fresh test database. */
export async function startFloor(options: FloorOptions = {}): Promise<TestFloor> {
  const log = options.log ?? createLog('error');
  const now = options.now ?? Date.now;
  const database = options.database ?? (await testDatabase({ log }));
  // A second node has pools of its own, as another process would.
  const connections = options.database === undefined ? database.connections : await openConnections(database.urls, log);
  const floor = await composeFloor({ ...options, connections, masterKey: database.masterKey, log, now });
  if (options.demo) {
    await makeDemoIfEmpty({ urls: database.urls, store: floor.store, sessions: floor.sessions, now, log });
    const head = await floor.store.head();
    if (!(await floor.projector.waitFor(head, 60_000))) throw new Error('the read models did not reach the demo floor within a minute');
  }
  const { address, port } = await floor.listen(0, '127.0.0.1');
  const url = `http://${address}:${port}`;
  return {
    ...floor,
    url,
    database,
    async signIn(email, password = demoPassword) {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${url}/api/sessions`, { method: 'POST', headers, body: JSON.stringify({ email, password }) });
      if (answer.status !== 201) throw new Error(`${email} could not sign in: ${answer.status} ${await answer.text()}`);
      const { accessToken, refreshToken } = (await answer.json()) as { accessToken: string; refreshToken: string };
      const me = await fetch(`${url}/api/me`, { headers: { authorization: `Bearer ${accessToken}` } });
      return { token: accessToken, refreshToken, me: (await me.json()) as Record<string, unknown> };
    },
    async close() {
      await floor.close();
      await (options.database === undefined ? database : connections).close();
    },
  };
}
