// test-timeout: 120 s
import { randomUUID } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { routable } from './commands.ts';
import { ExampleApp, type ExampleOrganization } from './example-app.ts';
import { commandExamples } from './examples.ts';

/**
 * Two organizations with the same shapes; a word in every field of the first must never reach the second. Every route of
 * the table is called with ids of the other organization and must answer exactly as for an id that does not exist.
 */
const walls = suite('walls between organizations');
const canary = 'KanarienvogelQ7';
let floor: ExampleApp;
let ours: ExampleOrganization;
let theirs: ExampleOrganization;
let intruder: string;
let insider: string;
let leadId: string;
let teamId: string;
let cursor: string;

walls.before(async () => {
  floor = await ExampleApp.start();
  ours = await floor.organization('uae-real-estate', 'ours');
  theirs = await floor.organization('uae-real-estate', 'theirs');
  insider = await floor.signIn(ours.people.owner);
  intruder = await floor.signIn(theirs.people.owner);
  const post = (path: string, body: unknown) => floor.call('POST', path, { token: insider, body });
  const captured = await post('/api/leads', {
    firstName: canary,
    lastName: canary,
    phone: '+971501112233',
    email: `${canary}@example.com`,
    source: 'website',
    notes: canary,
    tags: [canary],
    externalId: canary,
    customFields: { city: canary },
    company: canary,
  });
  assert.is(captured.status, 201, captured.text);
  leadId = String(captured.json.id);
  await post('/api/leads', { firstName: canary, lastName: 'Two', phone: '+971501112244', source: 'website' });
  await post(`/api/leads/${leadId}/note`, { text: canary });
  await post(`/api/leads/${leadId}/assign`, { agentId: ours.people.agent1?.agentId });
  teamId = String((await post('/api/teams', { name: canary, leadId: ours.people.manager?.agentId, agentIds: [] })).json.id);
  await floor.settled();
  const page = await floor.call('GET', '/api/leads?limit=1', { token: insider });
  assert.ok(page.text.includes(canary), 'the owner sees the word, so the test would notice it');
  cursor = String(page.json.nextCursor);
});
walls.after(() => floor.close());

/** Ids of the first organization, by what they stand for in a route. */
const idFor = (path: string): string =>
  ({
    leads: leadId,
    teams: teamId,
    members: ours.people.agent1?.agentId,
    agents: ours.people.agent1?.agentId,
    users: ours.people.agent1?.userId,
  })[path.split('/')[2] ?? ''] ?? leadId;

const fixedId = { 'x-request-id': 'same-for-all' };

walls('answer another organization’s id byte for byte as a missing one, on every route', async () => {
  const before = await floor.store.head();
  let compared = 0;
  for (const route of floor.app.edge.routes) {
    if (!route.path.includes('{id}') || route.open) continue;
    const body = route.method === 'POST' ? (commandExamples[route.name] ?? {}) : undefined;
    const call = (id: string) => floor.call(route.method, route.path.replace('{id}', id), { token: intruder, body, headers: fixedId });
    // An alert has no stream of its own until it is read: reading a stranger's or a missing one changes nobody's.
    if (route.path.startsWith('/api/alerts/')) continue;
    const foreign = await call(idFor(route.path));
    const missing = await call(randomUUID());
    assert.is(foreign.status, 404, `${route.name}: ${foreign.text}`);
    assert.is(foreign.text, missing.text, route.name);
    assert.is((await call('not-an-id')).text, missing.text, `${route.name} with a malformed id`);
    compared += 1;
  }
  assert.ok(compared >= 20, `${compared} routes`);
  assert.is(await floor.store.head(), before, 'nothing was written');
});

