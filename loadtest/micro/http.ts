import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { childEnvironment } from '../../server/environment.ts';
import type { LoadOrder, LoadResult } from './http-load.ts';

/**
 * Durable commands over HTTP beside PocketBase's creates, on the same machine in the same run (Q2 of the goals):
 * `npm run bench -- http [--seconds 8] [--rounds 3] [--connections 128]`. Our server is the real one, started as a
 * process of its own on an empty directory; the sender is a third process. Read models are followed while commands
 * pour in: a probe asks with `min-position` how long its own write takes to be readable. Ends with one line of JSON.
 */
const { values } = parseArgs({
  args: process.argv.slice(2),
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '128' },
    peer: { type: 'string', default: 'base' },
  },
});
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);
const connections = Number(values.connections);

const goal =
  'tag and move at least 1.5 × the creates of PocketBase, capture at least 1 ×; p99 < 100 ms, read models at most 250 ms behind (p99)';
const probePauseMs = 40;
const startMs = 120_000;

function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port to be had');
  return address.port;
}

async function reachable(url: string, child: ChildProcess): Promise<void> {
  const until = performance.now() + startMs;
  while (performance.now() < until) {
    if (child.exitCode !== null) throw new Error(`${url} ended with code ${child.exitCode} before it answered`);
    const status = await fetch(url).then(
      (response) => response.status,
      () => 0,
    );
    if (status === 200) return;
    await pause(200);
  }
  throw new Error(`${url} did not answer within ${startMs / 1000} s`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

async function postJson(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as Record<string, unknown>;
}

async function load(order: Omit<LoadOrder, 'connections' | 'seconds'> & { seconds?: number }): Promise<LoadResult> {
  const child = fork(join(import.meta.dirname, 'http-load.ts'), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const answered = once(child, 'message') as Promise<[LoadResult]>;
  child.send({ connections, seconds, ...order });
  const [result] = await Promise.race([
    answered,
    once(child, 'exit').then(() => {
      throw new Error('the sender ended without a result');
    }),
  ]);
  if (child.exitCode === null) await once(child, 'exit');
  const refused = Object.values(result.refused).reduce((sum, count) => sum + count, 0);
  if (refused > result.accepted / 100)
    throw new Error(`${order.kind}: ${JSON.stringify(result.refused)} were refused beside ${result.accepted}`);
  return result;
}

/** How long after its answer a write can be read, sampled until told to stop. */
function probeLag(url: string, token: string, lead: string): () => Promise<number[]> {
  const headers = { authorization: `Bearer ${token}` };
  const samples: number[] = [];
  let over = false;
  const running = (async () => {
    for (let turn = 0; !over; turn += 1) {
      const path = `${url}/api/leads/${lead}/${turn % 2 === 0 ? 'tag' : 'untag'}`;
      const body = JSON.stringify({ tag: 'probe' });
      const written = await fetch(path, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body });
      const { position } = (await written.json()) as { position?: number };
      // Turned away under load: nothing was written, so there is nothing to read back.
      if (written.status === 503) continue;
      if (!written.ok) throw new Error(`the probe was answered ${written.status}`);
      const answered = performance.now();
      const read = await fetch(`${url}/api/leads/${lead}`, { headers: { ...headers, 'min-position': String(position) } });
      await read.arrayBuffer();
      if (read.status === 200) samples.push(performance.now() - answered);
      else if (read.status === 503) samples.push(2000);
      else throw new Error(`the probe was answered ${read.status}`);
      await pause(probePauseMs);
    }
  })();
  // Told when stopping, rather than as a rejection that nobody waits for yet.
  const outcome = running.then(
    () => null,
    (error: unknown) => error,
  );
  return async () => {
    over = true;
    const failure = await outcome;
    if (failure !== null) throw failure;
    return samples;
  };
}

function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((one, other) => one - other);
  return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 10) / 10;
}

function median(samples: readonly number[]): number {
  return percentile(samples, 0.5);
}

async function startOurs(directory: string): Promise<{ child: ChildProcess; port: number; token: string }> {
  const port = await freePort();
  const root = join(import.meta.dirname, '..', '..');
  const log = createWriteStream(join(directory, 'ours.log'));
  await once(log, 'open');
  // The flag of `npm start`: a larger nursery halves the time that collecting garbage takes from each command.
  const child = spawn(process.execPath, ['--max-semi-space-size=64', join(root, 'server', 'main.ts')], {
    cwd: root,
    env: childEnvironment({ PORT: String(port), DATA_DIR: join(directory, 'ours') }),
    stdio: ['ignore', log, log],
  });
  await reachable(`http://127.0.0.1:${port}/readyz`, child);
  const session = await postJson(`http://127.0.0.1:${port}/api/sessions`, {
    email: 'owner@uae-real-estate.demo',
    password: 'leadfloor-demo',
  });
  return { child, port, token: String(session.accessToken) };
}

