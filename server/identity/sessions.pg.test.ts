// test-timeout: 120 s
import { randomUUID } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Answer, ExampleApp, type ExampleOrganization, examplePassword } from '../http/example-app.ts';
import { delayAfter } from './sign-in-delay.ts';

const sessions = suite('sessions');
let floor: ExampleApp;
/** Another process on the same database. */
let other: ExampleApp;
let uae: ExampleOrganization;
let b2b: ExampleOrganization;

sessions.before(async () => {
  floor = await ExampleApp.start();
  uae = await floor.organization('uae-real-estate');
  b2b = await floor.organization('b2b-sales');
  other = await ExampleApp.start({}, floor);
});
sessions.after(async () => {
  await other.close();
  await floor.close();
});

const open = async (name: string, organization = uae): Promise<Record<string, string>> => {
  const answer = await floor.call('POST', '/api/sessions', {
    body: { email: organization.people[name]?.email, password: examplePassword },
  });
  assert.is(answer.status, 201, answer.text);
  return answer.json as Record<string, string>;
};
const me = (app: ExampleApp, token: string | undefined) => app.call('GET', '/api/me', { token });
const refresh = (refreshToken: string | undefined, app = floor) => app.call('POST', '/api/sessions/refresh', { body: { refreshToken } });

/** Asks until the answer is as wanted; answers the milliseconds it took, at most a second. */
async function within(ask: () => Promise<Answer>, status: number): Promise<number> {
  const began = performance.now();
  for (;;) {
    const answer = await ask();
    if (answer.status === status) return performance.now() - began;
    assert.ok(performance.now() - began < 1000, `still ${answer.status} after a second`);
  }
}

sessions('open with e-mail in any case, and tell who, where and until when', async () => {
  const answer = await floor.call('POST', '/api/sessions', {
    body: { email: uae.people.owner?.email.toUpperCase(), password: examplePassword },
  });
  assert.is(answer.status, 201, answer.text);
  const { accessToken, refreshToken, expiresAt, user, organizations } = answer.json;
  assert.match(String(accessToken), /^[\w-]{43}$/);
  assert.match(String(refreshToken), /^[\w-]{43}$/);
  assert.ok(Date.parse(String(expiresAt)) - Date.now() >= 15 * 60_000);
  assert.is((user as Record<string, unknown>).id, uae.people.owner?.userId);
  assert.equal(organizations, [{ id: uae.id, slug: uae.slug, name: 'Example uae-real-estate', role: 'owner' }]);
  const who = await me(floor, String(accessToken));
  assert.is(who.json.agentId, uae.people.owner?.agentId);
  assert.is((who.json.organization as Record<string, unknown>).id, uae.id);
  assert.is((who.json.permissions as Record<string, unknown>)['lead.assign'], 'all');
});

