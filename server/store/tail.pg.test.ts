// test-timeout: 60 s
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createLog } from '../log.ts';
import { openConnections } from './connections.ts';
import { leadData, machine, openOrganization, storeOn } from './log-fixture.ts';
import { type TestDatabase, testDatabase } from './testing.ts';

const tail = suite('following the log');
let db: TestDatabase;

tail.before(async () => {
  db = await testDatabase();
});
tail.after(async () => {
  await db.close();
});

tail('a reader of "position after the last one" misses nothing while two processes and a bulk load append', async () => {
  const others = await openConnections(db.urls, createLog('silent'));
  const [one, two] = [storeOn(db), storeOn(db, others)];
  const organizationId = await openOrganization(one);
  const follower = new pg.Client({ connectionString: db.urls.projector });
  await follower.connect();
  const seen: { position: number; recorded: number; stream: string; version: number }[] = [];
  let writing = true;
  let polls = 0;
  const following = (async () => {
    for (let more = true; more; ) {
      const last = seen.at(-1)?.position ?? 0;
      const stopped = !writing;
      const { rows } = await follower.query<{ position: string; recorded: number; stream: string; version: number }>(
        `select position, extract(epoch from recorded_at)::float8 as recorded, stream_type || stream_id as stream, version
         from events where position > $1 order by position`,
        [last],
      );
      polls += 1;
      for (const row of rows) seen.push({ ...row, position: Number(row.position) });
      more = !stopped || rows.length > 0;
    }
  })();
  let accepted = 0;
  const write = async (store: typeof one, count: number) => {
    const { id } = await store.execute({ type: 'lead.capture', organizationId, actor: machine, data: leadData() });
    for (let i = 0; i < count; i += 1)
      await store.execute({ type: 'lead.note', organizationId, actor: machine, id, data: { text: `note ${i}` } });
    accepted += count + 1;
  };
  const bulk = Array.from({ length: 2_000 }, () => ({
    type: 'lead',
    id: randomUUID(),
    events: [{ type: 'lead.noted', data: { noteId: randomUUID(), text: 'in bulk', agentId: null, at: '2026-01-01T00:00:00.000Z' } }],
  }));
  await Promise.all([
    ...Array.from({ length: 60 }, (_, i) => write(i % 2 === 0 ? one : two, 20)),
    two.bulkAppend(organizationId, machine, bulk).then((outcomes) => {
      assert.ok(outcomes.every(({ ok }) => ok));
      accepted += outcomes.length;
    }),
  ]);
  writing = false;
  await following;
  await follower.end();
  assert.ok(polls > 20, `${polls} polls`);
  assert.is(seen.length, accepted + 2, 'the organization and its pipeline, and every accepted event');
  const versions = new Map<string, number>();
  for (const [i, event] of seen.entries()) {
    assert.is(event.position, i + 1, 'positions come in order and without holes');
    assert.ok(event.recorded >= (seen[i - 1]?.recorded ?? 0), 'instants never go back');
    assert.is(event.version, (versions.get(event.stream) ?? 0) + 1, 'versions come in order');
    versions.set(event.stream, event.version);
  }
  await one.close();
  await two.close();
  await others.close();
});

tail('a process hears of its own commits at once and of others’ soon, even when notifications are lost', async () => {
  const others = await openConnections(db.urls, createLog('silent'));
  // Deaf: whatever is notified never arrives.
  const deaf = { ...others, listen: async () => async () => undefined };
  const [writer, listener] = [storeOn(db), storeOn(db, deaf)];
  await listener.start();
  const organizationId = await openOrganization(writer);
  const heard = new Promise<number>((resolve) => listener.onCommit(resolve));
  const own: number[] = [];
  writer.onCommit((position) => own.push(position));
  const { position } = await writer.execute({ type: 'lead.capture', organizationId, actor: machine, data: leadData() });
  assert.ok(own.includes(position) || own.some((each) => each >= position), 'told before the answer');
  assert.ok((await heard) >= position - 3);
  await writer.close();
  await listener.close();
  await others.close();
});

tail.run();
