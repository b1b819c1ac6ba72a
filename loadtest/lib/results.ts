import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';

/** Keeps the raw figures of a run in `loadtest/results/`, with the machine and the commit they came from. Answers the file's name. */
export async function keepResults(name: string, raw: object): Promise<string> {
  const root = join(import.meta.dirname, '..', '..');
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
  const at = new Date().toISOString();
  const machine = {
    cpus: cpus().length,
    model: cpus()[0]?.model ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  };
  const commit = git('rev-parse', '--short', 'HEAD');
  const changed = git('status', '--porcelain', '--untracked-files=no', '--', 'server', 'domain', 'projections', 'migrations').length > 0;
  const file = `${name}-${at.slice(0, 19).replaceAll(':', '')}.json`;
  await mkdir(join(root, 'loadtest', 'results'), { recursive: true });
  await writeFile(join(root, 'loadtest', 'results', file), `${JSON.stringify({ name, at, machine, commit, changed, ...raw }, null, 2)}\n`);
  return file;
}

/** The value below which that share of the values lies; they need not be sorted. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
