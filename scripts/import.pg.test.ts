// test-timeout: 180 s
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { childEnvironment } from '../server/environment.ts';

const test = suite('npm run import, on an empty machine');
const run = promisify(execFile);
const script = join(import.meta.dirname, 'import.ts');
const fixture = join(import.meta.dirname, '../server/leads/import/fixtures/really-a-spreadsheet.csv');
let folder: string;

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'leadfloor-import-cli-'));
});
test.after(() => rm(folder, { recursive: true, force: true }));

async function importing(...args: string[]): Promise<string[]> {
  const env = childEnvironment({ DATA_DIR: join(folder, 'data'), DATABASE_URL: '', DATABASE_OWNER_URL: '' });
  const { stdout } = await run(process.execPath, [script, ...args], { env, cwd: folder });
  return stdout.trimEnd().split('\n');
}

test('makes the database and the demo floor, imports a spreadsheet called CSV, and ends with the counts; again creates nothing', async () => {
  const first = await importing(fixture, '--organization', 'b2b-sales');
  assert.is(first.at(-1), 'created 3, updated 0, duplicate 0, invalid 0, skipped 0');
  assert.ok(first.some((line) => line.includes('Prospect ID → externalId')));
  const again = await importing(fixture, '--organization', 'b2b-sales');
  assert.is(again.at(-1), 'created 0, updated 0, duplicate 0, invalid 0, skipped 3');
});

test('writes what brought no lead, and why, beside where it was called', async () => {
  const path = join(folder, 'more.csv');
  await writeFile(path, 'Full name,Email\nAnn Lee,ann@example.com\nBo Ray,bo@example.com\n=Cher,\n');
  const lines = await importing(path, '--organization', 'b2b-sales');
  assert.is(lines.at(-1), 'created 2, updated 0, duplicate 0, invalid 1, skipped 0');
  const rejects = await readFile(join(folder, 'more.rejects.csv'), 'utf8');
  assert.match(rejects, /^\ufeffline,reason,Full name,Email\r\n4,/);
  assert.match(rejects, /Missing: lastName, email.*,'=Cher,/);
});

test('says in one line what is wrong with the call', async () => {
  for (const [args, reason] of [
    [[fixture, '--organization', 'nowhere'], /^There is no organization nowhere\. There are: b2b-sales, /],
    [[join(folder, 'gone.csv'), '--organization', 'b2b-sales'], /cannot be read \(ENOENT\)/],
    [[], /^Usage/],
  ] as const) {
    await importing(...args).then(
      () => assert.unreachable(),
      (error: { stderr: string; code: number }) => {
        assert.is(error.code, 1);
        assert.match(error.stderr, reason);
      },
    );
  }
});

test.run();
