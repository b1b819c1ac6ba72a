// test-timeout: 120 s
import { once } from 'node:events';
import { request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ExampleApp, type ExampleOrganization } from './example-app.ts';
import { createHttpServer } from './listener.ts';

const edge = suite('the HTTP edge');
let floor: ExampleApp;
let uae: ExampleOrganization;
let owner: string;
let server: Server;
let port: number;

edge.before(async () => {
  floor = await ExampleApp.start();
  uae = await floor.organization('uae-real-estate');
  owner = await floor.signIn(uae.people.owner);
  server = createHttpServer(floor.app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
edge.after(async () => {
  server.closeAllConnections();
  server.close();
  await floor.close();
});

const capture = (body: unknown, headers: Record<string, string> = {}) => floor.call('POST', '/api/leads', { token: owner, body, headers });

function isProblem(answer: Awaited<ReturnType<ExampleApp['call']>>, status: number, code: string): void {
  assert.is(answer.status, status, answer.text);
  assert.is(answer.headers.get('content-type'), 'application/problem+json');
  const { type, title, detail, errors, requestId } = answer.json;
  assert.is(answer.json.status, status);
  assert.is(answer.json.code, code, answer.text);
  assert.is(type, `/docs#error-${code}`);
  for (const text of [title, detail]) assert.ok(typeof text === 'string' && text.length > 3);
  assert.ok(Array.isArray(errors));
  assert.is(requestId, answer.headers.get('x-request-id'));
}

edge('refuses bodies that are not sound JSON with 400 and says why', async () => {
  const deep = `{"notes":${'['.repeat(40)}1${']'.repeat(40)}}`;
  const wrong: [string, string][] = [
    ['', 'json.invalid'],
    ['{', 'json.invalid'],
    ['{"name":"a","name":"b"}', 'json.invalid'],
    ['{"customFields":{"a":1,"\\u0061":2}}', 'json.invalid'],
    ['{"name":"a\\u0000b"}', 'json.invalid'],
    ['{"a\\u0000":1}', 'json.invalid'],
    ['{"name":"\\ud800"}', 'json.invalid'],
    ['{"budgetMin":1e400}', 'json.invalid'],
    ['{"__proto__":{"admin":true}}', 'json.invalid'],
    [deep, 'json.invalid'],
    ['[]', 'invalid'],
    ['null', 'invalid'],
    ['"text"', 'invalid'],
    ['7', 'invalid'],
    ['{}', 'lead.unnamed'],
    ['{"unheardOf":1}', 'invalid'],
    ['{"name":7}', 'invalid'],
    ['{"id":"not a uuid","name":"A"}', 'invalid'],
    ['{"id":7,"name":"A"}', 'invalid'],
  ];
  for (const [body, code] of wrong) {
    const answer = await capture(body);
    assert.ok(answer.status === 400 || answer.status === 422, `${body}: ${answer.status}`);
    if (code !== 'lead.unnamed') isProblem(answer, 400, code);
  }
  const named = await capture('{"firstName":7,"customFields":{"nested":{"deep":1}}}');
  const paths = (named.json.errors as { path: string }[]).map((error) => error.path);
  assert.ok(paths.includes('firstName'), named.text);
});

edge('takes text with colons, quotes and braces inside strings for what it is', async () => {
  const answer = await capture({ firstName: 'A "b": {c}', lastName: 'D\\', phone: '+971501110001', source: 'website' });
  assert.is(answer.status, 201, answer.text);
});

edge('refuses undecodable bytes and other media types', async () => {
  const bytes = await floor.app.request('/api/leads', {
    method: 'POST',
    headers: { authorization: `Bearer ${owner}`, 'content-type': 'application/json' },
    body: Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]),
  });
  assert.is(bytes.status, 400);
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
    isProblem(await capture('{"name":"A"}', { 'content-type': type }), 415, 'media-type.unsupported');
  }
});

