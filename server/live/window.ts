/** How long a flush may be held back at most, however long the last one took. */
const longestWait = 60;

/**
 * The wait after a flush, in times of what it took. Each write costs the reader several times what it costs us, often on
 * the same machine: at 1,000 watchers and 50 changes a second, sending each one alone kept the readers behind for good.
 */
const restFactor = 3;

/**
 * When to send: at once after quiet; under load not before a multiple of the time has passed that the last flush took, so
 * that most of the time stays for everything else and what piles up meanwhile is sent together.
 */
export class SelfClockedWindow {
  readonly #flush: () => void;
  #timer: NodeJS.Timeout | null = null;
  #ended = Number.NEGATIVE_INFINITY;
  #took = 0;

  constructor(flush: () => void) {
    this.#flush = flush;
  }

  /** Something waits to be sent. */
  mark(): void {
    if (this.#timer !== null) return;
    const wait = this.#ended + Math.min(this.#took * restFactor, longestWait) - performance.now();
    if (wait <= 0) this.now();
    else this.#timer = setTimeout(() => this.now(), wait);
  }

  /** Sends without waiting. */
  now(): void {
    this.stop();
    const started = performance.now();
    this.#flush();
    this.#ended = performance.now();
    this.#took = this.#ended - started;
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
