import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { given } from '../kernel/given-when-then.ts';
import { type AgentEvent, agent, capacityOf } from './agent.ts';
import { asSara, floorOf, omar, sara, tr } from './lead/example-floor.ts';

const test = suite('agent');
const at = '2026-11-21T08:00:00.000Z';
const profile = { fullName: 'Sara Al Mansoori', email: 'sara@example.com', phone: '050 123 4567' };

const created = (changes: object = {}): AgentEvent => ({
  type: 'agent.created',
  data: {
    ...{
      userId: null,
      fullName: 'Sara Al Mansoori',
      email: 'sara@example.com',
      phone: '+971501234567',
      specializationPropertyType: [],
      specializationAreas: [],
    },
    ...{ languageSkills: [], capacity: null, at },
    ...changes,
  },
});

test('a profile is created in the words of the organization, its e-mail and phone its own', () => {
  const outcome = given(agent).when('agent.create', { ...profile, specializationPropertyType: ['Villa'] }, { surroundings: tr });
  assert.equal(outcome.events, [created({ specializationPropertyType: ['villa'] })]);
  assert.equal(
    outcome.guards.map((guard) => [guard.kind, guard.scope, guard.key]),
    [
      ['take', 'agent.email', 'sara@example.com'],
      ['take', 'agent.phone', '+971501234567'],
    ],
  );
});

test('TR needs e-mail and phone, others do not', () => {
  assert.equal(given(agent).when('agent.create', { fullName: 'Sara' }, { surroundings: tr }).refusal?.errors, [
    { path: 'email', message: 'required' },
    { path: 'phone', message: 'required' },
  ]);
  assert.is(given(agent).when('agent.create', { fullName: 'Sara' }, { surroundings: floorOf('b2b-sales') }).refusal, null);
});

test('what cannot be is refused', () => {
  const create = (changes: object) => given(agent).when('agent.create', { ...profile, ...changes }, { surroundings: tr }).refusal?.code;
  assert.is(create({ phone: '12' }), 'agent.phone-invalid');
  assert.is(create({ specializationPropertyType: ['castle'] }), 'agent.property-type-unknown');
});

test('an edit frees what it leaves and takes what it comes to', () => {
  const outcome = given(agent, created()).when('agent.edit', { email: 'sara@floor.example', capacity: 10 }, { surroundings: tr });
  assert.equal(
    outcome.guards.map((guard) => [guard.kind, guard.key]),
    [
      ['free', 'sara@example.com'],
      ['take', 'sara@floor.example'],
    ],
  );
  assert.is(given(agent, created()).when('agent.edit', { email: null }, { surroundings: tr }).refusal?.code, 'agent.field-required');
  assert.equal(given(agent, created()).when('agent.edit', { fullName: 'Sara Al Mansoori' }, { surroundings: tr }).events, []);
});

test('people pause themselves, leaders their team, nobody else', () => {
  const pause = (actor: object) => given(agent, created()).when('agent.pause', {}, { surroundings: tr, id: sara, actor });
  assert.is(pause(asSara).events.length, 1);
  assert.is(pause({ ...asSara, agentId: omar }).refusal?.status, 403);
  const team = { role: 'manager', agentId: omar, audience: { key: 'team', all: false, agents: [omar, sara], unassigned: true } };
  assert.is(pause(team).events.length, 1);
  assert.is(pause({ ...team, audience: { ...team.audience, agents: [omar] } }).refusal?.status, 403);
});

test('pausing, stepping away and coming back happen once each', () => {
  const paused: AgentEvent = { type: 'agent.paused', data: { until: null, reason: null, at } };
  const away: AgentEvent = { type: 'agent.stepped-away', data: { until: null, at } };
  const circumstances = { surroundings: tr, id: sara };
  assert.equal(given(agent, created(), paused).when('agent.pause', {}, circumstances).events, []);
  assert.equal(given(agent, created(), away).when('agent.step-away', {}, circumstances).events, []);
  assert.equal(given(agent, created()).when('agent.resume', {}, circumstances).events, []);
  assert.is(given(agent, created(), paused).when('agent.resume', {}, circumstances).events.length, 1);
  assert.is(given(agent, created(), away).when('agent.pause', {}, circumstances).events.length, 1);
  assert.is(
    given(agent, created()).when('agent.pause', { until: '2026-11-21T07:00:00Z' }, circumstances).refusal?.code,
    'agent.until-past',
  );
});

test('of two limits the lower holds', () => {
  assert.is(capacityOf({ capacity: null }, { capacity: 50 }), 50);
  assert.is(capacityOf({ capacity: 30 }, { capacity: 50 }), 30);
  assert.is(capacityOf({ capacity: 80 }, { capacity: 50 }), 50);
  assert.is(capacityOf({ capacity: 80 }, { capacity: null }), 80);
  assert.is(capacityOf({ capacity: null }, { capacity: null }), null);
});

test.run();
