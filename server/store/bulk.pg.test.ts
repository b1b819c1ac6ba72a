// test-timeout: 60 s
import { randomUUID } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rejection } from '../../domain/kernel/rejection.ts';
import { machine, openOrganization, storeOn } from './log-fixture.ts';
import type { BulkStream, EventStore } from './store.ts';
import { type TestDatabase, testDatabase } from './testing.ts';

const bulk = suite('bulk append');
let db: TestDatabase;
let store: EventStore;
let organizationId: string;

bulk.before(async () => {
  db = await testDatabase();
  store = storeOn(db);
  organizationId = await openOrganization(store);
});
bulk.after(async () => {
  await store.close();
  await db.close();
});

const noted = (text: string) => ({
  type: 'lead.noted',
  data: { noteId: randomUUID(), text, agentId: null, at: '2026-01-01T00:00:00.000Z' },
});
const entry = (more: Partial<BulkStream> = {}): BulkStream => ({
  type: 'lead',
  id: randomUUID(),
  events: [noted('one'), noted('two')],
  ...more,
});
const taking = (key: string): BulkStream['guards'] => [
  {
    kind: 'take',
    scope: 'test',
    key,
    personal: true,
    refuse: (holder) => new Rejection(409, 'test.taken', 'Taken.', { existing: { id: holder } }),
  },
];

bulk('thousands of streams, some twice, come in their order with contiguous versions', async () => {
  const before = await store.head();
  const streams = Array.from({ length: 2_500 }, () => entry());
  const again = streams.slice(0, 300).map(({ id }) => entry({ id }));
  const outcomes = await store.bulkAppend(organizationId, machine, [...streams, ...again]);
  assert.is(outcomes.length, 2_800);
  let position = before;
  for (const [i, outcome] of outcomes.entries()) {
    assert.ok(outcome.ok);
    if (!outcome.ok) continue;
    position += 2;
    assert.equal([outcome.version, outcome.position], [i < 2_500 ? 2 : 4, position]);
  }
  const events = await store.read(before, 10_000);
  assert.is(events.length, 5_600);
  assert.equal([events[0]?.data.text, events[1]?.data.text, events[0]?.meta.actor], ['one', 'two', machine.id]);
});

bulk('a guard refuses its own entry only, inside the load and against what was there', async () => {
  const first = entry({ guards: taking('a') });
  const [mine] = await store.bulkAppend(organizationId, machine, [first]);
  assert.ok(mine?.ok);
  const outcomes = await store.bulkAppend(organizationId, machine, [
    entry(),
    entry({ guards: taking('a') }),
    entry({ guards: taking('b') }),
    entry({ guards: taking('b') }),
    entry(),
  ]);
  assert.equal(
    outcomes.map((outcome) => (outcome.ok ? 'ok' : (outcome.rejection as Rejection).code)),
    ['ok', 'test.taken', 'ok', 'test.taken', 'ok'],
  );
  const refused = outcomes[1];
  assert.equal(refused && !refused.ok ? (refused.rejection as Rejection).extra : null, { existing: { id: first.id } });
});

bulk('a load of new things that is run again adds nothing', async () => {
  const streams = Array.from({ length: 10 }, () => entry({ fresh: true }));
  assert.ok((await store.bulkAppend(organizationId, machine, streams)).every(({ ok }) => ok));
  const head = await store.head();
  const again = await store.bulkAppend(organizationId, machine, [...streams, entry({ fresh: true })]);
  assert.equal(
    again.map((outcome) => (outcome.ok ? 'ok' : (outcome.rejection as Rejection).code)),
    [...streams.map(() => 'id.in-use'), 'ok'],
  );
  assert.is(await store.head(), head + 2);
});

bulk('instants of the past are kept while the log is not newer, and never go back', async () => {
  const fresh = await testDatabase();
  const past = storeOn(fresh);
  const days = ['2026-03-01T00:00:00.000Z', '2026-03-05T00:00:00.000Z', '2026-03-04T00:00:00.000Z', '2999-01-01T00:00:00.000Z'];
  const began = Date.now();
  await past.bulkAppend(
    randomUUID(),
    machine,
    days.map((at) => entry({ at, events: [noted('x')] })),
  );
  const recorded = (await past.read(0, 10)).map(({ recordedAt }) => recordedAt);
  assert.equal(recorded.slice(0, 3), [days[0], days[1], days[1]]);
  assert.ok(
    Date.parse(recorded[3] as string) >= began - 1_000 && Date.parse(recorded[3] as string) <= Date.now() + 1_000,
    'nor do they run ahead',
  );
  await past.close();
  await fresh.close();
});

bulk('text that cannot be stored is refused before anything is written', async () => {
  const head = await store.head();
  try {
    await store.bulkAppend(organizationId, machine, [entry({ events: [noted('nul\0')] })]);
    assert.unreachable();
  } catch (error) {
    assert.is((error as Rejection).code, 'invalid');
  }
  assert.is(await store.head(), head);
});

bulk.run();
