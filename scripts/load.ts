import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type PeerFigures, PocketBase } from '../loadtest/peer/pocketbase.ts';
import { childEnvironment, readEnvironment } from '../server/environment.ts';
import { createLog } from '../server/log.ts';
import { Refusal } from '../server/refusal.ts';
import { openTool } from '../server/tool.ts';

/**
 * `npm run load -- smoke|fanout [--watchers 200,1000] [--seconds 20] [--rate 50] [--no-peer] [--audience one|each]`: starts
 * the real server on loopback over an empty folder (or uses LEADFLOOR_URL, loopback only, with its demo sign-ins), runs k6
 * against it, and PocketBase's realtime in the same run. Reports lie in loadtest/results; the last line is JSON.
 */

const root = join(import.meta.dirname, '..');
const results = join(root, 'loadtest', 'results');
const usage = 'Usage: npm run load -- smoke|fanout [--watchers 200,1000] [--seconds 20] [--rate 50] [--audience one,each] [--no-peer]';
const password = 'leadfloor-demo';
const organization = 'b2b-sales';
const agentsOfEach = 200;

interface Target {
  url: string;
  /** The tokens of the watchers by audience: one that all share, or one of an agent each. */
  tokens: { one: string[]; each: string[] };
  sender: string;
  leads: string[];
  /** The server's process, when it is ours. */
  pid: number | null;
  close(): Promise<void>;
}

function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port to be had');
  return address.port;
}

async function exit(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  return new Promise((resolve) => child.once('exit', (code) => resolve(code)));
}