walls('let no list, report, search or cursor carry the word across', async () => {
  const paths = floor.app.edge.routes.filter((route) => route.method === 'GET' && !route.path.includes('{id}')).map((route) => route.path);
  const filters = [`q=${canary}`, `tagsAny=${canary}`, `owner=${ours.people.agent1?.agentId}`, `cursor=${cursor}`].map(
    (filter) => `/api/leads?${filter}`,
  );
  for (const path of [...paths, ...filters]) {
    const answer = await floor.call('GET', path, { token: intruder });
    assert.not.ok(answer.text.toLowerCase().includes(canary.toLowerCase()), path);
    assert.not.ok(answer.text.includes(leadId), path);
    assert.not.ok(answer.text.includes(ours.id), path);
  }
});

walls('take no id of the other organization inside a body', async () => {
  const captured = await floor.call('POST', '/api/leads', {
    token: intruder,
    body: { firstName: 'B', lastName: 'B', phone: '+971501119999', source: 'website' },
  });
  const own = String(captured.json.id);
  const assigned = await floor.call('POST', `/api/leads/${own}/assign`, {
    token: intruder,
    body: { agentId: ours.people.agent1?.agentId },
  });
  assert.is(assigned.status, 422, assigned.text);
  const joined = await floor.call('POST', '/api/teams', { token: intruder, body: { name: 'T', agentIds: [ours.people.agent1?.agentId] } });
  assert.is(joined.status, 422, joined.text);
  // The same id may exist on both sides of the wall.
  const twin = await floor.call('POST', '/api/leads', {
    token: intruder,
    body: { id: leadId, firstName: 'Twin', lastName: 'Own', phone: '+971501112233', source: 'website' },
  });
  assert.is(twin.status, 201, twin.text);
  await floor.settled();
  const seen = await floor.call('GET', `/api/leads/${leadId}`, { token: insider });
  assert.is(seen.json.firstName, canary);
});

walls('keep idempotency keys of two organizations apart', async () => {
  const key = { 'idempotency-key': randomUUID() };
  const body = { firstName: 'K', lastName: 'K', phone: '+971501117777', source: 'website' };
  const one = await floor.call('POST', '/api/leads', { token: insider, body, headers: key });
  const other = await floor.call('POST', '/api/leads', { token: intruder, body, headers: key });
  assert.is(one.status, 201);
  assert.is(other.status, 201);
  assert.is.not(one.json.id, other.json.id);
});

walls('refuse everything to strangers and ended sessions', async () => {
  const ended = await floor.signIn(ours.people.owner);
  assert.is((await floor.call('DELETE', '/api/sessions/current', { token: ended })).status, 204);
  const tokens = [undefined, 'x', 'A'.repeat(43), ended];
  for (const route of floor.app.edge.routes) {
    if (route.open) continue;
    for (const token of tokens) {
      const answer = await floor.call(route.method, route.path.replace('{id}', leadId), {
        token,
        ...(route.method === 'POST' ? { body: {} } : {}),
      });
      assert.is(answer.status, 401, `${route.name} with ${token}`);
      assert.is(answer.headers.get('www-authenticate'), 'Bearer');
    }
  }
});

walls('show an agent no colleague’s lead: it answers as if it were missing', async () => {
  const agent2 = await floor.signIn(ours.people.agent2);
  for (const [name, { aggregate, command }] of routable) {
    if (aggregate.name !== 'lead' || command.creates || name === 'lead.claim') continue;
    const verb = name.slice(name.indexOf('.') + 1);
    const call = (id: string) =>
      floor.call('POST', `/api/leads/${id}/${verb}`, { token: agent2, body: commandExamples[name], headers: fixedId });
    const hidden = await call(leadId);
    assert.is(hidden.status, 404, `${name}: ${hidden.text}`);
    assert.is(hidden.text, (await call(randomUUID())).text, name);
  }
  for (const path of ['', '/timeline', '/history']) {
    const hidden = await floor.call('GET', `/api/leads/${leadId}${path}`, { token: agent2, headers: fixedId });
    assert.is(hidden.status, 404);
    assert.is(hidden.text, (await floor.call('GET', `/api/leads/${randomUUID()}${path}`, { token: agent2, headers: fixedId })).text);
  }
});

walls.run();
