import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { Rejection } from '../../domain/kernel/rejection.ts';
import type { Log } from '../log.ts';
import { type Appended, type AppendItem, append, type Verdict } from './append.ts';

/** How long a batch whose outcome is unknown is sent again before its commands are answered 503. */
const patience = 8_000;
const answerWithin = 12_000;

export const unavailable = () =>
  new Rejection(503, 'unavailable', 'The database does not answer. Send the command again with the same idempotency key.', {
    retryAfter: 1,
  });

/** What became of each item: its verdict, or why it failed alone. */
export interface LaneResult {
  base: number;
  head: number;
  outcomes: (Verdict | Error)[];
}

/**
 * One connection that carries batches, one after the other. A connection that breaks while a batch is under way leaves
 * its outcome unknown: the batch is sent again as it is, and the commands' ids make that harmless.
 */
export class Lane {
  readonly #pool: pg.Pool;
  readonly #log: Log;
  #client: pg.PoolClient | null = null;
  #broken: Error | null = null;
  #closed = false;

  constructor(pool: pg.Pool, log: Log) {
    this.#pool = pool;
    this.#log = log;
  }

  async send(items: readonly AppendItem[]): Promise<LaneResult> {
    const deadline = performance.now() + patience;
    for (let pause = 20; ; pause = Math.min(pause * 2, 400)) {
      try {
        const appended: Appended = await append(await this.#connected(), items);
        return { base: appended.base, head: appended.head, outcomes: appended.verdicts };
      } catch (error) {
        const failure = error as Error & { code?: string };
        const kind = kindOf(failure);
        if (kind === 'unknown') this.#release(failure);
        if (kind === 'definite') return items.length === 1 ? { base: 0, head: 0, outcomes: [failure] } : this.#apart(items, failure);
        if (this.#closed || performance.now() + pause > deadline) {
          this.#log.error({ err: failure, items: items.length }, 'a batch could not be appended');
          return { base: 0, head: 0, outcomes: items.map(unavailable) };
        }
        this.#log.warn({ err: failure, items: items.length }, 'a batch is sent again');
        await sleep(pause);
      }
    }
  }

  /** One item made the statement fail, and with it its neighbours: halves, until it stands alone. */
  async #apart(items: readonly AppendItem[], failure: Error): Promise<LaneResult> {
    this.#log.warn({ err: failure, items: items.length }, 'a batch failed and is sent in parts');
    const middle = items.length >> 1;
    const first = await this.send(items.slice(0, middle));
    const second = await this.send(items.slice(middle));
    return { base: first.base || second.base, head: Math.max(first.head, second.head), outcomes: [...first.outcomes, ...second.outcomes] };
  }

  async #connected(): Promise<pg.PoolClient> {
    if (this.#broken) this.#release(this.#broken);
    if (this.#client) return this.#client;
    const client = await this.#pool.connect();
    client.on('error', this.#onError);
    this.#client = client;
    // A server that vanished without a word must not hold a lane for ever.
    await client.query(`set statement_timeout = ${answerWithin}`);
    return client;
  }

  readonly #onError = (error: Error): void => {
    this.#broken = error;
  };

  #release(error: Error | undefined): void {
    this.#broken = null;
    const client = this.#client;
    if (!client) return;
    this.#client = null;
    client.off('error', this.#onError);
    // The pool listens again from here on; until it destroyed the connection, late errors must find a listener.
    client.on('error', (late) => this.#log.debug({ err: late }, 'a broken lane connection said more'));
    client.release(error ?? true);
  }

  close(): void {
    this.#closed = true;
    this.#release(undefined);
  }
}

/**
 * `definite`: PostgreSQL refused the statement, nothing of it stands, and again would be no different. `passing`: nothing
 * stands, but later it may. `unknown`: it may stand or not.
 */
function kindOf(failure: Error & { code?: string }): 'definite' | 'passing' | 'unknown' {
  if (failure instanceof RangeError || failure instanceof TypeError) return 'definite';
  const { code } = failure;
  if (code === undefined || !/^[0-9A-Z]{5}$/.test(code)) return 'unknown';
  if (code.startsWith('08') || code.startsWith('57P') || code === '25006') return 'unknown';
  if (code.startsWith('40') || code.startsWith('53') || code.startsWith('55') || code === '57014' || code.startsWith('XX'))
    return 'passing';
  return 'definite';
}
