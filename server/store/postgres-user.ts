import { spawnSync } from 'node:child_process';
import { chmod, lstat, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { Refusal } from '../refusal.ts';

/** The user PostgreSQL runs as when we are root, which it refuses to run as. */
export interface Account {
  uid: number;
  gid: number;
}

const accountName = 'postgres';

/**
 * The account to run PostgreSQL under: null when we are an ordinary user (it then runs as us), else the system's
 * `postgres` user, created when missing.
 * @throws Refusal when it cannot be created.
 */
export function postgresAccount(): Account | null {
  if (userInfo().uid !== 0) return null;
  const found = lookUp();
  if (found !== null) return found;
  const attempts: [string, string[]][] = [
    ['useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/bin/sh', accountName]],
    ['adduser', ['-S', '-D', '-H', accountName]],
  ];
  for (const [command, options] of attempts) {
    spawnSync(command, options, { stdio: 'ignore', env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' } });
    const made = lookUp();
    if (made !== null) return made;
  }
  throw new Refusal('PostgreSQL does not run as root, and the user "postgres" could not be created: create it, or start as another user.');
}

function lookUp(): Account | null {
  const id = (option: string) => spawnSync('id', [option, accountName], { encoding: 'utf8' });
  const uid = id('-u');
  const gid = id('-g');
  if (uid.status !== 0 || gid.status !== 0) return null;
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

/** Whether the account may enter a directory: tried, not computed, so that access lists and mounts count. */
export function mayEnter(account: Account, directory: string): boolean {
  const tried = spawnSync('/bin/sh', ['-c', 'cd -- "$1"', 'sh', directory], { ...account, cwd: '/', stdio: 'ignore' });
  return tried.status === 0;
}

/**
 * Opens the way to a directory for the account: every directory above it that the account cannot enter gets the
 * execute bit, which lets it be passed through and not listed – by an access list for this account alone where the
 * system has them, else for others. Answers the directories changed.
 * @throws Refusal when the way stays closed.
 */
export async function openWay(account: Account, directory: string): Promise<string[]> {
  if (mayEnter(account, directory)) return [];
  const way: string[] = [];
  for (let at = directory; ; at = dirname(at)) {
    way.unshift(at);
    if (dirname(at) === at) break;
  }
  const changed: string[] = [];
  for (const step of way) {
    if (mayEnter(account, step)) continue;
    if ((await lstat(step)).isSymbolicLink()) continue;
    spawnSync('setfacl', ['-m', `u:${account.uid}:--x`, step], { stdio: 'ignore' });
    if (!mayEnter(account, step)) await chmod(step, ((await stat(step)).mode & 0o7777) | 0o001);
    changed.push(step);
  }
  if (!mayEnter(account, directory)) {
    throw new Refusal(
      `The user "postgres" cannot reach ${directory}: open the directories above it (chmod o+x), or set DATA_DIR elsewhere.`,
    );
  }
  return changed;
}
