import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Refusal } from '../refusal.ts';

/** 32 bytes that everything secret hangs from: organizations' keys are wrapped by it, the roles' passwords derive from it. */
export type MasterKey = Buffer;

/** Reads a master key as people write it: hex or base64 of at least 32 bytes. @throws Refusal */
export function parseMasterKey(text: string, from: string): MasterKey {
  const trimmed = text.trim();
  const bytes = /^[0-9a-f]+$/i.test(trimmed) && trimmed.length % 2 === 0 ? Buffer.from(trimmed, 'hex') : Buffer.from(trimmed, 'base64');
  if (bytes.length < 32) throw new Refusal(`${from} is too short: it needs 32 bytes or more, as hex or base64.`);
  return bytes.length === 32 ? bytes : Buffer.from(hkdfSync('sha256', bytes, '', 'leadfloor master key', 32));
}

/**
 * The master key of an embedded installation: `given` (the environment's) or the file `master.key` in the data
 * directory, made at the first start (`create`: the caller owns the directory).
 * @throws Refusal when both are there and differ, or when the file is gone beside existing data.
 */
export async function masterKeyOf(dataDir: string, given: string | undefined, create: boolean): Promise<MasterKey> {
  const path = join(dataDir, 'master.key');
  let text: string | null = null;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw new Refusal(`${path} cannot be read.`, { cause: error });
  }
  const kept = text === null ? null : parseMasterKey(text, path);
  if (given !== undefined) {
    const key = parseMasterKey(given, 'MASTER_KEY');
    if (kept !== null && !timingSafeEqual(kept, key))
      throw new Refusal(`MASTER_KEY is not the key in ${path}, which the data was written with.`);
    return key;
  }
  if (kept !== null) return kept;
  if (!create || existsSync(join(dataDir, 'postgres'))) {
    throw new Refusal(`${path} is missing: put it back, the data cannot be read without it (or set MASTER_KEY).`);
  }
  const key = randomBytes(32);
  const file = await open(`${path}.new`, 'w', 0o600);
  await file.writeFile(`${key.toString('hex')}\n`);
  await file.sync();
  await file.close();
  await chmod(`${path}.new`, 0o600);
  await rename(`${path}.new`, path);
  return key;
}

/** A key for one purpose, 32 bytes; nothing about the master key or other purposes follows from it. */
export function derive(master: MasterKey, purpose: string): Buffer {
  return createHmac('sha256', master).update(`leadfloor/${purpose}`).digest();
}

/** The password of a database role. */
export function rolePassword(master: MasterKey, role: string): string {
  return derive(master, `role/${role}`).toString('hex');
}
