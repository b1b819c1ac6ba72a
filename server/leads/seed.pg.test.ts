import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createLog } from '../log.ts';
import { startFloor, type TestFloor } from '../testing.ts';
import { organizationBySlug } from './import/lookups.ts';
import { seedLeads } from './seed.ts';

const test = suite('seed');
let floor: TestFloor;

test.before(async () => {
  floor = await startFloor({ demo: true, log: createLog('error') });
});
test.after(() => floor.close());

interface Floor {
  rows: { id: string; activeLeadsCount: number; capacity: number | null }[];
}

async function agentsOf(email: string): Promise<Floor['rows']> {
  const { token } = await floor.signIn(email);
  const position = await floor.store.head();
  assert.ok(await floor.projector.waitFor(position, 20_000));
  const answer = await fetch(`${floor.url}/api/agents`, {
    headers: { authorization: `Bearer ${token}`, 'min-position': String(position) },
  });
  return ((await answer.json()) as Floor).rows;
}

test('more leads than the agents have place for: nobody gets more than they may hold, nothing is refused', async () => {
  const { id } = await organizationBySlug(floor.connections, floor.projector, 'uae-real-estate');
  const agents = await agentsOf('owner@uae-real-estate.demo');
  const before = agents.map(({ id: agentId, activeLeadsCount }) => ({ agentId, activeLeadsCount }));
  const made = await seedLeads(
    { store: floor.store, agents: before, managerId: null, now: new Date(), seed: 7 },
    { organizationId: id, leads: 1500 },
  );
  assert.is(made.refused, 0);
  assert.ok(made.events > 3000);
  const after = await agentsOf('owner@uae-real-estate.demo');
  for (const agent of after) {
    assert.is(agent.capacity, 50);
    assert.ok(agent.activeLeadsCount <= 50, `${agent.activeLeadsCount}`);
  }
  assert.ok(after.filter(({ activeLeadsCount }) => activeLeadsCount >= 45).length >= 6, 'places are used up');
});

test('each event is recorded as done by who did it', async () => {
  const { rows } = await floor.database.admin.query<{ type: string; actors: number }>(
    `select e.type, count(distinct e.meta->>'actor')::int as actors from events e
     where e.type in ('lead.captured', 'lead.assigned', 'lead.moved') group by 1 order by 1`,
  );
  const actors = Object.fromEntries(rows.map((row) => [row.type, row.actors]));
  assert.is(actors['lead.captured'], 1);
  assert.ok((actors['lead.assigned'] ?? 0) > 5);
  assert.ok((actors['lead.moved'] ?? 0) >= 40);
});

test.run();
