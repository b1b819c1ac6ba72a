// test-timeout: 120 s
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Answer, ExampleApp, type ExampleOrganization } from '../http/example-app.ts';

const queries = suite('queries');
let floor: ExampleApp;
let uae: ExampleOrganization;
let owner: string;
let agent: string;

type Row = Record<string, unknown>;

const names = ['Amal Rashid', 'Bilal Noor', 'José Álvarez', 'Dana Haddad', 'Elias Khoury', 'Fatima Zahra', 'Ghada Saleh', 'أحمد الخطيب'];
const get = (path: string, token = owner) => floor.call('GET', path, { token });
const rowsOf = (answer: Answer): Row[] => {
  assert.is(answer.status, 200, answer.text);
  return answer.json.rows as Row[];
};
const namesOf = (answer: Answer) => rowsOf(answer).map((row) => row.name);

queries.before(async () => {
  floor = await ExampleApp.start();
  uae = await floor.organization('uae-real-estate');
  owner = await floor.signIn(uae.people.owner);
  agent = await floor.signIn(uae.people.agent1);
  for (const [index, name] of names.entries()) {
    const [firstName, lastName] = name.split(' ');
    const captured = await floor.call('POST', '/api/leads', {
      token: owner,
      body: {
        firstName,
        lastName,
        phone: `+97150222000${index}`,
        source: index % 2 === 0 ? 'bayut' : 'website',
        tags: index < 3 ? ['vip', `t${index}`] : [],
        budgetMax: (index + 1) * 1_000_000,
        notes: 'nothing',
      },
    });
    assert.is(captured.status, 201, captured.text);
    const id = String(captured.json.id);
    if (index < 2) await floor.call('POST', `/api/leads/${id}/assign`, { token: owner, body: { agentId: uae.people.agent1?.agentId } });
    if (index === 2) await floor.call('POST', `/api/leads/${id}/assign`, { token: owner, body: { agentId: uae.people.agent2?.agentId } });
    if (index === 3) await floor.call('POST', `/api/leads/${id}/move`, { token: owner, body: { status: 'contacted' } });
    if (index === 4)
      await floor.call('POST', `/api/leads/${id}/move`, { token: owner, body: { status: 'lost', reason: 'went elsewhere' } });
  }
  await floor.settled();
});
queries.after(() => floor.close());

queries('list leads, the newest first, with the position they have seen', async () => {
  const answer = await get('/api/leads');
  assert.equal(namesOf(answer), [...names].reverse());
  assert.is(answer.json.nextCursor, null);
  assert.ok(Number(answer.json.position) >= 8);
});

queries('filter by stage, owner, source, tags, text and time', async () => {
  assert.equal(namesOf(await get('/api/leads?status=CONTACTED')), ['Dana Haddad']);
  assert.equal(namesOf(await get('/api/leads?status=contacted,lost')).sort(), ['Dana Haddad', 'Elias Khoury']);
  assert.equal(namesOf(await get('/api/leads?status=unheard-of')), []);
  assert.equal(namesOf(await get(`/api/leads?owner=${uae.people.agent1?.agentId}`)), ['Bilal Noor', 'Amal Rashid']);
  assert.equal(namesOf(await get('/api/leads?owner=me', agent)), ['Bilal Noor', 'Amal Rashid']);
  assert.is(rowsOf(await get('/api/leads?owner=none')).length, 5);
  assert.is(rowsOf(await get('/api/leads?source=Bayut')).length, 4);
  assert.is(rowsOf(await get('/api/leads?tagsAny=VIP')).length, 3);
  assert.equal(namesOf(await get('/api/leads?tagsAll=vip,t1')), ['Bilal Noor']);
  assert.equal(namesOf(await get('/api/leads?q=alvarez')), ['José Álvarez']);
  assert.equal(namesOf(await get(`/api/leads?q=${encodeURIComponent('احمد')}`)), ['أحمد الخطيب']);
  assert.equal(namesOf(await get('/api/leads?q=2220003')), ['Dana Haddad']);
  assert.equal(namesOf(await get(`/api/leads?q=${encodeURIComponent('%')}`)), []);
  assert.is(rowsOf(await get('/api/leads?open=false')).length, 1);
  assert.is(rowsOf(await get('/api/leads?from=2999-01-01')).length, 0);
  assert.is(rowsOf(await get('/api/leads?to=2999-01-01&from=2020-01-01T00:00:00%2B04:00')).length, 8);
  assert.is(rowsOf(await get('/api/leads?minScore=1')).length, 0);
});

