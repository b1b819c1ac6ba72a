// test-timeout: 60 s
import { randomUUID } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rejection } from '../../domain/kernel/rejection.ts';
import { addAgent, leadData, machine, openOrganization, storeOn } from './log-fixture.ts';
import type { CommandAnswer, CommandRequest, EventStore } from './store.ts';
import { type TestDatabase, testDatabase } from './testing.ts';

const storing = suite('the event store');
let db: TestDatabase;
let store: EventStore;
let organizationId: string;

storing.before(async () => {
  db = await testDatabase();
  store = storeOn(db);
  organizationId = await openOrganization(store);
});
storing.after(async () => {
  await store.close();
  await db.close();
});

const command = (type: string, data: unknown, more: Partial<CommandRequest> = {}, on = store) =>
  on.execute({ type, organizationId, actor: machine, data, ...more });
const capture = (more: Record<string, unknown> = {}, request: Partial<CommandRequest> = {}, on = store) =>
  command('lead.capture', leadData(more), request, on);

async function refused(work: Promise<unknown>): Promise<Rejection> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Rejection) return error;
    throw error;
  }
  throw new Error('It was accepted.');
}

async function outcomes(work: Promise<CommandAnswer>[]): Promise<Map<string, number>> {
  const counted = new Map<string, number>();
  for (const settled of await Promise.allSettled(work)) {
    let key = 'accepted';
    if (settled.status === 'rejected') {
      if (!(settled.reason instanceof Rejection)) throw settled.reason;
      key = settled.reason.code;
    } else if (settled.value.repeated) key = 'repeated';
    counted.set(key, (counted.get(key) ?? 0) + 1);
  }
  return counted;
}

const count = async (text: string, ...values: unknown[]) =>
  Number((await db.admin.query<{ n: string }>(`select count(*) as n from ${text}`, values)).rows[0]?.n);
const eventsOf = (id: string) => count('events where organization_id = $1 and stream_id = $2', organizationId, id);

storing('50 captures of one phone and source at once: one lead, 49 pointers to it', async () => {
  const data = leadData();
  const results = await Promise.allSettled(Array.from({ length: 50 }, () => command('lead.capture', data)));
  const created = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.id] : []));
  assert.is(created.length, 1);
  for (const result of results) {
    if (result.status !== 'rejected') continue;
    assert.is((result.reason as Rejection).code, 'lead.duplicate');
    assert.equal((result.reason as Rejection).extra, { existing: { id: created[0] } });
  }
  const { rows } = await db.admin.query<{ key: string }>('select key from guards where holder = $1', [created[0]]);
  assert.is(rows.length, 1);
  assert.not.ok(rows[0]?.key.includes('97150'), 'the phone itself is not kept beside the log');
});

storing('60 leads assigned to one agent at once: 50 are, by two processes too', async () => {
  const agentId = await addAgent(store, organizationId);
  const second = storeOn(db);
  const leads = await Promise.all(Array.from({ length: 60 }, () => capture()));
  const counted = await outcomes(leads.map(({ id }, i) => command('lead.assign', { agentId }, { id }, i % 2 === 0 ? store : second)));
  await second.close();
  assert.equal(Object.fromEntries(counted), { accepted: 50, 'agent.full': 10 });
  assert.is(await count(`events where type = 'lead.assigned' and data->>'agentId' = $1`, agentId), 50);
});

storing('one of 60 claims of one lead wins, and the others are told who', async () => {
  const agents = await Promise.all(Array.from({ length: 6 }, () => addAgent(store, organizationId)));
  const { id } = await capture();
  const second = storeOn(db);
  const results = await Promise.allSettled(
    Array.from({ length: 60 }, (_, i) => {
      const agentId = agents[i % 6] as string;
      const actor = { ...machine, id: `user-${agentId}`, agentId, role: 'agent' as const };
      return command('lead.claim', {}, { id, actor }, i % 2 === 0 ? store : second);
    }),
  );
  await second.close();
  const winner = (await store.load<{ agentId: string }>(organizationId, { type: 'lead', id })).state.agentId;
  assert.is(await count(`events where stream_id = $1 and type = 'lead.assigned'`, id), 1);
  for (const [i, result] of results.entries()) {
    // Who won may claim what is theirs again; nothing happens.
    if (result.status === 'fulfilled') assert.is(agents[i % 6], winner);
    else assert.is((result.reason as Rejection).extra.winner && (result.reason as Rejection).code, 'lead.already-claimed');
  }
});