sessions('keep tokens and passwords as hashes only', async () => {
  const { accessToken, refreshToken } = await open('owner');
  const dump = await floor.db.admin.query(
    `select (select json_agg(c) from credentials c)::text || (select json_agg(s) from sessions s)::text
       || (select json_agg(a) from access_tokens a)::text || (select json_agg(r) from refresh_tokens r)::text as everything`,
  );
  const text = String((dump.rows[0] as { everything: string }).everything);
  for (const secret of [accessToken, refreshToken, examplePassword]) assert.not.ok(text.includes(String(secret)));
  assert.match(text, /\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
});

sessions('refuse a wrong password, an unknown address and a suspended person with the same answer', async () => {
  const ask = (email: string | undefined, password: string) =>
    floor.call('POST', '/api/sessions', { body: { email, password }, headers: { 'x-request-id': 'same' } });
  const wrong = await ask(uae.people.viewer?.email, 'wrong');
  const unknown = await ask('nobody@nowhere.example', 'wrong');
  assert.is(wrong.status, 401);
  assert.is(wrong.text, unknown.text);
});

sessions('take as long for an address nobody has', async () => {
  const people = await Promise.all(Array.from({ length: 12 }, (_, turn) => floor.person(uae, `timed${turn}`, 'viewer')));
  await floor.sessions.setPasswords(people.map((person) => ({ ...person, password: 'something else' })));
  const timed = async (email: string) => {
    const began = performance.now();
    await floor.call('POST', '/api/sessions', { body: { email, password: 'wrong' } });
    return performance.now() - began;
  };
  const known: number[] = [];
  const unknown: number[] = [];
  // In turns, and a new address each time, or the growing delay would be what is measured.
  for (const [turn, person] of people.entries()) {
    known.push(await timed(person.email));
    unknown.push(await timed(`nobody${turn}@nowhere.example`));
  }
  // The quickest of each: what else runs on the machine only ever adds.
  const [quickest, other] = [Math.min(...known), Math.min(...unknown)];
  assert.ok(other > quickest / 2 && other < quickest * 2, `known ${quickest} ms, unknown ${other} ms`);
});

sessions('answer repeated failures ever more slowly, without end of the line', () => {
  assert.equal([0, 4, 5, 6, 8, 50].map(delayAfter), [0, 0, 100, 200, 800, 5000]);
});

sessions('hand a refresh token’s one child to twenty who ask at once', async () => {
  const opened = await open('agent1');
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => refresh(opened.refreshToken, index % 2 === 0 ? floor : other)),
  );
  assert.equal([...new Set(answers.map((answer) => answer.status))], [200]);
  assert.is(new Set(answers.map((answer) => answer.json.refreshToken)).size, 1);
  assert.is(new Set(answers.map((answer) => answer.json.accessToken)).size, 1);
  const count = await floor.db.admin.query('select count(*)::int as n from refresh_tokens where session_id = $1', [opened.sessionId]);
  assert.is((count.rows[0] as { n: number }).n, 2);
  assert.is((await me(floor, String(answers[0]?.json.accessToken))).status, 200);
  assert.is((await me(floor, opened.accessToken)).status, 200, 'the older access token is good until it ends');
});

sessions('end with all tokens when a spent refresh token comes back after its child was used', async () => {
  const opened = await open('agent1');
  const child = await refresh(opened.refreshToken);
  const grandchild = await refresh(String(child.json.refreshToken));
  assert.is(grandchild.status, 200);
  const replayed = await refresh(opened.refreshToken);
  assert.is(replayed.status, 401);
  assert.is(replayed.json.code, 'session.refresh-refused');
  for (const token of [opened.accessToken, child.json.accessToken, grandchild.json.accessToken]) {
    await within(() => me(floor, String(token)), 401);
  }
  assert.is((await refresh(String(grandchild.json.refreshToken))).status, 401);
  assert.ok(floor.logged.some((line) => line.event === 'authn_token_reuse'));
});

sessions('end when a spent refresh token comes back late', async () => {
  const late = await ExampleApp.start({}, floor);
  const opened = await open('agent2');
  assert.is((await refresh(opened.refreshToken, late)).status, 200);
  late.advance(11_000);
  assert.is((await refresh(opened.refreshToken, late)).status, 401);
  await within(() => me(floor, opened.accessToken), 401);
  await late.close();
});

sessions('last an hour a token and a month in all', async () => {
  const later = await ExampleApp.start({}, floor);
  const opened = await open('viewer');
  assert.is((await me(later, opened.accessToken)).status, 200);
  later.advance(61 * 60_000);
  assert.is((await me(later, opened.accessToken)).status, 401);
  const next = await refresh(opened.refreshToken, later);
  assert.is(next.status, 200);
  later.advance(31 * 86_400_000);
  assert.is((await refresh(String(next.json.refreshToken), later)).status, 401);
  await later.close();
});

sessions('die within a second in every process when the person signs out', async () => {
  const opened = await open('owner');
  assert.is((await me(other, opened.accessToken)).status, 200);
  const told: string[] = [];
  const stop = other.directory.onEnded((end, reason) => told.push(`${end.sessionId} ${reason}`));
  assert.is((await floor.call('DELETE', '/api/sessions/current', { token: opened.accessToken })).status, 204);
  assert.is((await me(floor, opened.accessToken)).status, 401, 'at once where it was ended');
  const took = await within(() => me(other, opened.accessToken), 401);
  assert.ok(took < 1000);
  assert.equal(told, [`${opened.sessionId} signed-out`]);
  assert.is((await refresh(opened.refreshToken)).status, 401);
  stop();
});

