import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { given } from '../../kernel/given-when-then.ts';
import { lead } from '../lead.ts';
import { asSara, assignedTo, captured, floorOf, omar, sara, tr } from './example-floor.ts';
import type { LeadEvent } from './facts.ts';

const test = suite('lead.assign, unassign, claim');
const b2b = floorOf('b2b-sales');

function places(guards: { kind: string; key?: string; by?: number; limit?: number | null }[]) {
  return guards.map(({ kind, key, by, limit }) => [kind, key, by, limit]);
}

test('gives an unowned lead to an agent and takes one of their places', () => {
  const outcome = given(lead, captured()).when('lead.assign', { agentId: sara, reason: 'knows the Marina' }, { surroundings: tr });
  assert.equal(outcome.events, [
    {
      type: 'lead.assigned',
      data: {
        agentId: sara,
        agentName: 'Sara Al Mansoori',
        from: null,
        fromName: null,
        strategy: 'manual',
        reason: 'knows the Marina',
        status: 'new',
        kind: 'open',
        at: '2026-11-21T08:00:00.000Z',
      },
    },
  ]);
  assert.equal(places(outcome.guards), [['count', sara, 1, 50]]);
});

test('reassigns an owned lead: one place back, one taken', () => {
  const outcome = given(lead, captured(), assignedTo(sara)).when('lead.assign', { agentId: omar }, { surroundings: tr });
  const [event] = outcome.events as LeadEvent[];
  assert.is(event?.type === 'lead.assigned' && event.data.from, sara);
  assert.equal(places(outcome.guards), [
    ['count', sara, -1, null],
    ['count', omar, 1, 50],
  ]);
});

test('is nothing when the agent owns it already, even without a place left', () => {
  const outcome = given(lead, captured(), assignedTo(sara)).when('lead.assign', { agentId: sara }, { surroundings: tr });
  assert.equal(outcome.events, []);
  assert.equal(outcome.guards, []);
});

test('the lower of the two limits holds; without any there is none', () => {
  const limitOf = (surroundings: typeof tr) =>
    places(given(lead, captured()).when('lead.assign', { agentId: sara }, { surroundings }).guards)[0]?.[3];
  assert.is(limitOf(floorOf('uae-real-estate', { saraCapacity: 10 })), 10);
  assert.is(limitOf(floorOf('uae-real-estate', { saraCapacity: 80 })), 50);
  assert.is(limitOf(floorOf('b2b-sales', { saraCapacity: 80 })), 80);
  assert.is(limitOf(b2b), null);
});

test('a closed lead changes hands without a place', () => {
  const outcome = given(lead, captured({ status: 'lost', kind: 'lost' })).when('lead.assign', { agentId: sara }, { surroundings: tr });
  assert.is(outcome.events.length, 1);
  assert.equal(outcome.guards, []);
});

test('a deleted lead is not there', () => {
  const deleted: LeadEvent = {
    type: 'lead.deleted',
    data: { agentId: null, status: 'new', kind: 'open', reason: null, at: '2026-11-21T08:00:00.000Z' },
  };
  for (const [command, data] of [
    ['lead.assign', { agentId: sara }],
    ['lead.unassign', {}],
    ['lead.claim', {}],
  ] as const) {
    assert.is(given(lead, captured(), deleted).when(command, data, { surroundings: tr, actor: asSara }).refusal?.code, 'lead.not-found');
  }
});

test('unassign frees the lead and the place, and only once', () => {
  const outcome = given(lead, captured(), assignedTo(sara)).when('lead.unassign', { reason: 'on leave' });
  assert.is(outcome.events[0]?.type, 'lead.unassigned');
  assert.equal(places(outcome.guards), [['count', sara, -1, null]]);
  assert.equal(given(lead, captured()).when('lead.unassign').events, []);
});

test('the first claim wins', () => {
  const outcome = given(lead, captured()).when('lead.claim', {}, { surroundings: tr, actor: asSara });
  const [event] = outcome.events as LeadEvent[];
  assert.is(event?.type === 'lead.assigned' && event.data.strategy, 'first_to_claim');
  assert.equal(places(outcome.guards), [['count', sara, 1, 50]]);
});

test('a later claim is told who won and by how much', () => {
  const outcome = given(lead, captured(), assignedTo(omar)).when(
    'lead.claim',
    {},
    { surroundings: tr, actor: asSara, now: '2026-11-21T08:00:00.137Z' },
  );
  assert.is(outcome.refusal?.status, 409);
  assert.is(outcome.refusal?.code, 'lead.already-claimed');
  assert.equal(outcome.refusal?.extra, { winner: { agentId: omar, name: 'Omar Khan' }, lateByMs: 137 });
});

test('claiming what is mine already is nothing', () => {
  assert.equal(given(lead, captured(), assignedTo(sara)).when('lead.claim', {}, { surroundings: tr, actor: asSara }).events, []);
});

test('who never sees unassigned leads learns nothing from a claim', () => {
  const actor = { ...asSara, audience: { ...asSara.audience, unassigned: false } };
  for (const events of [[captured()], [captured(), assignedTo(omar)]]) {
    assert.is(given(lead, ...events).when('lead.claim', {}, { surroundings: tr, actor }).refusal?.status, 404);
  }
});

test('a claim needs a working profile', () => {
  assert.is(given(lead, captured()).when('lead.claim', {}, { surroundings: tr }).refusal?.code, 'agent.unknown');
});

test.run();