/** PocketBase with one collection of the same fields, open to be written without a rule: its quickest way. */
async function startPeer(directory: string): Promise<{ child: ChildProcess; port: number }> {
  const port = await freePort();
  const dir = join(directory, 'peer');
  const account = { identity: 'bench@example.com', password: 'leadfloor-bench' };
  const upsert = spawn(values.peer, ['superuser', 'upsert', account.identity, account.password, '--dir', dir], { stdio: 'ignore' });
  const [code] = (await once(upsert, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${values.peer} superuser upsert ended with code ${code}`);
  const child = spawn(values.peer, ['serve', '--http', `127.0.0.1:${port}`, '--dir', dir], { stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}`;
  await reachable(`${url}/api/health`, child);
  const { token } = await postJson(`${url}/api/collections/_superusers/auth-with-password`, account);
  const texts = ['firstName', 'lastName', 'phone', 'email', 'source', 'propertyType', 'notes', 'status'].map((name) => ({
    name,
    type: 'text',
  }));
  const numbers = ['budgetMin', 'budgetMax'].map((name) => ({ name, type: 'number' }));
  const collection = { name: 'leads', type: 'base', createRule: '', fields: [...texts, ...numbers] };
  await postJson(`${url}/api/collections`, collection, { authorization: String(token) });
  return { child, port };
}

async function run(directory: string): Promise<boolean> {
  const started: ChildProcess[] = [];
  try {
    note('starting PocketBase');
    const peer = await startPeer(directory);
    started.push(peer.child);
    note('starting our server (with its demo floor)');
    const ours = await startOurs(directory);
    started.push(ours.child);
    const url = `http://127.0.0.1:${ours.port}`;
    const headers = `authorization: Bearer ${ours.token}\r\n`;
    const results: Record<LoadOrder['kind'], LoadResult[]> = { capture: [], tag: [], move: [], record: [] };
    const lags: number[] = [];
    let ids: string[] = [];
    const fresh = async (seed: number) => {
      const result = await load({ kind: 'capture', port: ours.port, headers, ids: [], moved: 0, seed });
      ids = result.ids.slice(0, 20_000);
      return result;
    };
    note('warming up');
    await load({ kind: 'capture', port: ours.port, headers, ids: [], moved: 0, seed: 1, seconds: 2 });
    await load({ kind: 'record', port: peer.port, headers: '', ids: [], moved: 0, seed: 1, seconds: 2 });
    for (let round = 1; round <= rounds; round += 1) {
      for (const kind of ['capture', 'tag', 'move', 'record'] as const) {
        // One block of ten million phone numbers a capture; there are six, and the first three are used above.
        const seed = round + 2;
        const stopProbe = kind === 'record' ? null : probeLag(url, ours.token, ids[0] ?? (await fresh(2)).ids[0] ?? '');
        const result =
          kind === 'capture'
            ? await fresh(seed)
            : await load({
                kind,
                port: kind === 'record' ? peer.port : ours.port,
                headers: kind === 'record' ? '' : headers,
                ids: ids.slice(1),
                moved: 0,
                seed,
              });
        results[kind].push(result);
        const lag = (await stopProbe?.()) ?? [];
        lags.push(...lag);
        note(
          `${kind}: ${result.rate}/s, p50 ${result.p50} ms, p99 ${result.p99} ms${lag.length > 0 ? `, readable after p99 ${percentile(lag, 0.99)} ms` : ''}`,
        );
      }
    }
    return report(results, lags);
  } finally {
    for (const child of started) await stop(child);
  }
}

function report(results: Record<LoadOrder['kind'], LoadResult[]>, lags: readonly number[]): boolean {
  const rate = (kind: LoadOrder['kind']) => median(results[kind].map((result) => result.rate));
  const p99 = (kind: LoadOrder['kind']) => median(results[kind].map((result) => result.p99));
  const peer = rate('record');
  const ratio = (kind: LoadOrder['kind']) => Math.round((rate(kind) / peer) * 100) / 100;
  const slowest = Math.max(p99('capture'), p99('tag'), p99('move'));
  const lag = percentile(lags, 0.99);
  const met = ratio('tag') >= 1.5 && ratio('move') >= 1.5 && ratio('capture') >= 1 && slowest < 100 && lag <= 250;
  const line = {
    name: 'http',
    goal,
    ours: Math.min(rate('tag'), rate('move')),
    peer,
    ratio: Math.min(ratio('tag'), ratio('move')),
    unit: 'commands/s',
    ratioTag: ratio('tag'),
    ratioMove: ratio('move'),
    ratioCapture: ratio('capture'),
    tag: rate('tag'),
    move: rate('move'),
    capture: rate('capture'),
    p99Ms: { tag: p99('tag'), move: p99('move'), capture: p99('capture'), peer: p99('record') },
    lagP99Ms: lag,
    inFlight: connections,
    cores: availableParallelism(),
    met,
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
  return met;
}

const directory = await mkdtemp(join(tmpdir(), 'leadfloor-http-'));
try {
  await run(directory);
} finally {
  await rm(directory, { recursive: true, force: true });
}
