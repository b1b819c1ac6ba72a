import { hash, verify } from '@node-rs/argon2';
import { refuse } from '../http/problem.ts';

/** argon2id (the library's default kind), 19 MiB, two passes, one lane: OWASP's floor, about 10 ms on one of libuv's threads. */
const cost = { memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 };

/** As many at once as libuv has threads to spare; beyond the queue, sign-in answers 503 rather than piling up memory. */
const atOnce = 3;
const longestQueue = 200;

let running = 0;
const waiting: (() => void)[] = [];

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= atOnce) {
    if (waiting.length >= longestQueue)
      throw refuse('overloaded', 'Too many people are signing in at this moment. Try again in a few seconds.');
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else running += 1;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  }
}

/** Passwords compare as people type them, whatever the keyboard composed: NFC. */
function normal(password: string): string {
  return password.normalize('NFC');
}

/** The stored form of a password (PHC string). */
export function hashPassword(password: string): Promise<string> {
  return inTurn(() => hash(normal(password), cost));
}

let decoy: Promise<string> | null = null;

/**
 * Whether the password belongs to the hash. Without a hash (no such account) the same work is done against a decoy, so
 * that the time of the answer does not tell who has an account.
 */
export async function passwordMatches(stored: string | null, password: string): Promise<boolean> {
  decoy ??= hashPassword('nobody has this one');
  const against = stored ?? (await decoy);
  const matches = await inTurn(() => verify(against, normal(password)));
  return matches && stored !== null;
}
