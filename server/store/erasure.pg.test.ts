import { createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { RecordedEvent } from '../../domain/kernel/aggregate.ts';
import { Rejection } from '../../domain/kernel/rejection.ts';
import { seal, unseal } from './keys.ts';
import { leadData, machine, openOrganization, storeOn } from './log-fixture.ts';
import type { EventStore } from './store.ts';
import { type TestDatabase, testDatabase } from './testing.ts';

const erasing = suite('personal data');
let db: TestDatabase;
let store: EventStore;
let organizationId: string;

erasing.before(async () => {
  db = await testDatabase();
  store = storeOn(db);
  organizationId = await openOrganization(store);
});
erasing.after(async () => {
  await store.close();
  await db.close();
});

const canary = 'Zubaida-Canary';
const capture = async () =>
  (
    await store.execute({
      type: 'lead.capture',
      organizationId,
      actor: machine,
      data: leadData({ firstName: canary, notes: `${canary} likes quiet streets` }),
    })
  ).id;
const edit = (id: string, on = store) =>
  on.execute({ type: 'lead.edit', organizationId, actor: machine, id, data: { lastName: `${canary} the second` } });

async function eventsOf(id: string, on = store): Promise<RecordedEvent[]> {
  return (await on.read(0, 100_000)).filter((event) => event.stream.id === id);
}

erasing('no table holds what is personal in the open', async () => {
  const id = await capture();
  await edit(id);
  const { rows } = await db.admin.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'`,
  );
  assert.ok(rows.length >= 7);
  for (const { name } of rows) {
    const found = await db.admin.query(`select 1 from public."${name}" t where t::text like $1 or t::text like $2`, [
      `%${canary}%`,
      `%${Buffer.from(canary).toString('hex')}%`,
    ]);
    assert.is(found.rowCount, 0, name);
  }
  const [captured, edited] = await eventsOf(id);
  assert.is(captured?.data.firstName, canary);
  assert.equal(edited?.data.fields, { lastName: `${canary} the second` });
});

erasing('a destroyed key takes every word with it and leaves the facts', async () => {
  const [gone, stays] = [await capture(), await capture()];
  const second = storeOn(db);
  await second.load(organizationId, { type: 'lead', id: gone });
  assert.is((await eventsOf(gone, second))[0]?.data.firstName, canary);
  await edit(gone);
  await store.forget(organizationId, gone);
  for (const on of [store, storeOn(db)]) {
    const [captured, edited] = await eventsOf(gone, on);
    assert.ok(captured?.erased);
    assert.not.ok('firstName' in (captured?.data ?? {}));
    assert.not.ok(JSON.stringify([captured, edited]).includes('Canary'));
    assert.is(captured?.data.source, 'website', 'what is not personal stays');
    assert.is((await eventsOf(stays, on))[0]?.data.firstName, canary, 'others keep theirs');
    if (on !== store) await on.close();
  }
  assert.not.ok(JSON.stringify(await store.load(organizationId, { type: 'lead', id: gone })).includes('Canary'));
  // The other process hears of it.
  for (let waited = 0; JSON.stringify(await eventsOf(gone, second)).includes('Canary'); waited += 1) {
    assert.ok(waited < 200, 'the second process still reads the erased name');
    await new Promise((resolve) => setImmediate(resolve));
  }
  await second.close();
});

erasing('nothing personal is kept of an erased person again', async () => {
  const id = await capture();
  await store.forget(organizationId, id);
  const fresh = storeOn(db);
  for (const on of [store, fresh]) {
    try {
      await edit(id, on);
      assert.unreachable();
    } catch (error) {
      assert.instance(error, Rejection);
      assert.is((error as Rejection).status, 404);
    }
  }
  await fresh.close();
  assert.is((await eventsOf(id)).length, 1);
});

erasing('two streams of one person share the key', async () => {
  const id = randomUUID();
  await store.execute({ type: 'member.add', organizationId, actor: machine, id, data: { userId: randomUUID(), name: canary } });
  await store.execute({
    type: 'agent.create',
    organizationId,
    actor: machine,
    id,
    data: { fullName: canary, email: `${id}@example.com`, phone: '+971551234567' },
  });
  const { rows } = await db.admin.query('select 1 from person_keys where person_id = $1', [id]);
  assert.is(rows.length, 1);
  const fresh = storeOn(db);
  assert.equal(
    (await eventsOf(id, fresh)).map((event) => [event.type, event.data.name ?? event.data.fullName]),
    [
      ['member.added', canary],
      ['agent.created', canary],
    ],
  );
  await fresh.close();
});

erasing('a sealed part that was changed or moved to another event does not open', async () => {
  const key = createSecretKey(randomBytes(32));
  const sealed = seal(key, 'words', 'here');
  assert.is(unseal(key, sealed, 'here').toString(), 'words');
  assert.throws(() => unseal(key, sealed, 'there'));
  assert.throws(() => unseal(createSecretKey(randomBytes(32)), sealed, 'here'));
  for (const place of [0, 14, sealed.length - 1]) {
    const changed = Buffer.from(sealed);
    changed[place] = (changed[place] as number) ^ 1;
    assert.throws(() => unseal(key, changed, 'here'));
  }
});

erasing.run();
