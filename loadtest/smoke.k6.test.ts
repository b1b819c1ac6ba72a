// test-timeout: 240 s
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { childEnvironment } from '../server/environment.ts';

const test = suite('npm run load -- smoke');
const run = promisify(execFile);

test('twenty walks through the real server: each captured lead is pushed to a board, every threshold holds', async () => {
  const env = childEnvironment({ DATABASE_URL: '', DATABASE_OWNER_URL: '', LEADFLOOR_URL: undefined });
  const { stdout } = await run(process.execPath, [join(import.meta.dirname, '../scripts/load.ts'), 'smoke'], { env });
  const line = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as { name: string; ours: { held: boolean } };
  assert.is(line.name, 'smoke');
  assert.is(line.ours.held, true, JSON.stringify(line));
});

test.run();
