// test-timeout: 60 s
import { randomUUID } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rejection } from '../../domain/kernel/rejection.ts';
import { createLog } from '../log.ts';
import { type Connections, openConnections } from './connections.ts';
import { type CutProxy, cutProxy } from './cut-proxy.ts';
import { leadData, machine, openOrganization, storeOn } from './log-fixture.ts';
import type { EventStore } from './store.ts';
import { type TestDatabase, testDatabase } from './testing.ts';

const outages = suite('outages');
let db: TestDatabase;
let proxy: CutProxy;
let connections: Connections;
let store: EventStore;
let organizationId: string;

outages.before(async () => {
  db = await testDatabase();
  proxy = await cutProxy(db.urls.appender);
  connections = await openConnections({ ...db.urls, appender: proxy.url }, createLog('silent'));
  store = storeOn(db, connections);
  organizationId = await openOrganization(store);
});
outages.after(async () => {
  await store.close();
  await connections.close();
  await proxy.close();
  await db.close();
});

const note = (id: string, text: string, commandId?: string) =>
  store.execute({ type: 'lead.note', organizationId, actor: machine, id, data: { text }, commandId });

async function versionsOf(id: string): Promise<number[]> {
  const { rows } = await db.admin.query<{ version: number }>('select version from events where stream_id = $1 order by position', [id]);
  return rows.map(({ version }) => version);
}

const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1);

outages('an append whose answer is lost is acknowledged once and stored once', async () => {
  const leads = await Promise.all(
    Array.from(
      { length: 40 },
      async () => (await store.execute({ type: 'lead.capture', organizationId, actor: machine, data: leadData() })).id,
    ),
  );
  for (let round = 0; round < 6; round += 1) {
    proxy.loseAnswers(2);
    // Half with a key of their own, half without: the server's own id protects those.
    const answers = await Promise.all(leads.map((id, i) => note(id, `round ${round}`, i % 2 === 0 ? randomUUID() : undefined)));
    assert.equal(
      answers.map(({ version }) => version),
      leads.map(() => round + 2),
    );
  }
  assert.ok(proxy.lost() >= 6, `${proxy.lost()} answers were lost`);
  proxy.loseAnswers(0);
  for (const id of leads) assert.equal(await versionsOf(id), upTo(7));
});

outages('connections that PostgreSQL ends under load double nothing and lose nothing', async () => {
  const leads = await Promise.all(
    Array.from(
      { length: 30 },
      async () => (await store.execute({ type: 'lead.capture', organizationId, actor: machine, data: leadData() })).id,
    ),
  );
  let ended = 0;
  let answered = 0;
  const endConnections = async () => {
    const { rows } = await db.admin.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where usename = $1 and datname = current_database()',
      ['appender'],
    );
    ended += rows.length;
  };
  await Promise.all(
    leads.map(async (id) => {
      for (let i = 0; i < 20; i += 1) {
        const commandId = randomUUID();
        // As a client does: 503 says nothing about the outcome, so the same key again.
        for (;;) {
          try {
            await note(id, `note ${i}`, commandId);
            break;
          } catch (error) {
            if (!(error instanceof Rejection && error.status === 503)) throw error;
          }
        }
        answered += 1;
        if (answered % 40 === 0) await endConnections();
      }
    }),
  );
  assert.ok(ended >= 4, `${ended} connections were ended`);
  for (const id of leads) assert.equal(await versionsOf(id), upTo(21));
});

outages('past a quarter of a second of queue, commands are refused at once and leave nothing', async () => {
  const { id } = await store.execute({ type: 'lead.capture', organizationId, actor: machine, data: leadData() });
  const blocker = await db.admin.connect();
  await blocker.query('begin; select pg_advisory_xact_lock(4242)');
  const began = performance.now();
  const waiting: Promise<unknown>[] = [];
  let refusedAfter = 0;
  while (refusedAfter === 0 && performance.now() - began < 10_000) {
    const attempt = store.execute({ type: 'lead.capture', organizationId, actor: machine, data: leadData() });
    const refused = await Promise.race([
      attempt.then(
        () => false,
        (error: unknown) => error,
      ),
      new Promise<false>((resolve) => setImmediate(() => setImmediate(() => resolve(false)))),
    ]);
    if (refused === false) waiting.push(attempt);
    else {
      assert.instance(refused, Rejection);
      const { status, code, extra } = refused as Rejection;
      assert.equal([status, code, extra.retryAfter], [503, 'overloaded', 1]);
      refusedAfter = performance.now() - began;
    }
  }
  assert.ok(refusedAfter >= 250 && refusedAfter < 3_000, `refused after ${refusedAfter} ms`);
  const before = await db.admin.query<{ position: string }>('select position from head');
  await blocker.query('commit');
  blocker.release();
  await Promise.all(waiting);
  const after = await db.admin.query<{ position: string }>('select position from head');
  assert.is(
    Number(after.rows[0]?.position) - Number(before.rows[0]?.position),
    waiting.length,
    'those that waited are in, the refused one is not',
  );
  await note(id, 'open again');
});

outages.run();
