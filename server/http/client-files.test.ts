import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { Hono } from 'hono';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { clientFiles } from './client-files.ts';
import type { Call } from './route.ts';
import type { EdgeEnvironment } from './security.ts';

const files = suite("the client's files");
const page = '<!doctype html><title>Floor</title>';
const script = `console.log(${JSON.stringify('x'.repeat(2000))})`;
let directory: string;
let app: Hono<EdgeEnvironment>;

files.before(() => {
  directory = mkdtempSync(join(tmpdir(), 'leadfloor-client-'));
  mkdirSync(join(directory, 'dist', 'assets'), { recursive: true });
  writeFileSync(join(directory, 'secret.txt'), 'not to be served');
  writeFileSync(join(directory, 'dist', 'index.html'), page);
  writeFileSync(join(directory, 'dist', 'assets', 'app-BxY12_z9.js'), script);
  app = new Hono<EdgeEnvironment>();
  const serve = clientFiles(join(directory, 'dist'));
  app.get('*', (c) => {
    const call: Pick<Call, 'c' | 'requestId' | 'secure'> = { c, requestId: 'r', secure: false };
    return serve(call as Call) ?? c.text('none', 404);
  });
});
files.after(() => rmSync(directory, { recursive: true }));

files('keep hashed names for a year, compressed as the browser likes', async () => {
  const plain = await app.request('/assets/app-BxY12_z9.js');
  assert.is(plain.headers.get('cache-control'), 'public, max-age=31536000, immutable');
  assert.is(plain.headers.get('content-type'), 'text/javascript; charset=utf-8');
  assert.is(await plain.text(), script);
  const brotli = await app.request('/assets/app-BxY12_z9.js', { headers: { 'accept-encoding': 'gzip, br' } });
  assert.is(brotli.headers.get('content-encoding'), 'br');
  assert.is(brotliDecompressSync(Buffer.from(await brotli.arrayBuffer())).toString(), script);
  const gzip = await app.request('/assets/app-BxY12_z9.js', { headers: { 'accept-encoding': 'gzip' } });
  assert.is(gunzipSync(Buffer.from(await gzip.arrayBuffer())).toString(), script);
});

files('ask again for the page, which costs nothing when it is the same', async () => {
  const first = await app.request('/');
  assert.is(first.headers.get('cache-control'), 'no-cache');
  const again = await app.request('/', { headers: { 'if-none-match': first.headers.get('etag') ?? '' } });
  assert.is(again.status, 304);
  assert.is(await again.text(), '');
});

files("answer the client's own history with its page, and a missing file with nothing", async () => {
  for (const path of ['/board', '/leads/some-id', '/sign-in?from=here']) assert.is(await (await app.request(path)).text(), page, path);
  for (const path of ['/missing.js', '/assets/old-AAAAAAAA.css', '/favicon.ico']) assert.is((await app.request(path)).status, 404, path);
});

files('never leave their folder', async () => {
  for (const path of [
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/../../secret.txt',
    '/assets/%2e%2e%2f%2e%2e%2fsecret.txt',
    '//etc/passwd',
  ]) {
    const answer = await app.request(`http://floor.example${path}`);
    assert.not.ok((await answer.text()).includes('not to be served'), path);
  }
});

files.run();
