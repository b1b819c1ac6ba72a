// test-timeout: 90 s
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { childEnvironment } from '../server/environment.ts';

const runner = suite('the test runner');

/** Runs the runner on fixture files and answers its code, its last line and all it said. */
async function run(
  fixtures: string[],
  environment: Record<string, string | undefined> = {},
): Promise<{ code: number; last: string; said: string }> {
  const paths = fixtures.map((name) =>
    name.includes('/') || name.startsWith('no file') ? name : join(import.meta.dirname, 'fixtures', 'runner', `${name}.fixture.ts`),
  );
  const child = spawn(process.execPath, [join(import.meta.dirname, 'test.ts'), ...paths], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: childEnvironment({ CI: undefined, TEST_DATABASE_URL: undefined, ...environment }),
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const code = await new Promise<number>((resolve) => child.once('close', (ended) => resolve(ended ?? -1)));
  return { code, last: said.trimEnd().split('\n').at(-1) ?? '', said };
}

const expectations: [fixture: string, code: number, last: string, says: RegExp][] = [
  ['passes', 0, '2 passed, 0 failed, 0 skipped', /ok/],
  ['assertion-fails', 1, '1 passed, 1 failed, 0 skipped', /arithmetic › is wrong/],
  ['before-throws', 1, '0 passed, 1 failed, 0 skipped', /no ground to stand on/],
  ['after-throws', 1, '1 passed, 1 failed, 0 skipped', /the mop broke/],
  ['before-each-throws', 1, '0 passed, 1 failed, 0 skipped', /nothing laid out/],
  ['after-each-throws', 1, '0 passed, 2 failed, 0 skipped', /the mop broke/],
  ['throws-string', 1, '0 passed, 2 failed, 0 skipped', /threw the string "a string"/],
  ['forgotten-run', 1, '0 passed, 1 failed, 0 skipped', /\.run\(\) is missing/],
  ['no-tests', 1, '0 passed, 1 failed, 0 skipped', /declares no test/],
  ['does-not-load', 1, '0 passed, 1 failed, 0 skipped', /broken at the top/],
  ['unhandled-rejection', 1, '1 passed, 1 failed, 0 skipped', /nobody caught this/],
  ['uncaught-exception', 1, '1 passed, 1 failed, 0 skipped', /thrown from a callback/],
  ['hangs', 1, '1 passed, 1 failed, 0 skipped', /did not end within 1 s/],
  ['spins', 1, '0 passed, 1 failed, 0 skipped', /nothing was heard of it/],
  ['exits-early', 1, '0 passed, 1 failed, 0 skipped', /before its tests were through/],
  ['stays-open', 1, '1 passed, 1 failed, 0 skipped', /something is left open/],
  ['skips', 1, '1 passed, 1 failed, 0 skipped', /without a reason/],
  ['only', 1, '1 passed, 1 failed, 0 skipped', /without a reason/],
];

const results = Promise.all(expectations.map(async ([fixture]) => [fixture, await run([fixture])] as const)).then((all) => new Map(all));

for (const [fixture, code, last, says] of expectations) {
  runner(`says so: ${fixture}`, async () => {
    const result = (await results).get(fixture);
    assert.is(result?.last, last, result?.said);
    assert.is(result?.code, code);
    assert.match(result?.said ?? '', says);
  });
}

runner('fails when nothing matches', async () => {
  const result = await run(['no file is called this']);
  assert.is(result.code, 1);
  assert.match(result.said, /No test file matches/);
});

runner('adds files up and one failure fails the whole', async () => {
  const result = await run(['passes', 'assertion-fails']);
  assert.is(result.last, '3 passed, 1 failed, 0 skipped');
  assert.is(result.code, 1);
});

runner('announces a skip, and CI accepts none', async () => {
  const page = join('scripts', 'fixtures', 'runner', 'needs-chromium.browser.test.fixture.ts');
  const here = await run([page], { CHROMIUM: '/nowhere/chromium' });
  assert.match(here.said, /skip .*no Chromium/);
  assert.is(here.last, '0 passed, 0 failed, 1 skipped');
  assert.is(here.code, 0);
  const there = await run([page], { CHROMIUM: '/nowhere/chromium', CI: 'true' });
  assert.is(there.last, '0 passed, 1 failed, 1 skipped');
  assert.is(there.code, 1);
  const load = join('scripts', 'fixtures', 'runner', 'needs-k6.k6.test.fixture.ts');
  const without = await run([load], { PATH: '/nowhere' });
  assert.match(without.said, /skip .*no k6/);
  assert.is(without.last, '0 passed, 0 failed, 1 skipped');
});

runner.run();