sessions('die within a second even when the notification is lost', async () => {
  const opened = await open('owner');
  assert.is((await me(other, opened.accessToken)).status, 200);
  await floor.db.admin.query(`update sessions set ended_at = clock_timestamp(), ended_reason = 'by hand' where id = $1`, [
    opened.sessionId,
  ]);
  await within(() => me(other, opened.accessToken), 401);
});

sessions('are listed and ended by their own person only', async () => {
  const mine = await open('owner');
  const second = await open('owner');
  const stranger = await open('agent1');
  const list = await floor.call('GET', '/api/sessions', { token: mine.accessToken });
  const rows = list.json.rows as Record<string, unknown>[];
  assert.ok(rows.some((row) => row.id === mine.sessionId && row.current === true));
  assert.ok(rows.some((row) => row.id === second.sessionId && row.current === false));
  assert.not.ok(rows.some((row) => row.id === stranger.sessionId));
  assert.is((await floor.call('DELETE', `/api/sessions/${stranger.sessionId}`, { token: mine.accessToken })).status, 404);
  assert.is((await me(floor, stranger.accessToken)).status, 200);
  assert.is((await floor.call('DELETE', `/api/sessions/${second.sessionId}`, { token: mine.accessToken })).status, 204);
  await within(() => me(floor, second.accessToken), 401);
  assert.is((await floor.call('DELETE', `/api/sessions/${second.sessionId}`, { token: mine.accessToken })).status, 404);
});

sessions('of a suspended member end, and of a member with another role change, everywhere within a second', async () => {
  const admin = await open('owner');
  const agent = uae.people.agent2;
  const opened = await open('agent2');
  assert.is((await me(other, opened.accessToken)).json.role, 'agent');
  const changed: string[] = [];
  const stops = [other.directory.onChanged(({ agentId }) => changed.push(agentId))];
  const told = new Promise<string>((resolve) => {
    stops.push(other.directory.onEnded((end, reason) => end.sessionId === opened.sessionId && resolve(reason)));
  });
  const act = (verb: string, body: unknown = {}) =>
    floor.call('POST', `/api/members/${agent?.agentId}/${verb}`, { token: admin.accessToken, body });
  assert.is((await act('change-role', { role: 'manager' })).status, 200);
  const began = performance.now();
  for (;;) {
    if ((await me(other, opened.accessToken)).json.role === 'manager') break;
    assert.ok(performance.now() - began < 1000, 'the new role is not known after a second');
  }
  assert.equal(changed, [agent?.agentId]);
  assert.is((await act('suspend')).status, 200);
  assert.is(await told, 'membership-ended', 'so that sockets are cut');
  await within(() => me(other, opened.accessToken), 401);
  await within(() => me(floor, opened.accessToken), 401);
  assert.is((await floor.call('POST', '/api/sessions', { body: { email: agent?.email, password: examplePassword } })).status, 401);
  assert.is((await refresh(opened.refreshToken)).status, 401);
  for (const stop of stops) stop();
});

sessions('see another audience once the person leads a team', async () => {
  const admin = await open('owner');
  const manager = await open('manager');
  const principal = async () => other.directory.principalOf(manager.accessToken ?? '');
  assert.is((await principal())?.audience.all, true, 'a manager without a team sees all');
  const told = new Promise<string>((resolve) => {
    const stop = other.directory.onChanged(({ agentId }) => {
      stop();
      resolve(agentId);
    });
  });
  const agentId = uae.people.agent1?.agentId;
  const body = { name: 'Marina', leadId: uae.people.manager?.agentId, agentIds: [agentId] };
  assert.is((await floor.call('POST', '/api/teams', { token: admin.accessToken, body })).status, 201);
  assert.is(await told, uae.people.manager?.agentId);
  const audience = (await principal())?.audience;
  assert.is(audience?.all, false);
  assert.ok(audience?.agents.includes(String(agentId)));
});

