// test-timeout: 120 s
// test-alone: it starts whole servers and measures nothing, but they deserve the machine
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { childEnvironment, readEnvironment } from './environment.ts';
import { createLog } from './log.ts';
import { asRole } from './store/connections.ts';
import { bornOf, ownerOf } from './store/data-dir.ts';
import { openDatabase } from './store/database.ts';
import { rolePassword } from './store/master-key.ts';
import { testDatabase, testMasterKey } from './store/testing.ts';

const starting = suite('npm start');
const main = join(import.meta.dirname, 'main.ts');
let dataDir: string;
const started: Running[] = [];

starting.before(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'leadfloor-start-'));
});
starting.after.each(async () => {
  for (const running of started.splice(0)) {
    running.child.kill('SIGKILL');
    await running.ended;
  }
});
starting.after(async () => {
  // The last process may have been killed: whoever takes the directory over ends its PostgreSQL.
  await (await openDatabase(readEnvironment(environmentWith()), { role: 'server', log: createLog('silent') })).close();
  await rm(dataDir, { recursive: true, force: true });
});

interface Running {
  child: ChildProcess;
  /** Resolves with the address printed; rejects when the process ends first. */
  url: Promise<string>;
  said(): string;
  errors(): string;
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

function environmentWith(changes: Record<string, string | undefined> = {}): NodeJS.ProcessEnv {
  return childEnvironment({
    PORT: '0',
    HOST: '127.0.0.1',
    DATA_DIR: dataDir,
    DATABASE_URL: undefined,
    DATABASE_OWNER_URL: undefined,
    MASTER_KEY: undefined,
    LOG_LEVEL: 'warn',
    ...changes,
  });
}

function run(changes: Record<string, string | undefined> = {}, options: { group?: boolean; parameters?: string[] } = {}): Running {
  const child = spawn(process.execPath, [main, ...(options.parameters ?? [])], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: options.group ?? false,
    env: environmentWith(changes),
  });
  let said = '';
  let errors = '';
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  const url = new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const found = /(?:is open|is caught up): (http:\S+)/.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
    void ended.then(({ code }) => reject(new Error(`it ended with ${code}: ${said}${errors}`)));
  });
  url.catch(() => undefined);
  child.stderr?.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const running = { child, url, said: () => said, errors: () => errors, ended };
  started.push(running);
  return running;
}

