// test-timeout: 120 s

import { v7 } from 'uuid';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { audienceOf, everything } from '../../domain/identity/audience.ts';
import type { Actor } from '../../domain/kernel/aggregate.ts';
import { Rejection } from '../../domain/kernel/rejection.ts';
import type { LeadState } from '../../domain/leads/lead/facts.ts';
import type { CommandAnswer } from '../store/store.ts';
import { startFloor, type TestFloor } from '../testing.ts';
import { Chance } from './made-up/chance.ts';

const test = suite('rules between leads, under fire');
const system: Actor = { id: 'system:test', agentId: null, name: 'Test', role: 'owner', audience: everything };
let floor: TestFloor;

test.before(async () => {
  floor = await startFloor();
});
test.after(() => floor.close());

type Outcome = { answer: CommandAnswer } | { code: string; rejection: Rejection };

async function tell(organizationId: string, type: string, id: string, data: object, actor = system): Promise<Outcome> {
  try {
    return { answer: await floor.store.execute({ type, organizationId, id, data, actor }) };
  } catch (error) {
    if (error instanceof Rejection) return { code: error.code, rejection: error };
    throw error;
  }
}

async function must(organizationId: string, type: string, id: string, data: object): Promise<CommandAnswer> {
  const outcome = await tell(organizationId, type, id, data);
  if ('code' in outcome) throw outcome.rejection;
  return outcome.answer;
}

async function open(preset: string, agentCount: number): Promise<{ organizationId: string; agents: Actor[] }> {
  const organizationId = v7();
  await must(organizationId, 'organization.create', organizationId, {
    name: preset,
    slug: `${preset}-${organizationId.slice(-8)}`,
    preset,
  });
  const agents: Actor[] = [];
  for (let number = 1; number <= agentCount; number += 1) {
    const agentId = v7();
    const userId = v7();
    const name = `Agent ${number}`;
    await must(organizationId, 'member.add', agentId, { userId, name, role: 'agent' });
    await must(organizationId, 'agent.create', agentId, {
      userId,
      fullName: name,
      email: `a${number}@example.com`,
      phone: `+9715000000${10 + number}`,
    });
    agents.push({ id: userId, agentId, name, role: 'agent', audience: audienceOf('agent', agentId, null, 'own-and-unassigned') });
  }
  return { organizationId, agents };
}

const count = (outcomes: Outcome[], code?: string) =>
  outcomes.filter((outcome) => ('code' in outcome ? outcome.code === code : code === undefined)).length;
const many = <Result>(times: number, make: (index: number) => Promise<Result>) =>
  Promise.all(Array.from({ length: times }, (_, index) => make(index)));

test('E3: fifty captures of one phone, however typed, make one lead; deleting it makes room for one more', async () => {
  const { organizationId } = await open('recruiting', 0);
  const spellings = ['+1 202 555 0123', '(202) 555-0123', '001 202-555-0123', '202.555.0123'];
  const capture = (index: number) => tell(organizationId, 'lead.capture', v7(), { name: `Person ${index}`, phone: spellings[index % 4] });
  const first = await many(50, capture);
  assert.is(count(first), 1);
  assert.is(count(first, 'lead.duplicate'), 49);
  const winner = first.find((outcome) => 'answer' in outcome) as { answer: CommandAnswer };
  for (const outcome of first) if ('code' in outcome) assert.equal(outcome.rejection.extra.existing, { id: winner.answer.id });
  await must(organizationId, 'lead.delete', winner.answer.id, {});
  assert.is(count(await many(50, capture)), 1);
  assert.is(count([await tell(organizationId, 'lead.restore', winner.answer.id, {})], 'lead.duplicate'), 1);
});

test('E3: fifty leads edited to one phone: one gets it, and giving it up makes room', async () => {
  const { organizationId } = await open('recruiting', 0);
  const leads = await many(
    50,
    async (index) => (await must(organizationId, 'lead.capture', v7(), { name: `Person ${index}`, phone: `+1212555${1000 + index}` })).id,
  );
  const phone = '+12025550199';
  const edits = await many(50, (index) => tell(organizationId, 'lead.edit', leads[index] ?? '', { phone }));
  assert.is(count(edits), 1);
  assert.is(count(edits, 'lead.duplicate'), 49);
  const holder = leads[edits.findIndex((outcome) => 'answer' in outcome)] ?? '';
  await must(organizationId, 'lead.edit', holder, { phone: '+12025550177' });
  assert.is(count([await tell(organizationId, 'lead.edit', leads.find((id) => id !== holder) ?? '', { phone })]), 1);
});

