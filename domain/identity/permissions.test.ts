import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { aggregates } from '../catalogue.ts';
import { everything } from './audience.ts';
import { level, permissions, permits } from './permissions.ts';

const test = suite('permissions');
const me = 'a0000000-0000-7000-8000-000000000001';
const other = 'a0000000-0000-7000-8000-000000000002';
const agent = {
  id: 'u1',
  role: 'agent',
  agentId: me,
  audience: { key: `own+:${me}`, all: false, agents: [me], unassigned: true },
} as const;
const manager = {
  id: 'u2',
  role: 'manager',
  agentId: me,
  audience: { key: 'team', all: false, agents: [me, other], unassigned: true },
} as const;

test('every command has a row in the table', () => {
  const missing = aggregates.flatMap(({ commands }) => commands.map(({ name }) => name)).filter((name) => !(name in permissions));
  assert.equal(missing, []);
});

test('a viewer changes nothing but their own marks and profile', () => {
  const may = Object.keys(permissions).filter((name) => permissions[name]?.viewer !== 'none');
  const changing = aggregates.flatMap(({ commands }) => commands.map(({ name }) => name));
  assert.equal(
    may.filter((name) => changing.includes(name)),
    ['user.edit', 'alert.read', 'alert.read-all'],
  );
});

test('an organization changes the table for a role; what nobody listed nobody may', () => {
  assert.is(level({ permissions: {} }, agent, 'lead.delete'), 'none');
  assert.is(level({ permissions: { agent: { 'lead.delete': 'own' } } }, agent, 'lead.delete'), 'own');
  assert.is(level({ permissions: {} }, agent, 'lead.fly'), 'none');
  assert.is(level({ permissions: {} }, { ...agent, id: 'system:import' }, 'lead.delete'), 'all');
});

test('own covers mine and what nobody owns, if I see it; team what I see', () => {
  assert.is(permits('own', agent, me), true);
  assert.is(permits('own', agent, other), false);
  assert.is(permits('own', agent, null), true);
  assert.is(permits('own', { ...agent, audience: { ...agent.audience, unassigned: false } }, null), false);
  assert.is(permits('team', manager, other), true);
  assert.is(permits('team', manager, 'somebody else'), false);
  assert.is(permits('team', { ...manager, audience: everything }, 'somebody else'), true);
  assert.is(permits('all', agent, 'somebody else'), true);
  assert.is(permits('none', manager, me), false);
  assert.is(permits('own', agent, undefined), true);
});

test.run();
