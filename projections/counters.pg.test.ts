// test-timeout: 60 s
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type TestDatabase, testDatabase } from '../server/store/testing.ts';
import { MadeUpLog } from './testing/made-up-log.ts';
import { projecting } from './testing/projecting.ts';

const test = suite<{ db: TestDatabase; table: (name: string) => string }>('counters');

test.before(async (context) => {
  context.db = await testDatabase();
  const projector = await projecting(context.db.connections, new MadeUpLog(17).work(6000));
  const tables = projector.tables();
  await projector.close();
  context.table = (name) => `"${tables.schemas.get(name)}".${name}`;
});
test.after(async ({ db }) => {
  await db.close();
});

test('columns of the board equal counts and sums over its cards', async ({ db, table }) => {
  const counted = await db.admin.query(
    `select organization_id, status, scope, count(*)::bigint as count, sum(coalesce(value, budget_max, budget_min, 0))::bigint as value
       from ${table('board')} group by 1, 2, 3 order by 1, 2, 3`,
  );
  const kept = await db.admin.query(
    `select organization_id, status, scope, count, value from ${table('board_columns')} where count <> 0 order by 1, 2, 3`,
  );
  assert.ok(counted.rows.length > 50);
  assert.equal(kept.rows, counted.rows);
});

test('the load of each agent equals their open leads, and the oldest of those that wait', async ({ db, table }) => {
  const counted = await db.admin.query(
    `select f.organization_id, f.key, (select count(*)::int from ${table('board')} b where b.organization_id = f.organization_id and b.agent_id = f.key and b.open) as active,
            (select min(b.assigned_at) from ${table('board')} b where b.organization_id = f.organization_id and b.agent_id = f.key and b.open and b.respond_by is not null) as oldest
       from ${table('floor')} f order by 1, 2`,
  );
  const kept = await db.admin.query(
    `select organization_id, key, active_leads_count as active, (wire::json ->> 'oldestUnansweredAt')::timestamptz as oldest from ${table('floor')} order by 1, 2`,
  );
  assert.is(counted.rows.length, 25);
  assert.ok(counted.rows.some((row) => row.oldest !== null));
  assert.equal(kept.rows, counted.rows);
});

/** Each metric as a query over the cards; `day` counts in the zone that the organization had when the lead arrived. */
const day = (column: string) => `to_char(${column} at time zone (l.state::json ->> 'timezone'), 'YYYY-MM-DD')`;
const recounts: [metric: string, by: string, value: string, where: string][] = [
  ['leads.open', 'null', 'count(*)', 'l.open'],
  ['leads.unassigned', 'null', 'count(*)', 'l.open and l.agent_id is null'],
  ['leads.waiting', 'null', 'count(*)', 'l.open and l.respond_by is not null'],
  ['value.open', 'null', 'sum(coalesce(l.value, l.budget_max, l.budget_min, 0))', 'l.open'],
  ['leads.captured', day('l.captured_at'), 'count(*)', 'true'],
  ['leads.answered', day('l.first_contacted_at'), 'count(*)', 'l.first_contacted_at is not null'],
  [
    'response.seconds',
    day('l.first_contacted_at'),
    'sum(round(extract(epoch from l.first_contacted_at - l.captured_at)))',
    'l.first_contacted_at is not null',
  ],
  [
    'leads.answeredInTime',
    day('l.first_contacted_at'),
    'count(*)',
    "l.first_contacted_at <= (l.state::json ->> 'promisedBy')::timestamptz",
  ],
  ['leads.won', day('l.closed_at'), 'count(*)', "l.closed_at is not null and l.state::json ->> 'kind' = 'won'"],
  ['leads.lost', day('l.closed_at'), 'count(*)', "l.closed_at is not null and l.state::json ->> 'kind' = 'lost'"],
  [
    'value.won',
    day('l.closed_at'),
    "sum(coalesce((l.wire::json ->> 'dealValue')::bigint, l.value, l.budget_max, l.budget_min, 0))",
    "l.closed_at is not null and l.state::json ->> 'kind' = 'won'",
  ],
];

for (const [metric, by, value, where] of recounts) {
  test(`${metric} equals its sum over the leads`, async ({ db, table }) => {
    const counted = await db.admin.query(
      `select l.organization_id, l.scope, ${by} as bucket, (${value})::bigint as value from ${table('lead')} l
        where l.deleted_at is null and ${where} group by 1, 2, 3 having (${value})::bigint <> 0 order by 1, 2, 3`,
    );
    const kept = await db.admin.query(
      `select organization_id, scope, bucket, value from ${table('metrics')}
        where metric = $1 and value <> 0 and (bucket is null or bucket !~ 'T') order by 1, 2, 3`,
      [metric],
    );
    assert.ok(counted.rows.length > 0);
    assert.equal(kept.rows, counted.rows);
  });
}

test('the history of a lead, field by field, leads to what it is now', async ({ db, table }) => {
  const last = await db.admin.query<{ field: string; said: string | null; is: string | null }>(
    `select distinct on (h.lead_id, h.field) h.field, h.wire::json ->> 'newValue' as said, l.wire::json ->> h.field as is
       from ${table('history')} h join ${table('lead')} l on l.organization_id = h.organization_id and l.key = h.lead_id::text
      where h.field in ('status', 'agentId', 'firstName', 'location', 'value') order by h.lead_id, h.field, h.position desc`,
  );
  assert.ok(last.rows.length > 300);
  for (const row of last.rows) assert.is(row.is, row.said, row.field);
});

test.run();
