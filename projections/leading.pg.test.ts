// test-timeout: 120 s
import pg from 'pg';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type TestDatabase, testDatabase } from '../server/store/testing.ts';
import { readModels } from './catalogue.ts';
import { Leader, LeadLost } from './leader.ts';
import { takeLead } from './lease.ts';
import type { Projector } from './projector.ts';
import { MadeUpLog } from './testing/made-up-log.ts';
import { parkedIn, projecting, tablesOf } from './testing/projecting.ts';
import { rowHashes } from './testing/row-hashes.ts';
import { Watcher } from './testing/watcher.ts';

const test = suite<{ db: TestDatabase; pools: pg.Pool[] }>('leading');

test.before.each(async (context) => {
  context.db = await testDatabase();
  context.pools = [];
});
test.after.each(async ({ db, pools }) => {
  for (const pool of pools) await pool.end();
  await db.close();
});

/** Another process, as far as the database can tell: connections of its own. */
function elsewhere(db: TestDatabase, pools: pg.Pool[]) {
  const pool = new pg.Pool({ connectionString: db.urls.projector, max: 3 });
  pool.on('error', () => undefined);
  pools.push(pool);
  return { projector: pool, listen: db.connections.listen };
}

async function leaderOf(projectors: Projector[]): Promise<Projector> {
  for (;;) {
    const leader = projectors.find((projector) => projector.leading);
    if (leader) return leader;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function told(watcher: Watcher): string[] {
  return [...watcher.rows].map(([id, row]) => `${id} ${row.scope} ${row.status} ${row.version} ${row.wire}`).sort();
}

test('a process that follows is told the same as the one that leads, and both what the tables say', async ({ db, pools }) => {
  const source = new MadeUpLog(1);
  const one = await projecting(db.connections, source);
  const other = await projecting(elsewhere(db, pools), source);
  await leaderOf([one, other]);
  const watchers = [new Watcher(one.feed), new Watcher(other.feed)];
  // What was there before anybody watched is known to nobody: begin with rows that both hear of.
  for (const step of [1, 1, 1, 5, 80, 600, 900]) {
    source.work(step);
    assert.ok(await one.waitFor(source.events.length, 20_000));
    assert.ok(await other.waitFor(source.events.length, 20_000));
  }
  const [first, second] = watchers as [Watcher, Watcher];
  assert.equal(told(first), told(second));
  for (const watcher of watchers)
    assert.equal(
      watcher.complaints.filter((complaint) => !complaint.includes('was said to show to everyone, it did to null')),
      [],
    );
  assert.ok(first.rows.size > 300);
  const tables = await tablesOf(db);
  const { rows } = await db.admin.query<{ key: string; wire: string; scope: string }>(
    `select key, wire, scope from "${tables.schemas.get('board')}".board`,
  );
  const cards = told(first).filter((line) => line.startsWith('board|'));
  assert.is(cards.length, rows.length);
  for (const row of rows)
    assert.ok(
      cards.some((line) => line.includes(`|${row.key} ${row.scope} `) && line.endsWith(row.wire)),
      row.key,
    );
  await one.close();
  await other.close();
});

test('when the leader goes the other one takes over, nothing is announced twice and nothing left out', async ({ db, pools }) => {
  const source = new MadeUpLog(4).work(100);
  const projectors = [await projecting(db.connections, source), await projecting(elsewhere(db, pools), source)];
  const leader = await leaderOf(projectors);
  const heir = projectors.find((projector) => projector !== leader) as Projector;
  const watcher = new Watcher(heir.feed);
  source.work(300);
  await leader.close();
  source.work(300);
  assert.ok(await heir.waitFor(source.events.length, 30_000));
  assert.ok(heir.leading);
  assert.equal(
    watcher.complaints.filter((complaint) => !complaint.includes('was said to show')),
    [],
  );
  const kept = await rowHashes(db.connections.projector);
  for await (const _progress of heir.rebuild(readModels.map(({ name }) => name)));
  assert.equal(await rowHashes(db.connections.projector), kept);
  await heir.close();
});

test('a leader whose connections are cut leads again or is replaced, and the rows are right', async ({ db }) => {
  const source = new MadeUpLog(6).work(100);
  const projector = await projecting(db.connections, source);
  for (let cut = 0; cut < 5; cut += 1) {
    source.work(150);
    await db.admin.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'projector' and datname = current_database()",
    );
    source.work(50);
    assert.ok(await projector.waitFor(source.events.length, 30_000));
  }
  const kept = await rowHashes(db.connections.projector);
  for await (const _progress of projector.rebuild(readModels.map(({ name }) => name)));
  assert.equal(await rowHashes(db.connections.projector), kept);
  await projector.close();
});

test('a leader that slept through its lease cannot write any more', async ({ db }) => {
  const source = new MadeUpLog(8).work(60);
  const { version } = await tablesOf(db);
  const [sleeper, taker] = [await db.connections.projector.connect(), await db.connections.projector.connect()];
  try {
    const epoch = await takeLead(sleeper, version, 'sleeper');
    assert.ok(epoch);
    const asleep = await Leader.begin(sleeper, readModels, version, epoch ?? 0);
    assert.is(await takeLead(taker, version, 'taker'), null, 'a lease that holds is not given away');
    await db.admin.query("update checkpoints set lease_until = '-infinity'");
    const next = await takeLead(taker, version, 'taker');
    assert.is(next, (epoch ?? 0) + 1);
    await asleep.project(source.events.slice(0, 30)).then(
      () => assert.unreachable(),
      (error: unknown) => assert.instance(error, LeadLost),
    );
    const { rows } = await db.admin.query<{ count: string }>(`select count(*) from "${(await tablesOf(db)).schemas.get('lead')}".lead`);
    assert.is(Number(rows[0]?.count), 0);
    assert.is((await tablesOf(db)).position, 0);
  } finally {
    sleeper.release(true);
    taker.release(true);
  }
});

test('without notices the poll finds what was committed elsewhere, many batches at one look', async ({ db, pools }) => {
  const source = new MadeUpLog(9).work(50);
  const deaf = { projector: elsewhere(db, pools).projector, listen: async () => async () => undefined };
  const one = await projecting(db.connections, source);
  await leaderOf([one]);
  const other = await projecting(deaf, source);
  const watchers = [new Watcher(one.feed), new Watcher(other.feed)] as const;
  for (let batch = 0; batch < 12; batch += 1) {
    source.work(25);
    assert.ok(await one.waitFor(source.events.length, 10_000));
  }
  assert.ok(await other.waitFor(source.events.length, 10_000));
  assert.ok(watchers[1].batches < watchers[0].batches);
  assert.equal(told(watchers[1]), told(watchers[0]));
  await other.close();
  await one.close();
});

test('an event that cannot be digested parks its stream for that projection, is told of, and the rest goes on', async ({ db }) => {
  const source = new MadeUpLog(10).work(400);
  const alarms: string[] = [];
  const { Projector: Made } = await import('./projector.ts');
  const projector = new Made({
    connections: db.connections,
    source,
    log: { info: () => undefined, warn: () => undefined, error: (_fields, message) => alarms.push(message) },
    watch: { projected: () => undefined, leading: () => undefined, parked: (projection) => alarms.push(projection) },
  });
  await projector.start();
  await projector.caughtUp;
  const company = source.companies[0] as (typeof source.companies)[number];
  const victim = company.leads[0] as string;
  const fate = source.smuggle({
    organizationId: company.id,
    stream: { type: 'lead', id: victim },
    type: 'lead.tagged',
    data: { tag: 'nul \0 inside', at: '2026-11-21T00:00:00.000Z' },
  });
  const ghost = source.smuggle({
    organizationId: company.id,
    stream: { type: 'lead', id: source.newId() },
    type: 'lead.tagged',
    data: { tag: 'of nobody', at: '2026-11-21T00:00:00.000Z' },
  });
  source.work(300);
  assert.ok(await projector.waitFor(source.events.length, 30_000));
  const parked = await parkedIn(db);
  assert.ok(parked.some((row) => row.stream_id === victim && Number(row.position) === fate.position));
  assert.ok(parked.some((row) => row.projection === 'lead' && row.stream_id === ghost.stream.id));
  assert.ok(alarms.includes('lead') && alarms.includes('a stream was parked for a projection'));
  const others = company.leads.filter((id) => id !== victim);
  const { rows } = await db.admin.query<{ key: string }>(
    `select key from "${projector.readSchema('lead')}".lead where organization_id = $1`,
    [company.id],
  );
  for (const id of others)
    assert.ok(
      rows.some((row) => row.key === id),
      id,
    );
  await projector.close();
});

test.run();
