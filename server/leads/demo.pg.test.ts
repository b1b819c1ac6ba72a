import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { aggregateNamed, aggregates, commandNamed } from '../../domain/catalogue.ts';
import type { RecordedEvent } from '../../domain/kernel/aggregate.ts';
import { fold } from '../../domain/kernel/given-when-then.ts';
import { displayName, type LeadEvent, type LeadState } from '../../domain/leads/lead/facts.ts';
import { lead } from '../../domain/leads/lead.ts';
import { presets } from '../../domain/leads/presets/catalogue.ts';
import { Sessions } from '../identity/sessions.ts';
import { createLog } from '../log.ts';
import { KeyRing } from '../store/keys.ts';
import { derive } from '../store/master-key.ts';
import { EventStore } from '../store/store.ts';
import { type TestDatabase, testDatabase } from '../store/testing.ts';
import { demoPassword, demoSignIns, makeDemoFloor } from './demo.ts';

const test = suite('demo floor');
const now = new Date('2026-11-21T08:00:00.000Z');
const log = createLog('error');
let database: TestDatabase;
let store: EventStore;
let sessions: Sessions;
let events: RecordedEvent[];

test.before(async () => {
  database = await testDatabase();
  const { connections, masterKey } = database;
  const keys = new KeyRing(connections.appender, masterKey);
  store = new EventStore({ connections, catalogue: { aggregates, aggregateNamed, commandNamed }, keys, clock: Date.now, log });
  sessions = new Sessions({ connections, secret: derive(masterKey, 'sessions'), now: Date.now, log });
  await makeDemoFloor({ store, sessions, now, log });
  events = [];
  for (let page = await store.read(0, 5000); page.length > 0; page = await store.read(events.length, 5000)) events.push(...page);
});

test.after(async () => {
  await sessions.close();
  await store.close();
  await database.close();
});

interface Held {
  state: LeadState;
  events: LeadEvent[];
}

/** Leads by organization slug. */
function leadsBySlug(): Map<string, Held[]> {
  const slugs = new Map(
    events.filter(({ type }) => type === 'organization.created').map((event) => [event.organizationId, String(event.data.slug)]),
  );
  const byLead = new Map<string, { slug: string; events: LeadEvent[] }>();
  for (const event of events) {
    if (event.stream.type !== 'lead') continue;
    const slug = slugs.get(event.organizationId) ?? '';
    const entry = byLead.get(event.stream.id) ?? { slug, events: [] };
    byLead.set(event.stream.id, entry);
    entry.events.push({ type: event.type, data: event.data } as unknown as LeadEvent);
  }
  const leads = new Map<string, Held[]>();
  for (const entry of byLead.values())
    leads.set(entry.slug, [...(leads.get(entry.slug) ?? []), { state: fold(lead, entry.events), events: entry.events }]);
  return leads;
}

test('one organization a preset, some hundred leads each', () => {
  const leads = leadsBySlug();
  assert.equal([...leads.keys()].sort(), presets.map(({ slug }) => slug).sort());
  for (const [slug, held] of leads) assert.ok(held.length >= 200 && held.length <= 500, `${slug} has ${held.length}`);
});

test('every demo agent holds some leads and fewer than thirty active ones', () => {
  for (const [slug, held] of leadsBySlug()) {
    const active = new Map<string, number>();
    for (const { state } of held)
      if (state.agentId !== null && state.kind === 'open') active.set(state.agentId, (active.get(state.agentId) ?? 0) + 1);
    assert.is(active.size, 8, slug);
    for (const count of active.values()) assert.ok(count >= 5 && count < 30, `${slug}: ${count}`);
  }
});