test('TR: the same phone is welcome from another source, and from the same source once it was given up', async () => {
  const { organizationId } = await open('uae-real-estate', 0);
  const data = { firstName: 'Amal', lastName: 'Haddad', phone: '0501234567' };
  const sources = ['bayut', 'propertyFinder', 'dubizzle', 'website', 'walk_in', 'referral'];
  const captures = await many(60, (index) => tell(organizationId, 'lead.capture', v7(), { ...data, source: sources[index % 6] }));
  assert.is(count(captures), 6);
  assert.is(count(captures, 'lead.duplicate'), 54);
});

test('sixty people claim one lead: one wins, the others are told who and by how much', async () => {
  const { organizationId, agents } = await open('uae-real-estate', 60);
  const { id } = await must(organizationId, 'lead.capture', v7(), {
    firstName: 'A',
    lastName: 'B',
    phone: '0507654321',
    source: 'website',
  });
  const claims = await many(60, (index) => tell(organizationId, 'lead.claim', id, {}, agents[index]));
  assert.is(count(claims), 1);
  assert.is(count(claims, 'lead.already-claimed'), 59);
  const winner = agents[claims.findIndex((outcome) => 'answer' in outcome)];
  for (const outcome of claims) {
    if (!('code' in outcome)) continue;
    assert.equal(outcome.rejection.extra.winner, { agentId: winner?.agentId, name: winner?.name });
    assert.ok((outcome.rejection.extra.lateByMs as number) >= 0);
  }
});

test('a storm of hand-overs, moves, deletions and returns leaves nobody with more than they may hold, and every place counted', async () => {
  const { organizationId, agents } = await open('us-real-estate', 4);
  const capacity = 3;
  await must(organizationId, 'organization.edit', organizationId, { capacity });
  const leads = await many(60, async (index) => (await must(organizationId, 'lead.capture', v7(), { name: `Lead ${index}` })).id);
  const chance = new Chance(42);
  const commands: [string, () => object][] = [
    ['lead.assign', () => ({ agentId: chance.pick(agents).agentId })],
    ['lead.assign', () => ({ agentId: chance.pick(agents).agentId })],
    ['lead.unassign', () => ({})],
    ['lead.move', () => ({ status: chance.pick(['new', 'active', 'offer', 'closed', 'lost']) })],
    ['lead.delete', () => ({})],
    ['lead.restore', () => ({})],
  ];
  const outcomes: Outcome[] = [];
  for (let wave = 0; wave < 12; wave += 1) {
    const storm = Array.from({ length: 120 }, () => {
      const [type, data] = chance.pick(commands);
      return tell(organizationId, type, chance.pick(leads), data());
    });
    outcomes.push(...(await Promise.all(storm)));
  }
  assert.ok(count(outcomes, 'agent.full') > 20, 'the limit was felt');
  assert.ok(count(outcomes) > 300);
  const held = new Map<string, number>();
  for (const id of leads) {
    const { state } = await floor.store.load<LeadState>(organizationId, { type: 'lead', id });
    if (state.agentId !== null && state.kind === 'open' && !state.deleted) held.set(state.agentId, (held.get(state.agentId) ?? 0) + 1);
  }
  const { rows } = await floor.database.admin.query<{ key: string; count: string }>(
    'select key, count from guard_counts where organization_id = $1 and scope = $2',
    [organizationId, 'agent.active'],
  );
  for (const { agentId } of agents) {
    assert.ok((held.get(agentId ?? '') ?? 0) <= capacity, 'more than they may hold');
    assert.is(Number(rows.find(({ key }) => key === agentId)?.count ?? 0), held.get(agentId ?? '') ?? 0, 'a place was lost or doubled');
  }
});

test.run();
