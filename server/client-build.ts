import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { glob, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Refusal } from './refusal.ts';

const root = join(import.meta.dirname, '..');
/** Where the built client is served from. */
export const clientDirectory = join(root, 'dist', 'client');
const stamp = join(root, 'dist', 'client.sha256');

/**
 * Builds the client when it is missing or older than its sources, judged by content. In a process of its own: the
 * bundler's memory is gone afterwards. Built aside and moved into place, so that servers starting together do not
 * meet half a client.
 * @throws Refusal when the build fails.
 */
export async function buildClient(onProgress?: (step: string) => void): Promise<void> {
  const digest = await digestOfSources();
  const built = await readFile(stamp, 'utf8').catch(() => '');
  const standing = await readFile(join(clientDirectory, 'index.html')).catch(() => null);
  if (built === digest && standing !== null) return;
  onProgress?.('building the client');
  const aside = `${clientDirectory}.${process.pid}`;
  const vite = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin', 'vite.js');
  const parameters = [vite, 'build', '--config', join(root, 'vite.config.ts'), '--outDir', aside, '--emptyOutDir', '--logLevel', 'error'];
  const { code, output } = await run(parameters);
  try {
    if (code !== 0) throw new Refusal(`The client could not be built: ${output.trim().split('\n').slice(0, 3).join(' ')}`);
    await rm(clientDirectory, { recursive: true, force: true });
    await mkdir(dirname(clientDirectory), { recursive: true });
    await rename(aside, clientDirectory);
    await writeFile(stamp, digest);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

async function digestOfSources(): Promise<string> {
  const digest = createHash('sha256');
  const paths = ['package-lock.json', 'vite.config.ts'];
  for await (const path of glob('client/**/*.{ts,css,html,svg,png,woff2}', { cwd: root })) if (!path.includes('.test.')) paths.push(path);
  for (const path of paths.sort()) digest.update(path).update(await readFile(join(root, path)));
  return digest.digest('hex');
}

async function run(parameters: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, parameters, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', (error) => resolve({ code: 1, output: error.message }));
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