queries('page through every sort without losing or doubling a lead', async () => {
  for (const sort of [
    'capturedAt',
    '-capturedAt',
    'updatedAt',
    '-updatedAt',
    'statusChangedAt',
    'name',
    '-name',
    'score',
    '-score',
    'value',
    '-value',
  ]) {
    const seen: unknown[] = [];
    let cursor: unknown = '';
    while (cursor !== null) {
      const page = await get(`/api/leads?sort=${sort}&limit=3${cursor === '' ? '' : `&cursor=${String(cursor)}`}`);
      seen.push(...rowsOf(page).map((row) => row.id));
      cursor = page.json.nextCursor;
    }
    assert.is(seen.length, 8, sort);
    assert.is(new Set(seen).size, 8, sort);
  }
  const byValue = rowsOf(await get('/api/leads?sort=-value')).map((row) => row.budgetMax);
  assert.equal(
    byValue,
    [...byValue].sort((one, two) => Number(two) - Number(one)),
  );
});

queries('refuse parameters they do not know, cursors of other lists, and odd values, with 400', async () => {
  const cursor = String((await get('/api/leads?limit=1')).json.nextCursor);
  const forged = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const wrong = [
    'unheardOf=1',
    'limit=0',
    'limit=201',
    'limit=ten',
    'status=new&status=lost',
    'q=%00',
    'owner=somebody',
    'sort=phone',
    'from=yesterday',
    'from=0000-01-01',
    'to=2026-02-01T99:00:00Z',
    'minScore=high',
    `sort=name&cursor=${cursor}`,
    'cursor=garbage',
    `cursor=${forged(['-capturedAt', 'not a time', 'x'])}`,
    `cursor=${forged(['-capturedAt', null, 'x'])}`,
    `cursor=${forged(['-capturedAt', '2026-13-45 99:99:99+00', 'x'])}`,
    `cursor=${forged([1, 2, 3])}`,
    `sort=-value&cursor=${forged(['-value', '1e9', 'x'])}`,
    `sort=name&cursor=${forged(['name', 'a\u0000b', 'x'])}`,
  ];
  for (const query of wrong) {
    const answer = await get(`/api/leads?${query}`);
    assert.is(answer.status, 400, `${query}: ${answer.text}`);
    assert.is(answer.json.code, 'invalid');
  }
});

queries('show an agent their own leads and those nobody owns, in lists, counts and reports alike', async () => {
  const seen = rowsOf(await get('/api/leads', agent));
  assert.is(seen.length, 7);
  assert.not.ok(seen.some((row) => row.agentId === uae.people.agent2?.agentId));
  assert.equal(namesOf(await get('/api/leads?q=alvarez', agent)), []);
  assert.equal(namesOf(await get(`/api/leads?owner=${uae.people.agent2?.agentId}`, agent)), []);
  const count = async (token: string) => rowsOf(await get('/api/board/columns', token)).reduce((sum, row) => sum + Number(row.count), 0);
  assert.is(await count(owner), 8);
  assert.is(await count(agent), 7);
  const funnel = async (token: string) => rowsOf(await get('/api/reports/funnel', token))[0];
  assert.is((await funnel(owner))?.count, 8);
  assert.is((await funnel(agent))?.count, 7);
  assert.equal(
    rowsOf(await get('/api/reports/agents', agent)).map((row) => row.agentId),
    [uae.people.agent1?.agentId],
  );
});

