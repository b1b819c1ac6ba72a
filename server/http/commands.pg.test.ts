// test-timeout: 120 s
import { randomUUID } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Answer, ExampleApp, type ExampleOrganization } from './example-app.ts';

const commands = suite('commands over HTTP');
let floor: ExampleApp;
let uae: ExampleOrganization;
let owner: string;
let phones = 0;

commands.before(async () => {
  floor = await ExampleApp.start();
  uae = await floor.organization('uae-real-estate');
  owner = await floor.signIn(uae.people.owner);
});
commands.after(() => floor.close());

const someone = (changes: Record<string, unknown> = {}) => {
  phones += 1;
  return { firstName: 'Amal', lastName: 'Rashid', phone: `+97152${String(2_000_000 + phones)}`, source: 'website', ...changes };
};

const post = (path: string, body: unknown = {}, headers: Record<string, string> = {}, token = owner) =>
  floor.call('POST', path, { token, body, headers });

async function captured(changes: Record<string, unknown> = {}): Promise<string> {
  const answer = await post('/api/leads', someone(changes));
  assert.is(answer.status, 201, answer.text);
  return String(answer.json.id);
}

const read = (path: string, after: Answer, token = owner) =>
  floor.call('GET', path, { token, headers: { 'min-position': String(after.json.position) } });

commands('captures, and reads its own write by position', async () => {
  const answer = await post('/api/leads', someone());
  assert.is(answer.status, 201);
  assert.is(answer.json.version, 1);
  assert.type(answer.json.position, 'number');
  const lead = await read(`/api/leads/${String(answer.json.id)}`, answer);
  assert.is(lead.status, 200, lead.text);
  assert.is(lead.json.name, 'Amal Rashid');
  assert.is(lead.json.currency, 'AED');
});

commands('takes an id of the sender’s making once', async () => {
  const id = randomUUID();
  const first = await post('/api/leads', someone({ id: id.toUpperCase() }));
  assert.is(first.status, 201, first.text);
  assert.is(first.json.id, id);
  const second = await post('/api/leads', someone({ id }));
  assert.is(second.status, 409);
});

commands('answers a repeated idempotency key again, refuses it for another command', async () => {
  const key = { 'idempotency-key': randomUUID() };
  const body = someone();
  const answers = await Promise.all(Array.from({ length: 8 }, () => post('/api/leads', body, key)));
  assert.equal([...new Set(answers.map((answer) => answer.text))].length, 1, 'the same answer for all');
  assert.ok(answers.every((answer) => answer.status === 201));
  const id = String(answers[0]?.json.id);
  const lead = await read(`/api/leads/${id}`, answers[0] as Answer);
  assert.is(lead.json.version, 1);
  const other = await post('/api/leads', someone(), key);
  assert.is(other.status, 409);
  assert.is(other.json.code, 'command.reused');
  const malformed = await post('/api/leads', someone(), { 'idempotency-key': 'again' });
  assert.is(malformed.status, 400);
});

commands('holds a command to the version its sender saw, bare or quoted', async () => {
  const id = await captured();
  assert.is((await post(`/api/leads/${id}/tag`, { tag: 'one' }, { 'if-match': '1' })).status, 200);
  assert.is((await post(`/api/leads/${id}/tag`, { tag: 'two' }, { 'if-match': '"2"' })).status, 200);
  const late = await post(`/api/leads/${id}/tag`, { tag: 'three' }, { 'if-match': '2' });
  assert.is(late.status, 409);
  assert.is(late.json.code, 'version.conflict');
  for (const odd of ['*', 'W/"3"', 'three', '-1', '3.5']) {
    assert.is((await post(`/api/leads/${id}/tag`, { tag: 'x' }, { 'if-match': odd })).status, 400, odd);
  }
});

commands('echoes the sender’s stamp to those who watch', async () => {
  const id = await captured();
  const heard = new Promise((resolve) => {
    const stop = floor.projector.feed.subscribe((batch) => {
      const change = batch.changes.find((each) => each.view === 'board' && each.key === id && each.sent !== undefined);
      if (change === undefined) return;
      stop();
      resolve(change.sent);
    });
  });
  await post(`/api/leads/${id}/tag`, { tag: 'stamped' }, { 'x-sent-at': '1700000000123' });
  assert.is(await heard, 1700000000123);
  assert.is((await post(`/api/leads/${id}/tag`, { tag: 'y' }, { 'x-sent-at': 'x'.repeat(65) })).status, 400);
});