async function call(url: string, token: string | null, body?: unknown): Promise<Record<string, unknown>> {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (token !== null) headers.authorization = `Bearer ${token}`;
  const response = await fetch(url, body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as Record<string, unknown>;
}

async function signIn(url: string, who: string): Promise<string> {
  return String((await call(`${url}/api/sessions`, null, { email: `${who}@${organization}.demo`, password })).accessToken);
}

/** Unassigned leads: every audience sees them, so every command reaches every watcher. */
async function makeLeads(url: string, owner: string): Promise<string[]> {
  const leads: string[] = [];
  for (let index = 0; index < 200; index += 1) {
    const email = `${randomUUID().slice(0, 12)}@example.com`;
    const made = await call(`${url}/api/leads`, owner, { firstName: 'Load', lastName: `Lead ${index}`, email, source: 'WEBSITE' });
    leads.push(String(made.id));
  }
  return leads;
}

/** The real server as a process of its own. */
async function startOurs(folder: string): Promise<Target> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const log = createWriteStream(join(folder, 'server.log'));
  const dataDir = join(folder, 'data');
  const changes = {
    PORT: String(port),
    HOST: '127.0.0.1',
    DATA_DIR: dataDir,
    DATABASE_URL: undefined,
    DATABASE_OWNER_URL: undefined,
    LOG_LEVEL: 'warn',
  };
  const child = spawn(process.execPath, [join(root, 'server', 'main.ts')], {
    cwd: root,
    env: childEnvironment(changes),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.pipe(log);
  child.stderr.pipe(log);
  const close = async (): Promise<void> => {
    if (child.exitCode === null) child.kill('SIGTERM');
    await exit(child);
  };
  try {
    while (
      (await fetch(`${url}/readyz`).then(
        ({ status }) => status,
        () => 0,
      )) !== 200
    ) {
      if (child.exitCode !== null)
        throw new Error(`the server ended with code ${child.exitCode}: ${await readFile(join(folder, 'server.log'), 'utf8')}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    const owner = await signIn(url, 'owner');
    note(`adding ${agentsOfEach} agents`);
    const each = await addAgents(url, owner, dataDir);
    return { url, tokens: { one: [owner], each }, sender: owner, leads: await makeLeads(url, owner), pid: child.pid ?? null, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Agents of an audience each, and a session for each: opened in the database, since signing in is slow on purpose. */
async function addAgents(url: string, owner: string, dataDir: string): Promise<string[]> {
  const members: { userId: string; agentId: string }[] = [];
  for (let index = 0; index < agentsOfEach; index += 1) {
    const userId = randomUUID();
    const made = await call(`${url}/api/members`, owner, { userId, name: `Load Agent ${index}`, role: 'agent' });
    members.push({ userId, agentId: String(made.id) });
  }
  const me = await call(`${url}/api/me`, owner);
  const organizationId = String((me.organization as { id: string }).id);
  const environment = readEnvironment(childEnvironment({ DATA_DIR: dataDir, DATABASE_URL: undefined, DATABASE_OWNER_URL: undefined }));
  const tool = await openTool(environment, createLog('warn'), () => undefined);
  try {
    await tool.sessions.setPasswords(
      members.map(({ userId }, index) => ({ userId, email: `load${index}@${organization}.demo`, password })),
    );
    const issued = members.map(({ userId, agentId }) =>
      tool.sessions.open(userId, organizationId, agentId, { ip: null, userAgent: 'load test' }),
    );
    return (await Promise.all(issued)).map(({ tokens }) => tokens.access);
  } finally {
    await tool.close();
  }
}

/** A server that runs already: its demo agents are the audiences there are. */
async function useRunning(address: string): Promise<Target> {
  const url = address.replace(/\/$/, '');
  if (!/^https?:\/\/(127\.\d+\.\d+\.\d+|localhost|\[::1\])(:\d+)?$/.test(url))
    throw new Refusal('LEADFLOOR_URL must be an address of this machine: load is not sent elsewhere.');
  const owner = await signIn(url, 'owner');
  const each: string[] = [];
  for (let agent = 1; agent <= 8; agent += 1) each.push(await signIn(url, `agent${agent}`));
  return {
    url,
    tokens: { one: [owner], each },
    sender: owner,
    leads: await makeLeads(url, owner),
    pid: null,
    close: async () => undefined,
  };
}

interface Summary {
  metrics: Record<string, { values: Record<string, number>; thresholds?: Record<string, { ok: boolean }> }>;
}

/** Processor seconds a process has used so far, where the system tells (Linux). */
async function processorSeconds(pid: number | null | undefined): Promise<number> {
  if (pid === null || pid === undefined) return Number.NaN;
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return ((user ?? Number.NaN) + (system ?? Number.NaN)) / 100;
}

/** One run of k6, offline; answers its summary and whether all thresholds held. */
async function k6(
  script: string,
  name: string,
  environment: Record<string, string>,
): Promise<{ summary: Summary; held: boolean; cores: number }> {
  const path = join(results, `${name}.json`);
  // What scripts say goes to a file: a fault that every iteration meets would drown everything else.
  const said = createWriteStream(join(results, `${name}.raw.log`));
  await once(said, 'open');
  const child = spawn('k6', ['run', '--quiet', join(root, 'loadtest', `${script}.ts`)], {
    cwd: root,
    stdio: ['ignore', 'ignore', said],
    env: childEnvironment({
      ...environment,
      LOAD_SUMMARY: path,
      K6_NO_USAGE_REPORT: 'true',
      K6_AUTO_EXTENSION_RESOLUTION: 'false',
      K6_WEB_DASHBOARD: 'true',
      K6_WEB_DASHBOARD_PORT: '-1',
      K6_WEB_DASHBOARD_PERIOD: '2s',
      K6_WEB_DASHBOARD_EXPORT: join(results, `${name}.html`),
    }),
  });
  const began = performance.now();
  let used = 0;
  const looking = setInterval(() => {
    void processorSeconds(child.pid).then((seconds) => {
      if (seconds > used) used = seconds;
    });
  }, 500);
  const code = await exit(child);
  clearInterval(looking);
  const cores = used / ((performance.now() - began) / 1000);
  // 99: a threshold was crossed, which the summary tells of.
  if (code !== 0 && code !== 99) throw new Error(`k6 ended with code ${code}; see loadtest/results/${name}.raw.log`);
  return { summary: JSON.parse(await readFile(path, 'utf8')) as Summary, held: code === 0, cores };
}

function requireK6(): void {
  try {
    execFileSync('k6', ['version'], { stdio: 'ignore' });
  } catch {
    throw new Refusal('k6 is not on the PATH: `go install go.k6.io/k6@v1.8.1` puts it into $(go env GOPATH)/bin.');
  }
}

interface Measured {
  watchers: number;
  audience: 'one' | 'each';
  p50: number;
  p99: number;
  max: number;
  samples: number;
  commandP99: number;
  /** Of the server's process over the whole run, connecting included; PostgreSQL apart. */
  serverCores: number;
  k6Cores: number;
  /** Nothing lost, doubled or refused, and no socket cut. */
  sound: boolean;
  /** The goal for this many watchers is reached. */
  met: boolean;
}

async function fanout(target: Target, watchers: number, audience: 'one' | 'each', rate: number, seconds: number): Promise<Measured> {
  const probes = Math.min(20, watchers);
  const before = await processorSeconds(target.pid);
  const began = performance.now();
  const { summary, cores } = await k6('fanout', `fanout-${watchers}-${audience}`, {
    LOAD_URL: target.url,
    LOAD_TOKENS: JSON.stringify(target.tokens[audience]),
    LOAD_LEADS: JSON.stringify(target.leads),
    LOAD_SENDER: target.sender,
    // Of its own for each run: a tag that a lead wears already changes nothing.
    LOAD_TAG: `${watchers} ${audience} ${randomUUID().slice(0, 4)}`,
    LOAD_WATCHERS: String(watchers),
    LOAD_PROBES: String(probes),
    LOAD_RATE: String(rate),
    LOAD_SECONDS: String(seconds),
    LOAD_RAMP: String(Math.max(2, Math.ceil(watchers / 100))),
  });
  const serverCores = ((await processorSeconds(target.pid)) - before) / ((performance.now() - began) / 1000);
  const value = (metric: string, name: string) => summary.metrics[metric]?.values[name] ?? 0;
  const latency = summary.metrics.push_latency;
  // After a refused command its lead's next one finds nothing to change.
  const effective = value('commands_accepted', 'count') - value('commands_refused', 'count');
  const lost = Math.max(0, effective * probes - value('probe_rows', 'count'));
  const faults = ['push_gaps', 'push_doubles', 'sockets_failed', 'commands_refused'].reduce(
    (sum, metric) => sum + value(metric, 'count'),
    0,
  );
  const round = (number: number) => Number(number.toFixed(1));
  const measured = {
    watchers,
    audience,
    p50: round(value('push_latency', 'med')),
    p99: round(value('push_latency', 'p(99)')),
    max: round(value('push_latency', 'max')),
    samples: value('push_latency', 'count'),
    commandP99: round(value('command_ack', 'p(99)')),
    serverCores: Number(serverCores.toFixed(2)),
    k6Cores: Number(cores.toFixed(2)),
    sound: value('push_latency', 'count') > 0 && lost === 0 && faults === 0 && value('dropped_iterations', 'count') === 0,
    met: Object.values(latency?.thresholds ?? {}).every(({ ok }) => ok),
  };
  const cuts = (await (await fetch(`${target.url}/metrics`)).text()).match(/^live_sockets_cut_total.*$/gm) ?? [];
  for (const cut of cuts) note(cut);
  note(
    `ours, ${watchers} watchers, ${audience === 'one' ? 'one audience' : `${target.tokens.each.length} audiences`}: p50 ${measured.p50} p99 ${measured.p99} ms, lost ${lost}, faults ${faults} (server ${measured.serverCores}, k6 ${measured.k6Cores} core)`,
  );
  return measured;
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    allowNegative: true,
    options: {
      watchers: { type: 'string', default: '200,1000' },
      seconds: { type: 'string', default: '20' },
      rate: { type: 'string', default: '50' },
      audience: { type: 'string', default: 'one,each' },
      peer: { type: 'boolean', default: true },
    },
  });
  const [profile] = positionals;
  if (profile !== 'smoke' && profile !== 'fanout') throw new Refusal(usage);
  requireK6();
  await mkdir(results, { recursive: true });
  const folder = await mkdtemp(join(tmpdir(), 'leadfloor-load-'));
  const running = childEnvironment().LEADFLOOR_URL;
  let target: Target | null = null;
  let peer: PocketBase | null = null;
  try {
    note(running === undefined ? 'starting our server (with its demo floor)' : `using ${running}`);
    target = running === undefined ? await startOurs(folder) : await useRunning(running);
    const machine = `${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}`;
    if (profile === 'smoke') {
      const { summary, held } = await k6('smoke', 'smoke', { LOAD_URL: target.url });
      const p99 = summary.metrics.http_req_duration?.values['p(99)'] ?? 0;
      const push = summary.metrics.push_latency?.values.med ?? 0;
      console.log(
        JSON.stringify({
          name: 'smoke',
          goal: 'every check holds',
          ours: { held, httpP99Ms: Math.round(p99), pushP50Ms: Math.round(push) },
          unit: 'ms',
          machine,
          commit: commit(),
        }),
      );
      return held ? 0 : 1;
    }
    const rate = Number(values.rate);
    const seconds = Number(values.seconds);
    const ours: Measured[] = [];
    const theirs: PeerFigures[] = [];
    for (const watchers of values.watchers.split(',').map(Number)) {
      for (const audience of values.audience.split(',')) {
        if (audience !== 'one' && audience !== 'each') throw new Refusal(usage);
        ours.push(await fanout(target, watchers, audience, rate, seconds));
      }
      if (!values.peer) continue;
      peer ??= await PocketBase.start('base', folder, await freePort());
      if (peer === null) {
        note('PocketBase is not on the PATH as `base`: no peer figure (go install github.com/pocketbase/pocketbase/examples/base@v0.38.0)');
        continue;
      }
      const figures = await peer.measure(watchers, rate, seconds);
      theirs.push(figures);
      note(`PocketBase, ${watchers} watchers: p50 ${figures.p50} p99 ${figures.p99} ms, missing ${figures.missing}`);
    }
    const goal = '200 watchers p50 <= 8, p99 <= 25 ms; 1,000 p99 <= 100 ms, at 50 commands a second, commit included';
    const ratio = theirs.length === 0 ? null : Number(((theirs.at(-1)?.p99 ?? 0) / (ours.at(-1)?.p99 ?? 1)).toFixed(2));
    const line = {
      name: 'fanout',
      goal,
      ours,
      peer: { name: 'PocketBase 0.38.0 realtime', figures: theirs },
      ratio,
      unit: 'ms from intended command to watcher data',
      machine,
      commit: commit(),
    };
    await writeFile(join(results, 'fanout.json'), `${JSON.stringify(line, null, 2)}\n`);
    console.log(JSON.stringify(line));
    return ours.every(({ sound }) => sound) ? 0 : 1;
  } finally {
    await peer?.close();
    await target?.close();
    await rm(folder, { recursive: true, force: true });
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Refusal ? error.message : error);
  process.exitCode = 1;
}