queries('tell what happened to a lead, line by line and field by field', async () => {
  const dana = rowsOf(await get('/api/leads?q=dana'))[0];
  const timeline = rowsOf(await get(`/api/leads/${String(dana?.id)}/timeline`));
  assert.equal(
    timeline.map((row) => row.type),
    ['lead.moved', 'lead.captured'],
  );
  const first = await get(`/api/leads/${String(dana?.id)}/timeline?limit=1`);
  const second = await get(`/api/leads/${String(dana?.id)}/timeline?limit=1&cursor=${String(first.json.nextCursor)}`);
  assert.equal([...rowsOf(first), ...rowsOf(second)], timeline);
  const history = rowsOf(await get(`/api/leads/${String(dana?.id)}/history`));
  assert.equal([history[0]?.field, history[0]?.oldValue, history[0]?.newValue], ['status', 'new', 'contacted']);
  assert.is((await get(`/api/leads/${String(dana?.id)}/history?cursor=${String(first.json.nextCursor)}`)).status, 400);
});

queries('count and add up the columns of the board in the order of the pipeline', async () => {
  const rows = rowsOf(await get('/api/board/columns'));
  assert.equal(
    rows.map((row) => row.status),
    ['new', 'contacted', 'qualified', 'viewing_scheduled', 'negotiation', 'converted', 'lost'],
  );
  assert.equal(rows[0], { status: 'new', count: 6, value: 27_000_000 });
});

queries('list agents with load and capacity, members with teams, own alerts', async () => {
  const agents = rowsOf(await get('/api/agents'));
  assert.equal(
    agents.map((row) => [row.fullName, row.activeLeadsCount, row.capacity]),
    [
      ['agent1 Example', 2, 50],
      ['agent2 Example', 1, 50],
      ['manager Example', 0, 50],
    ],
  );
  const page = await get('/api/agents?limit=2');
  assert.equal(
    rowsOf(await get(`/api/agents?limit=2&cursor=${String(page.json.nextCursor)}`)).map((row) => row.fullName),
    ['manager Example'],
  );
  assert.is(rowsOf(await get('/api/members')).length, 5);
  assert.equal(rowsOf(await get('/api/teams')), []);
  const alerts = rowsOf(await get('/api/alerts', agent));
  assert.is(alerts.length, 2);
  assert.is(rowsOf(await get('/api/alerts')).length, 0);
  const read = await floor.call('POST', `/api/alerts/${String(alerts[0]?.id)}/read`, { token: agent, body: {} });
  assert.is(read.status, 200, read.text);
  await floor.settled();
  assert.is(rowsOf(await get('/api/alerts?unread=true', agent)).length, 1);
});

queries('report sources, arrivals and agents over a range', async () => {
  const sources = rowsOf(await get('/api/reports/sources'));
  assert.equal(
    sources.map((row) => [row.source, row.leads, row.won, row.rate]),
    [
      ['bayut', 4, 0, 0],
      ['website', 4, 0, 0],
    ],
  );
  const arrivals = rowsOf(await get('/api/reports/arrivals?minutes=60'));
  assert.ok(arrivals.length >= 24 && arrivals.length <= 26);
  assert.is(
    arrivals.reduce((sum, row) => sum + Number(row.arrived), 0),
    8,
  );
  const agents = rowsOf(await get('/api/reports/agents'));
  assert.is(agents.find((row) => row.agentId === uae.people.agent1?.agentId)?.leads, 2);
  assert.is(rowsOf(await get('/api/reports/sources?from=2020-01-01&to=2020-12-31')).length, 0);
  for (const range of ['from=2026-02-01&to=2026-01-01', 'from=1900-01-01', 'from=soon'])
    assert.is((await get(`/api/reports/funnel?${range}`)).status, 400, range);
  assert.is((await get('/api/reports/arrivals?minutes=7')).status, 400);
});

queries('answer a deleted lead with when it was deleted, in no list', async () => {
  const ghada = rowsOf(await get('/api/leads?q=ghada'))[0];
  const deleted = await floor.call('POST', `/api/leads/${String(ghada?.id)}/delete`, { token: owner, body: {} });
  assert.is(deleted.status, 200);
  await floor.settled();
  assert.equal(namesOf(await get('/api/leads?q=ghada')), []);
  assert.ok(typeof (await get(`/api/leads/${String(ghada?.id)}`)).json.deletedAt === 'string');
  await floor.call('POST', `/api/leads/${String(ghada?.id)}/restore`, { token: owner, body: {} });
  await floor.settled();
  assert.equal(namesOf(await get('/api/leads?q=ghada')), ['Ghada Saleh']);
});

queries.run();