test('every stage has leads; some wait for an owner, some have been contacted, some carry notes and tags', () => {
  for (const preset of presets) {
    const held = leadsBySlug().get(preset.slug) ?? [];
    for (const stage of preset.stages)
      assert.ok(
        held.some(({ state }) => state.status === stage.key),
        `${preset.slug} ${stage.key}`,
      );
    assert.ok(held.filter(({ state }) => state.agentId === null).length >= 8, preset.slug);
    assert.ok(held.filter(({ state }) => state.contacted).length >= 50, preset.slug);
    assert.ok(held.some(({ state }) => state.tags.length > 0));
    assert.ok(held.some((one) => one.events.some(({ type }) => type === 'lead.noted')));
  }
});

test('one name is sixty letters long, some are Arabic, none is missing', () => {
  const leads = leadsBySlug();
  for (const [slug, held] of leads) {
    const names = held.map(({ state }) => displayName(state.fields));
    assert.ok(
      names.some((name) => name.length >= 60),
      slug,
    );
    assert.not.ok(names.some((name) => name === ''));
  }
  assert.ok((leads.get('uae-real-estate') ?? []).some(({ state }) => /\p{Script=Arabic}/u.test(state.fields.firstName ?? '')));
});

test('histories run forward and none lies ahead of now', () => {
  for (const held of leadsBySlug().values()) {
    for (const { events: history } of held) {
      const instants = history.map((event) => event.data.at);
      assert.equal(instants, [...instants].sort());
      assert.ok((instants.at(-1) ?? '') <= now.toISOString());
    }
  }
});

test('a few ended within the last day, so that the board shows won and lost', () => {
  const dayAgo = new Date(now.getTime() - 86_400_000).toISOString();
  for (const [slug, held] of leadsBySlug()) {
    const ended = held.filter(
      ({ state, events: history }) =>
        state.kind !== 'open' && history.some((event) => event.type === 'lead.moved' && event.data.at > dayAgo),
    );
    assert.ok(ended.length >= 3, `${slug}: ${ended.length}`);
  }
});

test('the work gets done: most new leads hear from somebody in time, few wait, nobody waits for days', () => {
  for (const preset of presets) {
    const held = leadsBySlug().get(preset.slug) ?? [];
    const first = preset.stages[0]?.key;
    const waiting = held.filter(({ state }) => state.status === first);
    assert.ok(waiting.length <= 20, `${preset.slug}: ${waiting.length} wait`);
    for (const { state } of waiting) assert.ok(now.getTime() - Date.parse(state.capturedAt) < 45 * 60_000);
    const answered = held.flatMap(({ state, events: history }) => {
      const contact = history.find((event) => event.type === 'lead.moved' && event.data.firstContact);
      return contact ? [Date.parse(contact.data.at) <= Date.parse(state.respondBy ?? '')] : [];
    });
    const share = answered.filter(Boolean).length / answered.length;
    assert.ok(share > 0.75 && share < 0.97, `${preset.slug}: ${share}`);
  }
});

test('the manager leads a team of all eight agents', () => {
  const teams = events.filter(({ type }) => type === 'team.created');
  assert.is(teams.length, 5);
  for (const { organizationId, data } of teams) {
    const members = events.filter((event) => event.type === 'member.added' && event.organizationId === organizationId);
    assert.is(members.find(({ data: member }) => member.role === 'manager')?.stream.id, data.leadId);
    assert.equal(
      [...(data.agentIds as string[])].sort(),
      members
        .filter(({ data: member }) => member.role === 'agent')
        .map(({ stream }) => stream.id)
        .sort(),
    );
  }
});

test('every sign-in opens with the password of the demo and no other', async () => {
  for (const { slug } of presets) {
    const signIns = demoSignIns(slug);
    assert.is(signIns.length, 11);
    for (const { email } of signIns.slice(0, 3)) assert.type(await sessions.authenticate(email, demoPassword), 'string', email);
  }
  assert.is(await sessions.authenticate('owner@brokerage.demo', 'leadfloor'), null);
});

test('old assignments have been read', () => {
  assert.is(events.filter(({ type }) => type === 'alert.all-read').length, 40);
});

test.run();
