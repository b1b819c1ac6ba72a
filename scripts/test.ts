import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { glob, readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { childEnvironment, readEnvironment } from '../server/environment.ts';
import type { TestCluster } from '../server/store/testing.ts';
import type { Message } from './test-file.ts';
import type { Outcome } from './watched-uvu.ts';

/**
 * `npm test [-- substring…] [--timeout seconds]`: runs the test files whose path contains one of the substrings (all
 * without one), each in a process of its own, two at a time; a path to a file runs that file. Ends with the line
 * `N passed, N failed, N skipped` and code 1 when anything failed, a file held no test, or nothing ran.
 *
 * A file may say in a comment `test-timeout: 120 s` (each of its tests; 30 s otherwise) and `test-alone: why` (nothing
 * runs beside it; browser and k6 files never share).
 */

const root = join(import.meta.dirname, '..');
const folders = ['domain', 'projections', 'server', 'client', 'migrations', 'scripts', 'loadtest'];

interface TestFile {
  path: string;
  name: string;
  timeoutMs: number;
  alone: boolean;
  needsDatabase: boolean;
  needsBrowser: boolean;
  /** Drives k6 against a server of its own. */
  needsK6: boolean;
}

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

const { positionals: wanted, values: options } = parseArgs({ allowPositionals: true, options: { timeout: { type: 'string' } } });
const environment = readEnvironment();
const tally: Tally = { passed: 0, failed: 0, skipped: 0 };
const children = new Set<ChildProcess>();
let cluster: TestCluster | null = null;
let stopping = false;

for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => {
    stopping = true;
    for (const child of children) child.kill('SIGKILL');
  });
}

const files = await find();
const chromium = findChromium();
if (files.length === 0) {
  console.error(`No test file matches ${wanted.join(', ')}.`);
  tally.failed++;
}
const runnable = files.filter((file) => {
  const missing = missingFor(file);
  if (missing === null) return true;
  console.log(`skip  ${file.name}: ${missing}`);
  tally.skipped++;
  return false;
});

try {
  if (runnable.some((file) => file.needsDatabase)) {
    // Loaded only now: pure tests need no PostgreSQL, nor the modules that start it.
    const { startTestCluster } = await import('../server/store/testing.ts');
    cluster = await startTestCluster();
  }
  await runAll(runnable);
} catch (error) {
  tally.failed++;
  console.error(error instanceof Error ? error.message : error);
} finally {
  await cluster?.close();
}
if (stopping) tally.failed++;
if (environment.ci && tally.skipped > 0) {
  console.log('A skipped test counts as a failure here (CI is set).');
  tally.failed += tally.skipped;
}
console.log(`${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`);
process.exitCode = tally.failed > 0 || tally.passed + tally.skipped === 0 ? 1 : 0;

/** What a file needs that this machine lacks, in words that say how to bring it; null when nothing is missing. */
function missingFor(file: TestFile): string | null {
  if (file.needsBrowser && chromium === null) return 'there is no Chromium on this machine (set CHROMIUM to its path)';
  if (file.needsK6 && spawnSync('k6', ['version']).status !== 0) return 'there is no k6 on the PATH (go install go.k6.io/k6@v1.8.1)';
  return null;
}

async function find(): Promise<TestFile[]> {
  const exact = wanted.filter((name) => name.endsWith('.ts') && existsSync(resolve(name)));
  const parts = wanted.filter((name) => !exact.includes(name));
  const paths = new Set(exact.map((name) => resolve(name)));
  if (exact.length === 0 || parts.length > 0) {
    for await (const path of glob(`{${folders.join(',')}}/**/*.test.ts`, { cwd: root })) {
      if (parts.length === 0 || parts.some((part) => path.includes(part))) paths.add(join(root, path));
    }
  }
  const found = await Promise.all([...paths].map(describe));
  const rank = (file: TestFile) => (file.needsBrowser ? 3 : file.alone ? 2 : file.needsDatabase ? 1 : 0);
  return found.sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}

