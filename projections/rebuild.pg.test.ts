// test-timeout: 120 s
import pg from 'pg';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type TestDatabase, testDatabase } from '../server/store/testing.ts';
import { readModels } from './catalogue.ts';
import { lookAround } from './follower.ts';
import { prepareReadModels } from './generations.ts';
import { sweep } from './sweep.ts';
import { MadeUpLog, seeded } from './testing/made-up-log.ts';
import { parkedIn, projecting, tablesOf } from './testing/projecting.ts';
import { rowHashes } from './testing/row-hashes.ts';
import { Watcher } from './testing/watcher.ts';

const test = suite<{ db: TestDatabase }>('rebuild');
const names = readModels.map(({ name }) => name);

test.before.each(async (context) => {
  context.db = await testDatabase();
});
test.after.each(async ({ db }) => {
  await db.close();
});

for (const seed of [7, 20261121]) {
  test(`rows kept as events come equal rows rebuilt from the first event (seed ${seed})`, async ({ db }) => {
    const source = new MadeUpLog(seed).work(300);
    const projector = await projecting(db.connections, source);
    const random = seeded(seed);
    for (let page = 0; page < 25; page += 1) {
      source.work(Math.ceil(random() ** 4 * 400));
      assert.ok(await projector.waitFor(source.events.length, 30_000));
    }
    assert.equal(await parkedIn(db), []);
    const kept = await rowHashes(db.connections.projector);
    const before = await tablesOf(db);
    for await (const _progress of projector.rebuild(names));
    const rebuilt = await rowHashes(db.connections.projector);
    const after = await tablesOf(db);
    await projector.close();
    assert.equal(rebuilt, kept);
    assert.is(after.stamp, before.stamp + 1);
    for (const name of names) assert.is.not(after.schemas.get(name), before.schemas.get(name), name);
  });
}

test('each read model alone is rebuilt to the same rows, with what it looks at', async ({ db }) => {
  const source = new MadeUpLog(11).work(1200);
  const projector = await projecting(db.connections, source);
  const kept = await rowHashes(db.connections.projector);
  for (const name of names) {
    for await (const _progress of projector.rebuild([name]));
    assert.equal(await rowHashes(db.connections.projector), kept, name);
  }
  await projector.close();
});

test('the same events projected twice leave the same rows', async ({ db }) => {
  const source = new MadeUpLog(3).work(1500);
  const first = await projecting(db.connections, source);
  await first.close();
  const once = await rowHashes(db.connections.projector);
  await db.admin.query('update checkpoints set position = 0');
  const second = await projecting(db.connections, source);
  await second.close();
  assert.equal(await rowHashes(db.connections.projector), once);
});

test('work goes on while read models are rebuilt, and nobody hears of the swap', async ({ db }) => {
  const source = new MadeUpLog(5).work(2000);
  const projector = await projecting(db.connections, source);
  const watcher = new Watcher(projector.feed);
  const fresh = new Map(watcher.rows);
  let pages = 0;
  for await (const progress of projector.rebuild(names)) {
    if (progress.phase === 'replaying' || progress.phase === 'indexing') {
      source.work(40);
      pages += 1;
    }
  }
  source.work(200);
  assert.ok(await projector.waitFor(source.events.length, 30_000));
  assert.ok(pages > 1);
  assert.is(fresh.size, 0);
  // The first word of a row heard here says where it stood before, which this watcher was not told.
  assert.equal(
    watcher.complaints.filter((complaint) => !complaint.includes('was said to show')),
    [],
  );
  const kept = await rowHashes(db.connections.projector);
  for await (const _progress of projector.rebuild(names));
  assert.equal(await rowHashes(db.connections.projector), kept);
  await projector.close();
});

test('two versions of the code keep their rows beside each other on one database', async ({ db }) => {
  const source = new MadeUpLog(12).work(300);
  const present = await projecting(db.connections, source);
  const newer = readModels.map((model) => (model.name === 'lead' ? { ...model, version: model.version + 1 } : model));
  const owner = new pg.Client({ connectionString: db.urls.owner ?? '' });
  await owner.connect();
  await prepareReadModels(owner, newer);
  await prepareReadModels(owner, newer);
  await owner.end();
  const coming = await projecting(db.connections, source, newer);
  source.work(100);
  for (const projector of [present, coming]) assert.ok(await projector.waitFor(source.events.length, 20_000));
  assert.is.not(coming.tables().version, present.tables().version);
  assert.equal(await rowHashes(db.connections.projector, newer), await rowHashes(db.connections.projector));
  assert.ok(present.leading && coming.leading);
  await present.close();
  await coming.close();
});

test('changes are kept for a day, and who comes later is told that it missed some', async ({ db }) => {
  const source = new MadeUpLog(13).work(200);
  const projector = await projecting(db.connections, source);
  await projector.close();
  const { version } = await tablesOf(db);
  const client = await db.connections.projector.connect();
  const kept = async () => Number((await client.query('select count(*) from changed')).rows[0].count);
  assert.ok((await kept()) > 100);
  await db.admin.query("update changed set at = now() - case when position <= 100 then interval '25 hours' else interval '23 hours' end");
  await sweep(client, version);
  assert.is(Number((await client.query('select count(*) from changed where position <= 100')).rows[0].count), 0);
  assert.ok((await kept()) > 50);
  const late = await lookAround(client, version, readModels, 40);
  assert.is(late.batch?.lost, true);
  assert.equal(late.batch?.changes, []);
  const inTime = await lookAround(client, version, readModels, 150);
  assert.is(inTime.batch?.lost, undefined);
  assert.ok((inTime.batch?.changes.length ?? 0) > 10);
  client.release();
});

test('an unknown name is refused, and a rebuild that fails leaves nothing behind', async ({ db }) => {
  const source = new MadeUpLog(2).work(50);
  const projector = await projecting(db.connections, source);
  const rebuilding = async (name: string) => {
    for await (const _progress of projector.rebuild([name]));
  };
  await rebuilding('nonsense').then(
    () => assert.unreachable(),
    (error: Error) => assert.match(error.message, 'There is no read model nonsense'),
  );
  const read = source.read.bind(source);
  source.read = async () => {
    throw new Error('the log is out');
  };
  await rebuilding('lead').then(
    () => assert.unreachable(),
    (error: Error) => assert.match(error.message, 'the log is out'),
  );
  source.read = read;
  await projector.close();
  const left = await db.admin.query("select 1 from generations where status <> 'live'");
  assert.is(left.rowCount, 0);
  const schemas = await db.admin.query("select 1 from pg_namespace where nspname like 'read_v%'");
  assert.is(schemas.rowCount, 1);
});

test.run();