async function postmasterOf(running: Running): Promise<number> {
  await running.url;
  const owner = await ownerOf(dataDir);
  assert.is(owner?.pid, running.child.pid);
  return Number((await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

async function signIn(url: string, email = 'owner@b2b-sales.demo'): Promise<{ authorization: string }> {
  const answer = await fetch(`${url}/api/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password: 'leadfloor-demo' }),
  });
  assert.is(answer.status, 201);
  const { accessToken } = (await answer.json()) as { accessToken: string };
  return { authorization: `Bearer ${accessToken}` };
}

async function capture(url: string, who: { authorization: string }, name: string): Promise<string> {
  const answer = await fetch(`${url}/api/leads`, {
    method: 'POST',
    headers: { ...who, 'content-type': 'application/json' },
    body: JSON.stringify({ firstName: name, lastName: 'Tested', email: `${name.toLowerCase()}@example.com`, source: 'website' }),
  });
  assert.is(answer.status, 201, await answer.clone().text());
  return ((await answer.json()) as { id: string }).id;
}

async function oneLine(running: Running): Promise<string> {
  const { code } = await running.ended;
  assert.is(code, 1);
  const lines = running.errors().trim().split('\n');
  assert.is(lines.length, 1, running.errors());
  assert.not.match(lines[0] ?? '', /^\s*at /);
  return lines[0] ?? '';
}

let lead = '';

starting('makes a floor in an empty directory, and a SIGTERM ends it with code 0 and PostgreSQL gone', async () => {
  const first = run();
  const url = await first.url;
  assert.is((await fetch(`${url}/livez`)).status, 200);
  assert.is((await fetch(`${url}/readyz`)).status, 200);
  const page = await fetch(url);
  assert.is(page.status, 200);
  assert.match(await page.text(), /<html/);
  for (const slug of ['uae-real-estate', 'us-real-estate', 'b2b-sales', 'recruiting', 'brokerage']) {
    assert.match(first.said(), `owner@${slug}.demo`);
  }
  // Few of the fifty-five: sign-in is limited to 20 a second.
  for (const who of ['manager@recruiting', 'agent1@brokerage', 'agent8@us-real-estate', 'viewer@uae-real-estate'])
    await signIn(url, `${who}.demo`);
  lead = await capture(url, await signIn(url), 'Kept');
  const postmaster = await postmasterOf(first);
  first.child.kill('SIGTERM');
  const ended = await first.ended;
  assert.equal(ended, { code: 0, signal: null }, first.errors());
  assert.is(bornOf(postmaster), '', 'PostgreSQL has ended');
  assert.is(await ownerOf(dataDir), null);
  assert.is(first.errors(), '', 'nothing to warn of');
});

starting('keeps the data over a second start, and both signals of a group and npm end it once', async () => {
  const second = run({}, { group: true });
  const url = await second.url;
  assert.not.match(second.said(), /making the demo floor/);
  const answer = await fetch(`${url}/api/leads/${lead}`, { headers: await signIn(url) });
  assert.is(answer.status, 200);
  assert.match(await answer.text(), /Kept/);
  process.kill(-(second.child.pid ?? 0), 'SIGTERM');
  second.child.kill('SIGTERM');
  assert.equal(await second.ended, { code: 0, signal: null });
});

starting('finishes what is under way when told to end', async () => {
  const running = run();
  const url = await running.url;
  const who = await signIn(url);
  const answers: Promise<number>[] = [];
  for (let n = 0; n < 40; n++) {
    answers.push(
      fetch(`${url}/api/leads`, {
        method: 'POST',
        headers: { ...who, 'content-type': 'application/json' },
        body: JSON.stringify({ firstName: `Busy${n}`, lastName: 'Tested', email: `busy${n}@example.com`, source: 'website' }),
      }).then(({ status }) => status),
    );
  }
  await answers[0];
  running.child.kill('SIGINT');
  const settled = await Promise.allSettled(answers);
  assert.equal(await running.ended, { code: 0, signal: null });
  // Each was answered, or its connection was never taken; none was cut in the middle with a 5xx.
  for (const result of settled)
    if (result.status === 'fulfilled') assert.ok(result.value === 201 || result.value === 503, String(result.value));
  assert.ok(settled.filter((result) => result.status === 'fulfilled' && result.value === 201).length > 0);
});

starting('recovers after the server and PostgreSQL were killed', async () => {
  const killed = run();
  const url = await killed.url;
  const after = await capture(url, await signIn(url), 'Survivor');
  const postmaster = await postmasterOf(killed);
  killed.child.kill('SIGKILL');
  process.kill(postmaster, 'SIGKILL');
  await killed.ended;
  const next = run();
  const again = await next.url;
  assert.is((await fetch(`${again}/api/leads/${after}`, { headers: await signIn(again) })).status, 200);
  next.child.kill('SIGTERM');
  assert.is((await next.ended).code, 0);
});

starting('heals when PostgreSQL is killed under it', async () => {
  const running = run();
  const url = await running.url;
  const who = await signIn(url);
  const postmaster = await postmasterOf(running);
  process.kill(postmaster, 'SIGKILL');
  const deadline = Date.now() + 30_000;
  let status = 0;
  while (status !== 201 && Date.now() < deadline) {
    status = await fetch(`${url}/api/leads`, {
      method: 'POST',
      headers: { ...who, 'content-type': 'application/json' },
      body: JSON.stringify({ firstName: 'Healed', lastName: 'Tested', email: 'healed@example.com', source: 'website' }),
    }).then((answer) => answer.status);
    assert.ok(status === 201 || status === 503 || status === 409, `answered ${status}`);
    if (status === 409) break;
  }
  assert.ok(status === 201 || status === 409);
  assert.is((await fetch(`${url}/readyz`)).status, 200);
  running.child.kill('SIGTERM');
  assert.is((await running.ended).code, 0);
});

starting('waits for an earlier server that is ending, on the same port', async () => {
  const port = await freePort();
  const first = run({ PORT: String(port) });
  await first.url;
  first.child.kill('SIGTERM');
  const second = run({ PORT: String(port) });
  assert.is((await first.ended).code, 0);
  await second.url;
  second.child.kill('SIGTERM');
  assert.is((await second.ended).code, 0);
});

starting('says in one line that the port is taken, by a stranger or by itself', async () => {
  const stranger = createServer();
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
  const { port } = stranger.address() as AddressInfo;
  assert.match(await oneLine(run({ PORT: String(port) })), /Port \d+ on 127\.0\.0\.1 is in use/);
  await new Promise((resolve) => stranger.close(resolve));
  const first = run({ PORT: String(port) });
  await first.url;
  assert.match(await oneLine(run({ PORT: String(port) })), /already runs on this DATA_DIR \(process \d+\)/);
  assert.is((await fetch(`${await first.url}/readyz`)).status, 200, 'the first goes on');
  first.child.kill('SIGTERM');
  await first.ended;
});

starting('says in one line that the database is out of reach, or has no key', async () => {
  const key = testMasterKey.toString('hex');
  assert.match(
    await oneLine(run({ DATABASE_URL: 'postgres://app:x@127.0.0.1:1/none', MASTER_KEY: key })),
    /cannot be reached as role "app": .*ECONNREFUSED/,
  );
  assert.match(await oneLine(run({ DATABASE_URL: 'postgres://app:x@127.0.0.1:1/none' })), /needs MASTER_KEY/);
  assert.match(await oneLine(run({ DATABASE_URL: 'nonsense' })), /DATABASE_URL is not usable/);
  assert.match(await oneLine(run({ PORT: 'x' })), /PORT is not usable/);
  assert.match(await oneLine(run({}, { parameters: ['--dmeo'] })), /Unknown option '--dmeo'/);
});

starting('serves a database of somebody else: migrates with the owner, then without; no demo unless asked for', async () => {
  const cluster = readEnvironment().testDatabaseUrl ?? '';
  const name = 'external_to_main';
  // Roles belong to the cluster: another database of it makes them and sets their passwords.
  await (await testDatabase()).close();
  const admin = new pg.Client({ connectionString: cluster });
  await admin.connect();
  await admin.query(`create database ${name} owner owner`);
  try {
    const inside = new URL(cluster);
    inside.pathname = `/${name}`;
    const as = (role: string) => asRole(inside.toString(), role, rolePassword(testMasterKey, role));
    const key = { MASTER_KEY: testMasterKey.toString('hex') };
    assert.match(await oneLine(run({ ...key, DATABASE_URL: as('app') })), /never migrated/);
    const first = run({ ...key, DATABASE_URL: as('app'), DATABASE_OWNER_URL: as('owner') });
    assert.is((await fetch(`${await first.url}/readyz`)).status, 200);
    assert.not.match(first.said(), /demo/);
    first.child.kill('SIGTERM');
    assert.is((await first.ended).code, 0);
    const second = run({ ...key, DATABASE_URL: as('app') }, { parameters: ['--demo'] });
    await signIn(await second.url);
    second.child.kill('SIGTERM');
    assert.is((await second.ended).code, 0);
    assert.match(await oneLine(run({ MASTER_KEY: 'ab'.repeat(32), DATABASE_URL: as('app') })), /password does not follow from MASTER_KEY/);
    assert.match(
      await oneLine(run({ MASTER_KEY: 'ab'.repeat(32), DATABASE_URL: as('app'), DATABASE_OWNER_URL: as('owner') })),
      /MASTER_KEY is not the one/,
    );
    assert.match(await oneLine(run({ ...key, DATABASE_URL: as('owner') })), /owns the table/);
  } finally {
    for (const running of started) running.child.kill('SIGKILL');
    await admin.query(`drop database ${name} with (force)`);
    await admin.end();
  }
});

starting('says in one line that DATA_DIR is unusable', async () => {
  const file = join(dataDir, 'a-file');
  await writeFile(file, '');
  assert.match(await oneLine(run({ DATA_DIR: join(file, 'below') })), /DATA_DIR .* cannot be used/);
});

starting('ends with code 0 when told to in the middle of a start', async () => {
  const fresh = await mkdtemp(join(tmpdir(), 'leadfloor-stopped-'));
  try {
    const running = run({ DATA_DIR: fresh });
    await new Promise<void>((resolve) => running.child.stdout?.once('data', () => resolve()));
    running.child.kill('SIGTERM');
    assert.equal(await running.ended, { code: 0, signal: null }, running.errors());
    assert.is(await ownerOf(fresh), null);
    const whole = run({ DATA_DIR: fresh });
    await signIn(await whole.url);
    whole.child.kill('SIGTERM');
    assert.is((await whole.ended).code, 0);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
});

starting('makes a demo floor whole that a kill interrupted', async () => {
  const fresh = await mkdtemp(join(tmpdir(), 'leadfloor-half-'));
  try {
    const running = run({ DATA_DIR: fresh, LOG_LEVEL: 'info' });
    await new Promise<void>((resolve) => {
      running.child.stderr?.on('data', () => {
        if (/demo organization made/.test(running.errors())) resolve();
      });
    });
    running.child.kill('SIGKILL');
    await running.ended;
    const whole = run({ DATA_DIR: fresh });
    const url = await whole.url;
    assert.match(whole.said(), /clearing a demo floor that was not finished/);
    for (const slug of ['uae-real-estate', 'brokerage']) await signIn(url, `owner@${slug}.demo`);
    whole.child.kill('SIGTERM');
    assert.is((await whole.ended).code, 0);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
});

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

starting.run();
