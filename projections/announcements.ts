import type { ChangeBatch, ChangeFeed } from '../server/live/feed.ts';

/** The feed of one process: batches that chain from position to position, and those who wait for a position. */
export class Announcements implements ChangeFeed {
  #position = 0;
  readonly #listeners = new Set<(batch: ChangeBatch) => void>();
  readonly #waiting = new Set<{ position: number; resolve: (reached: boolean) => void }>();
  readonly #onFault: (error: unknown) => void;

  /** `onFault` hears of listeners that throw: one of them must not stop the others or the projector. */
  constructor(onFault: (error: unknown) => void) {
    this.#onFault = onFault;
  }

  position(): number {
    return this.#position;
  }

  subscribe(listener: (batch: ChangeBatch) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Where the feed begins: nothing before it is announced. */
  begin(position: number): void {
    this.#position = position;
    this.#release();
  }

  announce(batch: ChangeBatch): void {
    if (batch.from !== this.#position) throw new Error(`A batch from ${batch.from} does not follow position ${this.#position}.`);
    this.#position = batch.to;
    for (const listener of this.#listeners) {
      try {
        listener(batch);
      } catch (error) {
        this.#onFault(error);
      }
    }
    this.#release();
  }

  /** True once rows up to the position can be read; false when that takes longer than the timeout. */
  waitFor(position: number, timeoutMs: number): Promise<boolean> {
    if (position <= this.#position) return Promise.resolve(true);
    return new Promise((resolve) => {
      const waiter = {
        position,
        resolve: (reached: boolean) => {
          clearTimeout(timer);
          this.#waiting.delete(waiter);
          resolve(reached);
        },
      };
      const timer = setTimeout(() => waiter.resolve(false), timeoutMs);
      this.#waiting.add(waiter);
    });
  }

  /** Nobody waits for what will not come. */
  close(): void {
    for (const waiter of [...this.#waiting]) waiter.resolve(false);
    this.#listeners.clear();
  }

  #release(): void {
    for (const waiter of [...this.#waiting]) if (waiter.position <= this.#position) waiter.resolve(true);
  }
}