edge('answers 413 to two megabytes a hundred times without a reset', async () => {
  const body = Buffer.alloc(2 * 1024 * 1024, 'x');
  const post = (chunked: boolean) =>
    new Promise<number>((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${owner}`,
        'content-type': 'application/json',
        ...(chunked ? {} : { 'content-length': body.length }),
      };
      const sent = request({ port, host: '127.0.0.1', method: 'POST', path: '/api/leads', headers, agent: false }, (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? 0));
      });
      sent.on('error', reject);
      sent.end(body);
    });
  const statuses: number[] = [];
  for (let turn = 0; turn < 25; turn += 1) {
    statuses.push(...(await Promise.all([post(false), post(true), post(false), post(true)])));
  }
  assert.equal([...new Set(statuses)], [413]);
  assert.is(statuses.length, 100);
});

edge('knows what it does not know: 404 for a route, 405 with what is allowed', async () => {
  isProblem(await floor.call('GET', '/api/nothing', { token: owner }), 404, 'route.not-found');
  isProblem(await floor.call('POST', '/api/leads/one/two/three', { token: owner, body: {} }), 404, 'route.not-found');
  const put = await floor.call('PUT', '/api/leads', { token: owner, body: {} });
  isProblem(put, 405, 'method.not-allowed');
  assert.is(put.headers.get('allow'), 'GET, HEAD, POST');
  const options = await floor.call('OPTIONS', '/api/sessions/current');
  assert.is(options.headers.get('allow'), 'DELETE');
});

edge('keeps a well-formed request id, makes one otherwise, and logs it', async () => {
  const kept = await floor.call('GET', '/livez', { headers: { 'x-request-id': 'abc-123.def' } });
  assert.is(kept.headers.get('x-request-id'), 'abc-123.def');
  const line = floor.logged.find((entry) => entry.requestId === 'abc-123.def');
  assert.is(line?.route, '/livez');
  assert.is(line?.status, 200);
  for (const bad of ['with space', 'x'.repeat(65), '"quoted"']) {
    const made = await floor.call('GET', '/livez', { headers: { 'x-request-id': bad } });
    assert.match(made.headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/);
  }
});

edge('logs neither names nor addresses nor tokens', async () => {
  const secret = {
    firstName: 'Zebediah',
    lastName: 'Quartermain',
    phone: '+971501110002',
    email: 'zeb@quartermain.example',
    source: 'website',
  };
  assert.is((await capture(secret)).status, 201);
  await floor.call('GET', '/api/leads?q=Quartermain', { token: owner });
  await floor.call('POST', '/api/sessions', { body: { email: 'zeb@quartermain.example', password: 'a very secret word' } });
  const everything = JSON.stringify(floor.logged);
  for (const word of ['Zebediah', 'Quartermain', '501110002', 'quartermain', 'a very secret word', owner]) {
    assert.not.ok(everything.includes(word), `${word} is in the log`);
  }
});

edge('wears security headers on data and on pages', async () => {
  const data = await floor.call('GET', '/api/me', { token: owner });
  assert.is(data.headers.get('cache-control'), 'no-store');
  assert.is(data.headers.get('x-content-type-options'), 'nosniff');
  assert.match(data.headers.get('content-security-policy') ?? '', /default-src 'none'/);
  const page = await floor.call('GET', '/docs');
  const policy = page.headers.get('content-security-policy') ?? '';
  assert.not.match(policy, /unsafe|\*|http:/);
  for (const directive of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"])
    assert.ok(policy.includes(directive), directive);
});

edge('answers what is no request in the same form, and lives', async () => {
  const talk = (text: string) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(text));
      let heard = '';
      socket.on('data', (chunk) => {
        heard += chunk.toString();
      });
      socket.on('close', () => resolve(heard));
      socket.on('error', reject);
    });
  assert.match(await talk('this is not http\r\n\r\n'), /^HTTP\/1\.1 400 .*application\/problem\+json.*"code":"request.unreadable"/s);
  assert.match(await talk(`GET /livez HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`), /^HTTP\/1\.1 431 .*"status":431/s);
  assert.match(await talk('GET /livez HTTP/1.1\r\nhost: [\r\nconnection: close\r\n\r\n'), /^HTTP\/1\.1 400/);
  assert.is((await floor.call('GET', '/livez')).status, 200);
});

edge('shows figures by route template and command name, on the machine itself only', async () => {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  const text = await response.text();
  assert.match(text, /http_request_duration_seconds_count\{method="POST",route="\/api\/leads",status="201"\}/);
  assert.not.match(text, new RegExp(uae.id));
  const forwarded = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { 'x-forwarded-for': '203.0.113.9' } });
  assert.is(forwarded.status, 401);
});

edge('is ready once the read models caught up, until it drains', async () => {
  assert.is((await floor.call('GET', '/readyz')).status, 200);
  const other = await ExampleApp.start({}, floor);
  other.app.drain();
  isProblem(await other.call('GET', '/readyz'), 503, 'unavailable');
  assert.is((await other.call('GET', '/livez')).status, 200);
  await other.close();
});

edge('gives an address that signs in or asks too often 429 with a time to wait', async () => {
  const strict = await ExampleApp.start({ limits: {} }, floor);
  const attempts = await Promise.all(
    Array.from({ length: 30 }, () => strict.call('POST', '/api/sessions', { body: { email: 'nobody@x.example', password: 'x' } })),
  );
  const refused = attempts.filter((answer) => answer.status === 429);
  assert.ok(refused.length >= 5, `${refused.length} refused`);
  assert.ok(Number(refused[0]?.headers.get('retry-after')) >= 1);
  const asked = await Promise.all(Array.from({ length: 150 }, () => strict.call('GET', '/api/me')));
  assert.ok(asked.some((answer) => answer.status === 429));
  const signedIn = await Promise.all(Array.from({ length: 150 }, () => strict.call('GET', '/api/sessions', { token: owner })));
  assert.ok(signedIn.every((answer) => answer.status === 200));
  await strict.close();
});

edge('speaks of an error of ours without saying what broke, and logs it', async () => {
  const broken = await ExampleApp.start({ store: { execute: () => Promise.reject(new Error('relation "secret_table" is gone')) } }, floor);
  const answer = await broken.call('POST', '/api/leads', { token: owner, body: { name: 'A' } });
  isProblem(answer, 500, 'internal');
  assert.not.match(answer.text, /secret_table/);
  assert.ok(broken.logged.some((line) => line.level === 'error' && line.requestId === answer.json.requestId));
  await broken.close();
});

edge.run();
