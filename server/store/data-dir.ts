import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal } from '../refusal.ts';

/**
 * Who runs the PostgreSQL of a DATA_DIR. One process owns the directory and supervises the database; others (import,
 * seed, migrate, rebuild) find it here and connect. The file holds no secret: passwords derive from the master key.
 */
export interface Owner {
  pid: number;
  /** Tells a living owner from another process that was given its number. */
  born: string;
  role: 'server' | 'tool';
  state: 'starting' | 'running' | 'ending';
  /** Directory of the database's socket, once it runs. */
  socketDir: string | null;
}

const ownerFile = (dataDir: string) => join(dataDir, 'owner.json');

/** How long a start waits for an owner that was killed or is ending. */
export const ownerPatienceMs = 30_000;
/** An owner that neither ends nor was told to: seen so for this long, a second server gives up. */
const steadyMs = 3_000;

/** An identity of a running process that its successor under the same number does not share; '' when it does not run. */
export function bornOf(pid: number): string {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return '';
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z') return '';
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()}/${fields[19]}`;
  } catch {
    return 'running';
  }
}

/** The living owner of a data directory, or null. */
export async function ownerOf(dataDir: string): Promise<Owner | null> {
  let text: string;
  try {
    text = await readFile(ownerFile(dataDir), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  if (!text.endsWith('\n')) return null;
  const owner = JSON.parse(text) as Owner;
  return bornOf(owner.pid) === owner.born ? owner : null;
}

export interface Ownership {
  update(change: Partial<Pick<Owner, 'state' | 'socketDir'>>): Promise<void>;
  release(): Promise<void>;
}

/** What an owner that stays means for the one who asks: wait on, or stop with a reason. */
export type Standing = 'wait' | Refusal;

/**
 * Becomes the owner of a data directory, waiting up to 30 s for one that is ending.
 * `standing` is asked once a living owner has stayed in place for 3 s without being told to end.
 * @throws Refusal when somebody else keeps it, or the directory cannot be used.
 */
export async function takeOwnership(
  dataDir: string,
  role: Owner['role'],
  options: { onWait?: (owner: Owner) => void; standing?: (owner: Owner) => Promise<Standing>; signal?: AbortSignal } = {},
): Promise<Ownership> {
  await makeDataDir(dataDir);
  const deadline = Date.now() + ownerPatienceMs;
  let told = false;
  let steadySince: number | null = null;
  for (;;) {
    const mine: Owner = { pid: process.pid, born: bornOf(process.pid), role, state: 'starting', socketDir: null };
    if (await tryTake(dataDir, mine)) return ownershipOf(dataDir, mine);
    const owner = await ownerOf(dataDir);
    if (owner !== null) {
      if (!told) options.onWait?.(owner);
      told = true;
      steadySince = owner.state === 'ending' ? null : (steadySince ?? Date.now());
      if (steadySince !== null && Date.now() - steadySince > steadyMs && options.standing) {
        const standing = await options.standing(owner);
        if (standing !== 'wait') throw standing;
      }
      if (Date.now() > deadline) throw new Refusal(`${dataDir} is in use by process ${owner.pid}, which did not end within 30 s.`);
    }
    await sleep(owner === null ? 5 : 100, undefined, { signal: options.signal });
  }
}

async function makeDataDir(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    if (!(await stat(dataDir)).isDirectory()) throw new Refusal(`DATA_DIR ${dataDir} is not a directory.`);
    const probe = join(dataDir, `.writable-${randomUUID()}`);
    await writeFile(probe, '');
    await rm(probe);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new Refusal(`DATA_DIR ${dataDir} cannot be used${code === undefined ? '' : ` (${code})`}: ${reasonOf(code)}.`, { cause: error });
  }
}

function reasonOf(code: string | undefined): string {
  if (code === 'EACCES' || code === 'EPERM') return 'this user may not write there';
  if (code === 'ENOSPC') return 'the disk is full';
  if (code === 'EROFS') return 'the file system is read-only';
  if (code === 'ENOTDIR' || code === 'EEXIST') return 'a part of the path is a file';
  return 'it cannot be created or written';
}

/** Creates the owner file; one left by a dead owner is cleared under a second lock, so that two heirs cannot both inherit. */
async function tryTake(dataDir: string, mine: Owner): Promise<boolean> {
  const path = ownerFile(dataDir);
  if (await createExclusively(path, mine)) return true;
  if ((await ownerOf(dataDir)) !== null) return false;
  const clearing = `${path}.clearing`;
  if (!(await createExclusively(clearing, mine))) {
    const age =
      Date.now() -
      (await stat(clearing).then(
        (info) => info.mtimeMs,
        () => Date.now(),
      ));
    if (age > 10_000) await rm(clearing, { force: true });
    return false;
  }
  try {
    const age =
      Date.now() -
      (await stat(path).then(
        (info) => info.mtimeMs,
        () => 0,
      ));
    // A file without its closing newline is being written by its maker right now, unless that maker died in the act.
    const torn =
      age < 1_000 &&
      !(await readFile(path, 'utf8').then(
        (text) => text.endsWith('\n'),
        () => true,
      ));
    if (!torn && (await ownerOf(dataDir)) === null) await rm(path, { force: true });
  } finally {
    await rm(clearing, { force: true });
  }
  return createExclusively(path, mine);
}

async function createExclusively(path: string, owner: Owner): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600);
    await file.writeFile(`${JSON.stringify(owner)}\n`);
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function ownershipOf(dataDir: string, mine: Owner): Ownership {
  let current = mine;
  return {
    async update(change) {
      current = { ...current, ...change };
      const next = `${ownerFile(dataDir)}.${process.pid}`;
      await writeFile(next, `${JSON.stringify(current)}\n`, { mode: 0o600 });
      await rename(next, ownerFile(dataDir));
    },
    async release() {
      await rm(ownerFile(dataDir), { force: true });
    },
  };
}
