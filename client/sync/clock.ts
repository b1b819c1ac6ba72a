/**
 * The server's clock as seen from here. Timers count on it, so that two screens with wrong clocks show the same
 * "4:12 left". Of the last samples the one with the shortest round trip is believed.
 */
export class ServerClock {
  private readonly local: () => number;
  private samples: { offset: number; roundTrip: number }[] = [];
  private offset = 0;

  constructor(local: () => number = Date.now) {
    this.local = local;
  }

  /** Now, epoch milliseconds, on the server's clock. */
  now(): number {
    return this.local() + this.offset;
  }

  /** Takes a reading: the server said `server` (epoch ms) in answer to something sent at `sentAt` (local ms; omit when unasked). */
  sample(server: number, sentAt?: number): void {
    const received = this.local();
    const roundTrip = sentAt === undefined ? 400 : received - sentAt;
    this.samples = [...this.samples.slice(-7), { offset: server + (sentAt === undefined ? 0 : roundTrip / 2) - received, roundTrip }];
    this.offset = this.samples.reduce((best, sample) => (sample.roundTrip < best.roundTrip ? sample : best)).offset;
  }
}

export const serverClock = new ServerClock();

type Tick = (now: number) => void;
const listeners = new Set<Tick>();
let timer: ReturnType<typeof setTimeout> | undefined;

/** Calls back once a second, on the server's full second, while anybody listens; one timer for the whole page. */
export function onSecond(listener: Tick): () => void {
  listeners.add(listener);
  if (timer === undefined) schedule();
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0 && timer !== undefined) {
      clearTimeout(timer);
      timer = undefined;
    }
  };
}

function schedule(): void {
  timer = setTimeout(
    () => {
      const now = serverClock.now();
      for (const listener of [...listeners]) listener(now);
      if (listeners.size > 0) schedule();
    },
    1000 - (serverClock.now() % 1000) + 5,
  );
}