async function describe(path: string): Promise<TestFile> {
  const text = await readFile(path, 'utf8');
  const seconds = options.timeout ?? /test-timeout: (\d+) s/.exec(text)?.[1] ?? '30';
  const needsBrowser = /\.browser\.test\.(fixture\.)?ts$/.test(path);
  const needsK6 = /\.k6\.test\.(fixture\.)?ts$/.test(path);
  return {
    path,
    name: relative(root, path),
    timeoutMs: Number(seconds) * 1000,
    alone: needsBrowser || needsK6 || /test-alone: \S/.test(text),
    needsDatabase: path.endsWith('.pg.test.ts') || needsBrowser,
    needsBrowser,
    needsK6,
  };
}

async function runAll(queue: TestFile[]): Promise<void> {
  const shared = queue.filter((file) => !file.alone);
  const lane = async () => {
    for (let file = shared.shift(); file && !stopping; file = shared.shift()) show(file, await runFile(file));
  };
  await Promise.all([lane(), lane()]);
  for (const file of queue.filter(({ alone }) => alone)) if (!stopping) show(file, await runFile(file));
}

interface FileResult {
  outcomes: Outcome[];
  output: string;
  ms: number;
}

/** Runs one file. A process that ends early, hangs, or does not end when its tests are through is a failure. */
async function runFile(file: TestFile): Promise<FileResult> {
  const started = performance.now();
  const outcomes: Outcome[] = [];
  let output = '';
  let done = false;
  let killedFor: string | null = null;
  const child = fork(join(import.meta.dirname, 'test-file.ts'), [file.path, '--timeout', String(file.timeoutMs)], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: childEnvironment({ TEST_DATABASE_URL: cluster?.url, CHROMIUM: chromium ?? undefined, NODE_NO_WARNINGS: '1' }),
  });
  children.add(child);
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-20_000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  let watchdog: NodeJS.Timeout | undefined;
  const patience = (ms: number, reason: string) => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => {
      killedFor = reason;
      child.kill('SIGKILL');
    }, ms);
  };
  // Three spans of the test's own time: before.each, the test and after.each may each use theirs up.
  const stuck = () => patience(file.timeoutMs * 3 + 4_000, 'nothing was heard of it for too long: it was ended');
  stuck();
  child.on('message', (message: Message) => {
    if (message.kind === 'outcome') {
      outcomes.push(message.outcome);
      stuck();
    } else {
      done = true;
      patience(5_000, 'its tests were through, but the process did not end within 5 s: something is left open');
    }
  });
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((settle) => {
    child.once('close', (...ended: [number | null, NodeJS.Signals | null]) => settle(ended));
  });
  clearTimeout(watchdog);
  children.delete(child);
  const fault = killedFor ?? (!done ? `the process ended (${signal ?? `code ${code}`}) before its tests were through` : null);
  if (fault !== null) outcomes.push({ suite: '', test: '(file)', passed: false, reason: fault, ms: 0 });
  return { outcomes, output, ms: performance.now() - started };
}

function show(file: TestFile, { outcomes, output, ms }: FileResult): void {
  const failures = outcomes.filter((outcome) => !outcome.passed);
  tally.passed += outcomes.length - failures.length;
  tally.failed += failures.length;
  const count = failures.length > 0 ? `${failures.length} of ${outcomes.length} failed` : `${outcomes.length} passed`;
  console.log(`${failures.length > 0 ? 'FAIL' : 'ok  '}  ${file.name}  ${count}  ${(ms / 1000).toFixed(1)} s`);
  for (const failure of failures) {
    const title = [failure.suite, failure.test].filter((part) => part !== '').join(' › ');
    console.log(`      ${title}\n${failure.passed ? '' : failure.reason.replaceAll(/^/gm, '        ')}`);
  }
  const said = output.replaceAll(/^[\s•✘()/\d]*$/gm, '').trim();
  if (failures.length > 0 && said !== '') console.log(`      it printed:\n${said.replaceAll(/^/gm, '        ')}`);
}

function findChromium(): string | null {
  if (environment.chromium !== undefined) return existsSync(environment.chromium) ? environment.chromium : null;
  const known = [
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ];
  return known.find((path) => existsSync(path)) ?? null;
}
