import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { given, someOrganization, someOwner } from '../kernel/given-when-then.ts';
import { floorOf, omar, sara } from '../leads/lead/example-floor.ts';
import { visibilityWith } from '../leads/presets/preset.ts';
import { type MemberEvent, member } from './member.ts';
import { type OrganizationEvent, organization } from './organization.ts';
import { type TeamEvent, team } from './team.ts';
import { type UserEvent, user } from './user.ts';

const test = suite('organization, member, team, user');
const at = '2026-11-21T08:00:00.000Z';
const userId = '00000000-0000-7000-8000-0000000000e1';
const added = (role: 'owner' | 'agent'): MemberEvent => ({ type: 'member.added', data: { userId, name: 'Sara', role, at } });
const admin = { role: 'admin', agentId: omar } as const;

test('an organization opens with the settings and the pipeline of its preset', () => {
  const outcome = given(organization).when(
    'organization.create',
    { name: 'Marina Homes', slug: 'marina-homes', preset: 'uae-real-estate' },
    { id: someOrganization },
  );
  const [created] = outcome.events as OrganizationEvent[];
  assert.is(created?.type === 'organization.created' && created.data.capacity, 50);
  assert.equal(
    outcome.decision?.also?.map(({ stream, events }) => [stream, events.map(({ type }) => type)]),
    [[{ type: 'pipeline', id: someOrganization }, ['pipeline.created']]],
  );
});

test('settings change only where they differ, and never the rights of owners', () => {
  const standing = floorOf('uae-real-estate').organization as { slug: string };
  const created = { type: 'organization.created', data: { ...standing, at } } as never;
  const edit = (data: object) => given(organization, created).when('organization.edit', data);
  assert.equal(edit({ currency: 'aed', visibility: { agent: 'own-and-unassigned' } }).events, []);
  const [edited] = edit({ capacity: null, visibility: { agent: 'own' } }).events as OrganizationEvent[];
  assert.equal(edited?.type === 'organization.edited' && edited.data.fields, {
    capacity: null,
    visibility: { ...visibilityWith('own-and-unassigned'), agent: 'own' },
  });
  assert.is(edit({ permissions: { owner: { 'lead.move': 'none' } } }).refusal?.code, 'organization.owner-bound');
  assert.is(edit({ visibility: { owner: 'own' } }).refusal?.code, 'organization.owner-bound');
  assert.is(edit({ permissions: { agent: { 'lead.fly': 'own' } } }).refusal?.code, 'organization.permission-unknown');
  assert.throws(() => edit({ timezone: 'Mars/Olympus' }));
  assert.throws(() => edit({ region: 'ZZ' }));
});

test('a person is a member once', () => {
  const outcome = given(member).when('member.add', { userId, name: 'Sara', role: 'agent' });
  assert.equal(outcome.events, [added('agent')]);
  const [guard] = outcome.guards;
  assert.equal(guard?.kind === 'take' && [guard.scope, guard.key, guard.refuse('x').code], ['member.user', userId, 'member.exists']);
});

test('roles change, members are suspended and come back, each once', () => {
  assert.is(given(member, added('agent')).when('member.change-role', { role: 'manager' }).events.length, 1);
  assert.equal(given(member, added('agent')).when('member.change-role', { role: 'agent' }).events, []);
  assert.equal(given(member, added('agent')).when('member.activate').events, []);
  const suspended: MemberEvent = { type: 'member.suspended', data: { reason: null, at } };
  assert.equal(given(member, added('agent'), suspended).when('member.suspend').events, []);
  assert.is(given(member, added('agent'), suspended).when('member.activate').events.length, 1);
});

test('nobody ends their own access and only owners decide about owners', () => {
  for (const [command, data] of [
    ['member.suspend', {}],
    ['member.change-role', { role: 'viewer' }],
  ] as const) {
    const id = someOwner.agentId ?? '';
    assert.is(given(member, added('owner')).when(command, data, { id }).refusal?.code, 'member.oneself');
    assert.is(given(member, added('owner')).when(command, data, { actor: admin }).refusal?.code, 'member.owner-only');
  }
  assert.is(
    given(member, added('agent')).when('member.change-role', { role: 'owner' }, { actor: admin }).refusal?.code,
    'member.owner-only',
  );
  assert.is(given(member).when('member.add', { userId, name: 'x', role: 'owner' }, { actor: admin }).refusal?.code, 'member.owner-only');
});

test('a team has members who are members, and at most one lead', () => {
  const surroundings = { member: { ...member.initial }, [`member/${sara}`]: { ...member.initial, userId } };
  const created: TeamEvent = { type: 'team.created', data: { name: 'Marina', description: null, leadId: null, agentIds: [], at } };
  assert.equal(given(team).when('team.create', { name: 'Marina', agentIds: [sara, sara] }, { surroundings }).events, [
    { ...created, data: { ...created.data, agentIds: [sara] } },
  ]);
  assert.is(given(team).when('team.create', { name: 'Marina', leadId: omar }, { surroundings }).refusal?.code, 'member.unknown');
  const joined: TeamEvent = { type: 'team.member-added', data: { agentId: sara, at } };
  assert.equal(given(team, created).when('team.add-member', { agentId: sara }, { surroundings }).events, [joined]);
  assert.equal(given(team, created, joined).when('team.add-member', { agentId: sara }, { surroundings }).events, []);
  assert.is(given(team, created, joined).when('team.remove-member', { agentId: sara }).events.length, 1);
  assert.equal(given(team, created).when('team.remove-member', { agentId: sara }).events, []);
  const led: TeamEvent = { type: 'team.lead-set', data: { leadId: sara, was: null, at } };
  assert.equal(given(team, created).when('team.set-lead', { agentId: sara }, { surroundings }).events, [led]);
  assert.is(given(team, created, led).when('team.set-lead', { agentId: null }).events.length, 1);
});

test('an e-mail address registers once, in small letters; only oneself edits', () => {
  const outcome = given(user).when('user.register', { email: 'Sara@Example.com', firstName: 'Sara', lastName: 'Al Mansoori' });
  const [registered] = outcome.events as UserEvent[];
  const [guard] = outcome.guards;
  assert.equal(guard?.kind === 'take' && [guard.scope, guard.key, guard.personal], ['user.email', 'sara@example.com', true]);
  const edit = (id: string) => given(user, registered as UserEvent).when('user.edit', { firstName: 'Sarah' }, { id });
  assert.is(edit(someOwner.id).events.length, 1);
  assert.is(edit(userId).refusal?.status, 404);
});

test.run();
