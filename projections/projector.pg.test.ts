import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createLog } from '../server/log.ts';
import { type TestDatabase, testDatabase } from '../server/store/testing.ts';
import { Projector } from './projector.ts';
import { MadeUpLog } from './testing/made-up-log.ts';
import { rowHashes } from './testing/row-hashes.ts';

const test = suite<{ db: TestDatabase }>('projector');
const log = createLog('fatal');

test.before.each(async (context) => {
  context.db = await testDatabase();
});
test.after.each(async ({ db }) => {
  await db.close();
});

/** Projects whole and waits until it is done. */
async function projected(db: TestDatabase, source: MadeUpLog): Promise<Projector> {
  const projector = new Projector({ connections: db.connections, source, log });
  await projector.start();
  await projector.caughtUp;
  return projector;
}

async function parkedIn(db: TestDatabase): Promise<{ projection: string; stream_id: string; position: string; error: string }[]> {
  return (await db.admin.query('select projection, stream_id, position, error from parked order by position, projection')).rows;
}

test('rows kept as the events come equal rows rebuilt from the first event, and nothing is parked', async ({ db }) => {
  const source = new MadeUpLog(7).work(500);
  const projector = await projected(db, source);
  for (const step of [1, 1, 3, 40, 700, 2500]) {
    source.work(step);
    assert.ok(await projector.waitFor(source.events.length, 10_000));
  }
  assert.equal(await parkedIn(db), []);
  const kept = await rowHashes(db.connections.projector);
  for await (const _progress of projector.rebuild([
    'users',
    'organizations',
    'members',
    'teams',
    'floor',
    'board',
    'search',
    'board_columns',
    'timeline',
    'history',
    'alerts',
    'operation',
    'metrics',
  ]));
  const rebuilt = await rowHashes(db.connections.projector);
  await projector.close();
  assert.equal(rebuilt, kept);
});

test.run();