storing('20 requests with one key are one command with one answer', async () => {
  const commandId = randomUUID();
  const data = leadData();
  const answers = await Promise.all(Array.from({ length: 20 }, () => command('lead.capture', data, { commandId })));
  assert.is(new Set(answers.map(({ id, version, position, created }) => `${id} ${version} ${position} ${created}`)).size, 1);
  assert.is(answers.filter(({ repeated }) => !repeated).length, 1);
  assert.is(await eventsOf(answers[0]?.id ?? ''), 1);
  const again = await command('lead.capture', data, { commandId }, store);
  assert.ok(again.repeated);
});

storing('a key is of its actor and organization, and of one command only', async () => {
  const commandId = randomUUID();
  const data = leadData();
  const first = await command('lead.capture', data, { commandId });
  assert.is((await refused(command('lead.capture', { ...data, firstName: 'Another' }, { commandId }))).code, 'command.reused');
  assert.is((await refused(command('lead.tag', { tag: 'vip' }, { id: first.id, commandId }))).code, 'command.reused');
  const reordered = Object.fromEntries(Object.entries(data).reverse());
  assert.ok((await command('lead.capture', reordered, { commandId })).repeated, 'the order of members means nothing');
  const elsewhere = await openOrganization(store);
  assert.not.ok((await command('lead.capture', data, { commandId, organizationId: elsewhere })).repeated);
  assert.is(
    (await refused(command('lead.capture', data, { commandId, actor: { ...machine, id: 'system:other' } }))).code,
    'lead.duplicate',
  );
});

storing('a repeat is answered as the first was, whatever happened since', async () => {
  const { id } = await capture();
  const tagId = randomUUID();
  const tagged = await command('lead.tag', { tag: 'vip' }, { id, commandId: tagId });
  await command('lead.untag', { tag: 'vip' }, { id });
  assert.equal(await command('lead.tag', { tag: 'vip' }, { id, commandId: tagId }), { ...tagged, repeated: true });
  await command('lead.delete', {}, { id });
  assert.is((await refused(command('lead.tag', { tag: 'vip' }, { id }))).code, 'lead.not-found');
  assert.equal(await command('lead.tag', { tag: 'vip' }, { id, commandId: tagId }), { ...tagged, repeated: true });
});

storing('a refused command leaves no trace, and its key stays free', async () => {
  const data = leadData();
  await command('lead.capture', data);
  const before = await store.head();
  const commandId = randomUUID();
  assert.is((await refused(command('lead.capture', data, { commandId }))).code, 'lead.duplicate');
  assert.is(await store.head(), before);
  assert.is(await count('commands where key = $1', commandId), 0);
  const other = await command('lead.capture', { ...data, source: 'referral' }, { commandId });
  assert.not.ok(other.repeated);
});

storing('two streams of one command stand or fall together', async () => {
  const id = randomUUID();
  const data = { name: 'Twice', slug: `t${id.slice(0, 8)}`, preset: 'recruiting' };
  const results = await Promise.allSettled(
    Array.from({ length: 10 }, () => store.execute({ type: 'organization.create', organizationId: id, actor: machine, id, data })),
  );
  assert.is(results.filter(({ status }) => status === 'fulfilled').length, 1);
  const { rows } = await db.admin.query(
    'select stream_type, version, position - min(position) over () as step from events where organization_id = $1 order by position',
    [id],
  );
  assert.equal(rows, [
    { stream_type: 'organization', version: 1, step: '0' },
    { stream_type: 'pipeline', version: 1, step: '1' },
  ]);
});

