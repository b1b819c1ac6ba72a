import { inspectRoutes } from 'hono/dev';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { routable } from './commands.ts';
import { ExampleApp } from './example-app.ts';
import { commandExamples } from './examples.ts';
import type { OpenApi } from './openapi.ts';

const documents = suite('the API document');
let floor: ExampleApp;
let document: OpenApi;

documents.before(async () => {
  floor = await ExampleApp.start();
  document = (await floor.call('GET', '/openapi.json')).json as unknown as OpenApi;
});
documents.after(() => floor.close());

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );

documents('lists every mounted route and no other', () => {
  const mounted = inspectRoutes(floor.app.edge.app)
    .filter((route) => !route.isMiddleware)
    .map((route) => `${route.method.toLowerCase()} ${route.path.replaceAll(/:(\w+)/g, '{$1}')}`);
  const described = operations().map(({ method, path }) => `${method} ${path}`);
  assert.equal([...described].sort(), [...new Set(mounted)].sort());
});

documents('is OpenAPI 3.1 with operation ids, answers and refusals for each', () => {
  assert.is(document.openapi, '3.1.0');
  const ids = operations().map(({ operation }) => operation.operationId);
  assert.is(new Set(ids).size, ids.length);
  for (const { path, operation } of operations()) {
    assert.ok(operation.summary.length > 3, path);
    assert.ok(
      Object.keys(operation.responses).some((status) => Number(status) < 300),
      path,
    );
    assert.ok('500' in operation.responses, path);
    const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    assert.equal(
      operation.parameters.filter((parameter) => parameter.in === 'path').map((parameter) => parameter.name),
      named,
    );
    if (operation.security.length > 0) assert.ok('401' in operation.responses, path);
  }
});

documents('documents the codes that each command declares', () => {
  for (const [name, { command }] of routable) {
    const found = operations().find(({ operation }) => operation.operationId === name);
    assert.ok(found, name);
    for (const [code, note] of Object.entries(command.codes)) {
      assert.ok(found?.operation.responses[String(note.status)]?.description.includes(`\`${code}\``), `${name} ${code}`);
    }
  }
});

documents('has an example body for each command, which the command takes', () => {
  for (const [name, { command }] of routable) {
    const example = commandExamples[name];
    assert.ok(example !== undefined, `${name} has no example`);
    const parsed = command.data.safeParse(example);
    assert.ok(parsed.success, `${name}: ${parsed.success ? '' : parsed.error.message}`);
  }
  assert.equal(
    Object.keys(commandExamples).filter((name) => !routable.has(name)),
    [],
  );
});

documents('reads as a page: each operation and code has an anchor, nothing comes from elsewhere or stands inline', async () => {
  const page = await floor.call('GET', '/docs');
  assert.is(page.status, 200);
  for (const { operation } of operations()) assert.ok(page.text.includes(`id="${operation.operationId}"`), operation.operationId);
  for (const code of ['lead.duplicate', 'agent.full', 'version.conflict', 'rate.limited'])
    assert.ok(page.text.includes(`id="error-${code}"`), code);
  assert.not.match(page.text, /https?:\/\/|<style|style=|<script>|onclick=/);
  for (const asset of ['reference.css', 'reference.js']) {
    assert.ok(page.text.includes(`/docs/${asset}`));
    assert.is((await floor.call('GET', `/docs/${asset}`)).status, 200);
  }
});

documents('closes the page to strangers from elsewhere, unless they hold the operations token', async () => {
  const guarded = await ExampleApp.start({ metricsToken: 'for those who run it' }, floor);
  const elsewhere = { 'x-forwarded-for': '203.0.113.9' };
  assert.is((await guarded.call('GET', '/docs', { headers: elsewhere })).status, 401);
  assert.is((await guarded.call('GET', '/metrics', { headers: elsewhere, token: 'wrong' })).status, 401);
  assert.is((await guarded.call('GET', '/docs', { headers: elsewhere, token: 'for those who run it' })).status, 200);
  assert.is((await guarded.call('GET', '/metrics', { headers: elsewhere, token: 'for those who run it' })).status, 200);
  await guarded.close();
});

documents.run();
