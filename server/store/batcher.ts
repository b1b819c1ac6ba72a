import { Rejection } from '../../domain/kernel/rejection.ts';
import type { Log } from '../log.ts';
import type { AppendItem, Verdict } from './append.ts';
import type { Lane } from './lane.ts';
import { unavailable } from './lane.ts';

/** What a job decided to append, and which further streams besides its own it touches. */
export interface Prepared {
  item: AppendItem;
  also: readonly string[];
}

/** One command on its way into the log. */
export interface Job {
  /** The stream it changes; two jobs of one stream never travel together. */
  readonly lock: string;
  /** Decides against the newest state, as late as possible; null when nothing is to be appended now. Throws nothing. */
  prepare(): Prepared | null;
  /** Called before jobs that wait for the same stream are prepared. */
  settle(outcome: Verdict | Error, prepared: Prepared): void;
  refuse(error: Error): void;
}

export interface BatcherMetrics {
  /** A batch came back: items, and seconds under way. */
  batch?(items: number, seconds: number): void;
}

interface Entry {
  job: Job;
  /** When it could first have been sent. */
  since: number;
}

const mostItems = 256;
const mostBytes = 1_000_000;
const longestQueue = 250;
const longestOnStream = 1_000;
const tooOld = 5_000;

export const overloaded = () =>
  new Rejection(503, 'overloaded', 'More is asked than can be written right now. Try again in a moment.', { retryAfter: 1 });

/**
 * Group commit: two batches are under way at most, and whatever queues meanwhile is the next one. So a quiet system
 * answers at once and a busy one writes hundreds of commands with one flush.
 */
export class Batcher {
  readonly #lanes: Lane[];
  readonly #free: Lane[];
  readonly #log: Log;
  readonly #onCommit: (base: number, head: number) => void;
  readonly #metrics: BatcherMetrics;
  #ready: Entry[] = [];
  #taken = 0;
  #scheduled = false;
  /** Commands in the batch before. */
  #lastBatch = 0;
  /** Streams in a batch under way, and who waits for them. */
  readonly #busy = new Map<string, Entry[]>();
  #idle: (() => void)[] = [];

  constructor(lanes: Lane[], log: Log, onCommit: (base: number, head: number) => void, metrics: BatcherMetrics = {}) {
    this.#lanes = lanes;
    this.#free = [...lanes];
    this.#log = log;
    this.#onCommit = onCommit;
    this.#metrics = metrics;
  }

  get underWay(): number {
    return this.#lanes.length - this.#free.length;
  }

  /** Whether commands are refused now: what waits has waited too long. */
  get full(): boolean {
    const oldest = this.#ready[this.#taken];
    return oldest !== undefined && performance.now() - oldest.since > longestQueue;
  }

  /** @throws Rejection 503 `overloaded`. `again`: the job was let in before. */
  submit(job: Job, again = false): void {
    const now = performance.now();
    const waiting = this.#busy.get(job.lock);
    if (!again) {
      const first = waiting?.[0];
      if (this.full || (first && now - first.since > longestOnStream)) throw overloaded();
    }
    if (waiting) waiting.push({ job, since: now });
    else this.#ready.push({ job, since: now });
    this.#schedule();
  }

  /** Commands that arrive in one turn of the event loop travel together; one that comes alone to a quiet system does not wait for the turn's end. */
  #schedule(): void {
    if (this.#scheduled || this.#free.length === 0 || this.#taken === this.#ready.length) return;
    this.#scheduled = true;
    const pump = () => {
      this.#scheduled = false;
      this.#pump();
    };
    if (this.#lastBatch === 1 && this.underWay === 0) queueMicrotask(pump);
    else setImmediate(pump);
  }

  #pump(): void {
    while (this.#free.length > 0) {
      const batch = this.#gather();
      if (batch.length === 0) break;
      this.#lastBatch = batch.length;
      void this.#send(this.#free.pop() as Lane, batch);
    }
    if (this.underWay === 0 && this.#ready.length === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  #gather(): { entry: Entry; prepared: Prepared }[] {
    const batch: { entry: Entry; prepared: Prepared }[] = [];
    let bytes = 0;
    const now = performance.now();
    while (this.#taken < this.#ready.length && batch.length < mostItems && bytes < mostBytes) {
      const entry = this.#ready[this.#taken] as Entry;
      this.#taken += 1;
      if (now - entry.since > tooOld) {
        entry.job.refuse(unavailable());
        continue;
      }
      const waiting = this.#busy.get(entry.job.lock);
      if (waiting) {
        waiting.push(entry);
        continue;
      }
      const prepared = entry.job.prepare();
      if (!prepared) continue;
      const held = prepared.also.find((lock) => this.#busy.has(lock));
      if (held !== undefined) {
        this.#busy.get(held)?.push(entry);
        continue;
      }
      for (const lock of [entry.job.lock, ...prepared.also]) this.#busy.set(lock, []);
      bytes += sizeOf(prepared.item);
      batch.push({ entry, prepared });
    }
    if (this.#taken === this.#ready.length) {
      this.#ready = [];
      this.#taken = 0;
    } else if (this.#taken > 4_096) {
      this.#ready = this.#ready.slice(this.#taken);
      this.#taken = 0;
    }
    return batch;
  }

  async #send(lane: Lane, batch: { entry: Entry; prepared: Prepared }[]): Promise<void> {
    const started = performance.now();
    const { base, head, outcomes } = await lane.send(batch.map((each) => each.prepared.item));
    this.#metrics.batch?.(batch.length, (performance.now() - started) / 1000);
    for (const [i, { entry, prepared }] of batch.entries()) {
      try {
        entry.job.settle(outcomes[i] as Verdict | Error, prepared);
      } catch (error) {
        this.#log.error({ err: error }, 'a command could not be answered');
        entry.job.refuse(error as Error);
      }
    }
    if (head > base) this.#onCommit(base, head);
    const now = performance.now();
    for (const { entry, prepared } of batch) {
      for (const lock of [entry.job.lock, ...prepared.also]) {
        const waiting = this.#busy.get(lock) ?? [];
        this.#busy.delete(lock);
        for (const waited of waiting) this.#ready.push({ job: waited.job, since: now });
      }
    }
    this.#free.push(lane);
    this.#schedule();
    if (this.underWay === 0 && this.#ready.length === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** Resolves once nothing is queued or under way. */
  async close(): Promise<void> {
    if (this.underWay > 0 || this.#ready.length > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
    for (const lane of this.#lanes) lane.close();
  }
}

function sizeOf(item: AppendItem): number {
  let bytes = 0;
  for (const stream of item.streams)
    for (const event of stream.events) bytes += 100 + event.data.length + event.meta.length + (event.personal?.length ?? 0);
  return bytes;
}
