import { setTimeout as pause } from 'node:timers/promises';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { hashOf } from './tokens.ts';

/** Failures that cost nothing: people do mistype. */
const free = 5;
const firstDelayMs = 100;
const longestDelayMs = 5000;
/** Failures are remembered this long after the last. */
const memorySeconds = 15 * 60;

/**
 * Slows down guessing at one account from one address: each failure past the fifth doubles the wait. The owner of the
 * account, who sits elsewhere, notices nothing, so nobody can lock anybody out.
 */
export class SignInDelay {
  readonly #failures = new RateLimiterMemory({ points: Number.MAX_SAFE_INTEGER, duration: memorySeconds });

  async wait(ip: string, email: string): Promise<void> {
    const known = await this.#failures.get(keyOf(ip, email));
    const ms = delayAfter(known?.consumedPoints ?? 0);
    if (ms > 0) await pause(ms);
  }

  async failed(ip: string, email: string): Promise<void> {
    await this.#failures.penalty(keyOf(ip, email));
  }

  async succeeded(ip: string, email: string): Promise<void> {
    await this.#failures.delete(keyOf(ip, email));
  }
}

/** Milliseconds to wait before looking at the next attempt. */
export function delayAfter(failures: number): number {
  return failures < free ? 0 : Math.min(longestDelayMs, firstDelayMs * 2 ** (failures - free));
}

function keyOf(ip: string, email: string): string {
  return `${ip}/${hashOf(email.trim().toLowerCase()).toString('base64url')}`;
}