sessions('act for one organization each; another is a session of its own', async () => {
  const both = uae.people.viewer;
  await floor.joins(b2b.id, both?.userId ?? '', 'guest', 'viewer', both?.email ?? '');
  await floor.settled();
  const home = await floor.call('POST', '/api/sessions', {
    body: { email: both?.email, password: examplePassword, organizationId: uae.id },
  });
  assert.is(home.status, 201, home.text);
  const token = String(home.json.accessToken);
  const away = await floor.call('POST', '/api/sessions/switch', { token, body: { organizationId: b2b.id } });
  assert.is(away.status, 201, away.text);
  const there = await me(floor, String(away.json.accessToken));
  assert.is((there.json.organization as Record<string, unknown>).id, b2b.id);
  assert.is(((await me(floor, token)).json.organization as Record<string, unknown>).id, uae.id);
  assert.is((there.json.organizations as unknown[]).length, 2);
  assert.is((await floor.call('POST', '/api/sessions/switch', { token, body: { organizationId: randomUUID() } })).status, 404);
  const foreign = await floor.call('POST', '/api/sessions', {
    body: { email: uae.people.owner?.email, password: examplePassword, organizationId: b2b.id },
  });
  assert.is(foreign.status, 404);
});

sessions('travel in cookies for browsers, which only our own pages may use to change things', async () => {
  const answer = await floor.call('POST', '/api/sessions', { body: { email: uae.people.owner?.email, password: examplePassword } });
  const cookies = answer.headers.getSetCookie();
  assert.is(cookies.length, 2);
  for (const cookie of cookies) assert.match(cookie, /; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/);
  const cookie = cookies.map((each) => each.split(';')[0]).join('; ');
  const page = { cookie, 'sec-fetch-site': 'same-origin' };
  assert.is((await floor.call('GET', '/api/me', { headers: { cookie } })).status, 200);
  const edit = (headers: Record<string, string>) =>
    floor.call('POST', `/api/users/${uae.people.owner?.userId}/edit`, { body: { firstName: 'Olga' }, headers });
  assert.is((await edit(page)).status, 200);
  const refusedOnes: Record<string, string>[] = [
    { cookie },
    { cookie, 'sec-fetch-site': 'cross-site' },
    { cookie, 'sec-fetch-site': 'same-site' },
    { cookie, origin: 'https://evil.example', host: 'floor.example' },
    { cookie, origin: 'null' },
  ];
  for (const headers of refusedOnes) {
    const refused = await edit(headers);
    assert.is(refused.status, 403, JSON.stringify(headers));
    assert.is(refused.json.code, 'request.cross-site');
  }
  assert.is((await edit({ cookie, origin: 'http://floor.example', host: 'floor.example' })).status, 200);
  const next = await floor.call('POST', '/api/sessions/refresh', { body: {}, headers: page });
  assert.is(next.status, 200, next.text);
  assert.is((await floor.call('POST', '/api/sessions/refresh', { body: {}, headers: { cookie } })).status, 403);
  assert.is((await floor.call('POST', '/api/sessions/refresh', { body: {} })).status, 400);
  const fresh = next.headers
    .getSetCookie()
    .map((each) => each.split(';')[0])
    .join('; ');
  const out = await floor.call('DELETE', '/api/sessions/current', { headers: { cookie: fresh, 'sec-fetch-site': 'same-origin' } });
  assert.is(out.status, 204);
  for (const cleared of out.headers.getSetCookie()) assert.match(cleared, /=; .*Max-Age=0/);
});

sessions('wear __Host- cookies on https', async () => {
  const secure = await ExampleApp.start({ publicUrl: 'https://floor.example' }, floor);
  const answer = await secure.call('POST', '/api/sessions', { body: { email: uae.people.owner?.email, password: examplePassword } });
  for (const cookie of answer.headers.getSetCookie())
    assert.match(cookie, /^__Host-leadfloor-(?:access|refresh)=[\w-]{43}; Path=\/; HttpOnly; .*; Secure$/);
  assert.match(answer.headers.get('strict-transport-security') ?? '', /max-age=\d{7,}/);
  const cookie = answer.headers
    .getSetCookie()
    .map((each) => each.split(';')[0])
    .join('; ');
  assert.is((await secure.call('GET', '/api/me', { headers: { cookie } })).status, 200);
  await secure.close();
});

sessions.run();