commands('waits for min-position, and says so when it waited in vain', async () => {
  const began = performance.now();
  const ahead = await floor.call('GET', '/api/leads', { token: owner, headers: { 'min-position': '999999999' } });
  assert.is(ahead.status, 503);
  assert.is(ahead.json.code, 'read-model.behind');
  assert.ok(performance.now() - began >= 1900);
  assert.is((await floor.call('GET', '/api/leads', { token: owner, headers: { 'min-position': 'soon' } })).status, 400);
});

commands('lets one of fifty captures of one phone and source through, and points the others to it', async () => {
  const body = someone({ phone: '+971501234567', source: 'bayut' });
  const answers = await Promise.all(Array.from({ length: 50 }, () => post('/api/leads', body)));
  const made = answers.filter((answer) => answer.status === 201);
  const refused = answers.filter((answer) => answer.status === 409);
  assert.is(made.length, 1);
  assert.is(refused.length, 49);
  for (const answer of refused) {
    assert.is(answer.json.code, 'lead.duplicate');
    assert.equal(answer.json.existing, { id: made[0]?.json.id });
  }
});

commands('gives an agent fifty of sixty leads assigned at once', async () => {
  const agentId = uae.people.agent2?.agentId;
  const ids = await Promise.all(Array.from({ length: 60 }, () => captured()));
  const answers = await Promise.all(ids.map((id) => post(`/api/leads/${id}/assign`, { agentId })));
  assert.is(answers.filter((answer) => answer.status === 200).length, 50);
  const refused = answers.filter((answer) => answer.status !== 200);
  for (const answer of refused) {
    assert.is(answer.status, 422);
    assert.is(answer.json.code, 'agent.full');
  }
  await floor.settled();
  const agents = await floor.call('GET', '/api/agents', { token: owner });
  const row = (agents.json.rows as Record<string, unknown>[]).find((agent) => agent.id === agentId);
  assert.is(row?.activeLeadsCount, 50);
  assert.is(row?.capacity, 50);
  const listed = await floor.call('GET', `/api/leads?owner=${agentId}&limit=200`, { token: owner });
  assert.is((listed.json.rows as unknown[]).length, 50);
});

commands('lets each role do what it may, and no more', async () => {
  const viewer = await floor.signIn(uae.people.viewer);
  const agent = await floor.signIn(uae.people.agent1);
  const manager = await floor.signIn(uae.people.manager);
  assert.is((await post('/api/leads', someone(), {}, viewer)).status, 403);
  const id = await captured();
  assert.is((await post(`/api/leads/${id}/tag`, { tag: 'x' }, {}, viewer)).status, 403);
  assert.is((await post(`/api/leads/${id}/assign`, { agentId: uae.people.agent1?.agentId }, {}, agent)).status, 403);
  assert.is((await post(`/api/leads/${id}/claim`, {}, {}, agent)).status, 200);
  assert.is((await post(`/api/leads/${id}/move`, { status: 'Contacted' }, {}, agent)).status, 200);
  assert.is((await post(`/api/leads/${id}/delete`, {}, {}, agent)).status, 403);
  assert.is((await post(`/api/leads/${id}/delete`, {}, {}, manager)).status, 200);
  assert.is((await post(`/api/members/${uae.people.agent1?.agentId}/change-role`, { role: 'owner' }, {}, agent)).status, 403);
});

commands('opens no door to commands that are the system’s own', async () => {
  for (const path of ['/api/organizations', '/api/users', '/api/operations']) {
    assert.ok([404, 405].includes((await post(path, {})).status), path);
  }
});

commands('changes nothing and ends nothing on an empty body', async () => {
  const head = await floor.store.head();
  const id = await captured();
  const document = (await floor.call('GET', '/openapi.json')).json as { paths: Record<string, Record<string, unknown>> };
  for (const [path, methods] of Object.entries(document.paths)) {
    if (!('post' in methods)) continue;
    const answer = await floor.call('POST', path.replaceAll(/\{\w+\}/g, id), { token: owner });
    assert.ok(answer.status >= 400 && answer.status < 500, `${path}: ${answer.status}`);
  }
  assert.is(await floor.store.head(), head + 1);
  assert.is((await floor.call('GET', '/api/me', { token: owner })).status, 200);
});

commands.run();
