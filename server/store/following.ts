import type pg from 'pg';
import type { StreamRef } from '../../domain/kernel/aggregate.ts';
import type { Log } from '../log.ts';
import type { Listen } from './notifications.ts';

interface Foreign {
  organization_id: string;
  stream_type: string;
  stream_id: string;
  version: number;
  position: string;
}

interface FollowingParts {
  pool: pg.Pool;
  listen: Listen;
  log: Log;
  /** Whether batches of our own are under way: their commits are told apart from others' once they come back. */
  busy: () => boolean;
  onSeen: (organizationId: string, ref: StreamRef, version: number) => void;
  /** A person's key was destroyed, here or elsewhere; null: word of some may have been lost. */
  onForgotten: (person: { organizationId: string; personId: string } | null) => void;
}

const page = 5_000;
const pollEvery = 1_000;

/**
 * Knows how far the log has come. Own commits are told to it; those of other processes it hears of by notification or,
 * should one be lost, by asking once a second.
 */
export class Following {
  readonly #parts: FollowingParts;
  readonly #listeners = new Set<(position: number) => void>();
  /** Every stream changed up to here is known to `onSeen` or was changed by us. */
  #seen = 0;
  /** The highest position known to be committed. */
  #head = 0;
  #own: { base: number; head: number }[] = [];
  #reading = false;
  #dirty = false;
  #closed = false;
  #timer: NodeJS.Timeout | null = null;
  #unlisten: (() => Promise<void>)[] = [];

  constructor(parts: FollowingParts) {
    this.#parts = parts;
  }

  /** Begins at the present head: nothing is kept in memory yet that older events could make stale. */
  async start(): Promise<void> {
    const { rows } = await this.#parts.pool.query<{ position: string }>('select position from head');
    this.#seen = Number(rows[0]?.position ?? 0);
    this.#head = this.#seen;
    this.#unlisten.push(
      await this.#parts.listen('log', (payload) => this.#heard(payload === '' ? Number.POSITIVE_INFINITY : Number(payload))),
    );
    this.#unlisten.push(
      await this.#parts.listen('forgotten', (payload) => {
        const [organizationId, personId] = payload.split('|');
        this.#parts.onForgotten(organizationId && personId ? { organizationId, personId } : null);
      }),
    );
    this.#timer = setInterval(() => this.#heard(Number.POSITIVE_INFINITY), pollEvery);
    this.#timer.unref();
  }

  onCommit(listener: (position: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A batch of ours was committed. */
  committed(base: number, head: number): void {
    this.#own.push({ base, head });
    this.#join();
    this.#announce(head);
  }

  #join(): void {
    if (this.#own.length > 1) this.#own.sort((a, b) => a.base - b.base);
    while (this.#own[0] && this.#own[0].base <= this.#seen) this.#seen = Math.max(this.#seen, (this.#own.shift() as { head: number }).head);
  }

  #announce(position: number): void {
    if (position <= this.#head) return;
    this.#head = position;
    for (const listener of this.#listeners) listener(position);
  }

  #heard(position: number): void {
    if (position <= this.#seen || this.#closed) return;
    this.#dirty = true;
    if (this.#reading) return;
    this.#reading = true;
    // What we heard is most often our own; its answer is then already on the wire.
    if (this.#parts.busy() && position !== Number.POSITIVE_INFINITY) setTimeout(() => void this.#read(position), 2);
    else void this.#read(position);
  }

  async #read(heard: number): Promise<void> {
    if (heard <= this.#seen) this.#dirty = false;
    try {
      while (this.#dirty && !this.#closed) {
        this.#dirty = false;
        const after = this.#seen;
        const { rows } = await this.#parts.pool.query<Foreign>({
          name: 'follow',
          text: 'select position, organization_id, stream_type, stream_id, version from events where position > $1 order by position limit $2',
          values: [after, page],
        });
        for (const row of rows) this.#parts.onSeen(row.organization_id, { type: row.stream_type, id: row.stream_id }, row.version);
        const last = rows.at(-1);
        if (last) {
          this.#seen = Math.max(this.#seen, Number(last.position));
          this.#join();
          this.#announce(Number(last.position));
        }
        if (rows.length === page) this.#dirty = true;
      }
    } catch (error) {
      if (!this.#closed) this.#parts.log.warn({ err: error }, 'the log cannot be followed right now');
    } finally {
      this.#reading = false;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer) clearInterval(this.#timer);
    for (const unlisten of this.#unlisten) await unlisten();
  }
}
