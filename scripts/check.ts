import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { breachesOf, sources } from './import-rules.ts';

/**
 * `npm run check`: types, format and lint, unused code, and the rules on imports and names, all at once and in well
 * under 20 s. `--fix` lets the formatter write. Ends with code 1 when anything is found.
 */

interface Verdict {
  name: string;
  ok: boolean;
  output: string;
  ms: number;
}

const root = join(import.meta.dirname, '..');
const { values } = parseArgs({ options: { fix: { type: 'boolean', default: false } } });
const bin = (name: string) => join(root, 'node_modules', '.bin', name);

async function program(name: string, command: string, parameters: string[]): Promise<Verdict> {
  const started = performance.now();
  return new Promise((resolve) => {
    const child = spawn(command, parameters, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', (error) => resolve({ name, ok: false, output: error.message, ms: performance.now() - started }));
    child.once('close', (code) => resolve({ name, ok: code === 0, output, ms: performance.now() - started }));
  });
}

async function rules(): Promise<Verdict> {
  const started = performance.now();
  const breaches = (await sources(root)).flatMap(breachesOf);
  return { name: 'imports and names', ok: breaches.length === 0, output: breaches.join('\n'), ms: performance.now() - started };
}

const verdicts = await Promise.all([
  program('types', bin('tsc'), ['-p', root, '--noEmit', '--pretty', 'false']),
  program('format and lint', bin('biome'), [
    'check',
    ...(values.fix ? ['--write'] : []),
    '--error-on-warnings',
    '--max-diagnostics=200',
    '.',
  ]),
  program('unused code', process.execPath, [join(root, 'node_modules', 'knip', 'bin', 'knip.js'), '--no-progress']),
  rules(),
]);
for (const { name, ok, output, ms } of verdicts) {
  console.log(`${ok ? 'ok  ' : 'FAIL'}  ${name}  ${(ms / 1000).toFixed(1)} s`);
  if (!ok) console.log(output.trim().replaceAll(/^/gm, '      '));
}
process.exitCode = verdicts.every(({ ok }) => ok) ? 0 : 1;