storing('an expected version that is no longer true is a conflict, without one the command is decided again', async () => {
  const { id } = await capture();
  assert.is((await refused(command('lead.note', { text: 'late' }, { id, expectedVersion: 7 }))).code, 'version.conflict');
  const second = storeOn(db);
  // Both know version 1; each then appends behind the other's back.
  await second.load(organizationId, { type: 'lead', id });
  const results = await outcomes(
    Array.from({ length: 20 }, (_, i) => command('lead.note', { text: `note ${i}` }, { id }, i % 2 === 0 ? store : second)),
  );
  assert.is(results.get('accepted'), 20);
  const conflict = await outcomes([store, second].map((on) => command('lead.note', { text: 'x' }, { id, expectedVersion: 21 }, on)));
  assert.equal(Object.fromEntries(conflict), { accepted: 1, 'version.conflict': 1 });
  await second.close();
  const { rows } = await db.admin.query<{ version: number }>('select version from events where stream_id = $1 order by position', [id]);
  assert.equal(
    rows.map(({ version }) => version),
    Array.from({ length: 22 }, (_, i) => i + 1),
  );
});

storing('what another process changed is never decided on as it was', async () => {
  const second = storeOn(db);
  const { id } = await capture();
  await command('lead.tag', { tag: 'seen' }, { id }, second);
  await command('lead.move', { status: 'contacted' }, { id });
  // The second still has "new" in memory, or heard of the move already: both must allow what only "contacted" allows.
  await command('lead.move', { status: 'qualified' }, { id }, second);
  await second.close();
});

storing('an id of the sender’s making is used once; an unknown one is not found', async () => {
  const id = randomUUID();
  assert.is((await capture({}, { id: id.toUpperCase() })).id, id);
  const again = await refused(capture({}, { id }));
  assert.equal([again.status, again.code], [409, 'id.in-use']);
  assert.is((await refused(command('lead.tag', { tag: 'x' }, { id: randomUUID() }))).code, 'lead.not-found');
  const elsewhere = await openOrganization(store);
  assert.is(
    (await refused(command('lead.tag', { tag: 'x' }, { id, organizationId: elsewhere }))).code,
    'lead.not-found',
    'nor is another organization’s',
  );
});

storing('what one may not see is not found, what one may not do is forbidden', async () => {
  const [mine, theirs] = [await addAgent(store, organizationId), await addAgent(store, organizationId)];
  const audience = { key: `own:${mine}`, all: false, agents: [mine], unassigned: true };
  const actor = { ...machine, id: 'user-1', agentId: mine, role: 'agent' as const, audience };
  const { id } = await capture();
  assert.is((await refused(command('lead.assign', { agentId: mine }, { id, actor }))).code, 'forbidden');
  await command('lead.tag', { tag: 'ours' }, { id, actor });
  await command('lead.assign', { agentId: theirs }, { id });
  assert.is((await refused(command('lead.tag', { tag: 'x' }, { id, actor }))).code, 'lead.not-found');
  assert.is((await refused(command('lead.assign', { agentId: mine }, { id, actor }))).code, 'lead.not-found');
});

storing('text and numbers that cannot be stored are refused with their place', async () => {
  for (const firstName of ['a\0b', 'a\ud800', '\udc00']) {
    const rejection = await refused(capture({ firstName }));
    assert.equal([rejection.status, rejection.code, rejection.errors[0]?.path], [400, 'invalid', 'firstName']);
  }
  const nested = await refused(capture({ customFields: { 'bad\0key': 'x' } }));
  assert.is(nested.errors[0]?.path, 'customFields.?');
  assert.is((await refused(capture({ budgetMin: Number.POSITIVE_INFINITY }))).code, 'invalid');
  let deep: unknown = 'x';
  for (let i = 0; i < 5_000; i += 1) deep = [deep];
  assert.is((await refused(capture({ customFields: { deep } }))).status, 400);
  const unknown = await refused(capture({ surprise: 1 }));
  assert.equal([unknown.status, unknown.code], [400, 'invalid']);
  // Metadata is mended rather than refused.
  await capture({}, { userAgent: 'agent\0\ud800', ip: '127.0.0.1' });
});

storing('answers are kept for 30 days', async () => {
  const commandId = randomUUID();
  const { id } = await capture();
  await command('lead.tag', { tag: 'kept' }, { id, commandId });
  const recent = await count('commands');
  await db.admin.query(`update commands set at = at - interval '29 days'`);
  assert.is(await store.forgetOldCommands(), 0);
  await db.admin.query(`update commands set at = at - interval '2 days' where key = $1`, [commandId]);
  assert.is(await store.forgetOldCommands(), 1);
  assert.is(await count('commands'), recent - 1);
});

storing.run();
