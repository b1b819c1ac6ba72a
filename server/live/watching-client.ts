import { io, type Socket } from 'socket.io-client';

export interface Entry {
  key: string;
  row?: Record<string, unknown>;
  gone?: true;
  by?: string;
  at?: string;
  sent?: string | number;
}

export interface Answer {
  watch: string;
  mode: 'snapshot' | 'delta';
  position: number;
  rows: Entry[];
  more?: Record<string, number>;
  status?: number;
  code?: string;
}

export interface Message {
  watch: string;
  from: number;
  to: number;
  rows: Entry[];
}

/** A refused connection or watch, with the problem object. */
export class LiveRefusal extends Error {
  readonly problem: { status: number; code: string };

  constructor(problem: { status: number; code: string }) {
    super(`${problem.status} ${problem.code}`);
    this.problem = problem;
  }
}

/** Connects a real Socket.IO client and waits until the server has admitted it. */
export async function connect(url: string, token: string): Promise<Socket> {
  const socket = io(url, { auth: { token }, transports: ['websocket'], reconnection: false, forceNew: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', (error: Error & { data?: { status: number; code: string } }) => {
      socket.close();
      reject(error.data ? new LiveRefusal(error.data) : error);
    });
  });
  return socket;
}

/**
 * What one screen holds of one view, kept the way the contract says and checking every promise while it does: no message
 * before the answer, an unbroken chain, no row older than what is held, whole rows. A broken promise is kept in `faults`.
 */
export class WatchedRows {
  readonly view: string;
  readonly params: object;
  readonly rows = new Map<string, Record<string, unknown>>();
  readonly faults: string[] = [];
  readonly messages: Message[] = [];
  position = 0;
  watch: string | null = null;
  mode: string | null = null;
  more: Record<string, number> | undefined;
  #watched = false;
  #waiting: { position: number; resolve: () => void }[] = [];

  constructor(view: string, params: object = {}) {
    this.view = view;
    this.params = params;
  }

  /** Starts or resumes on a connected socket; resumes by position once rows are held. */
  async start(socket: Socket, resume = this.#watched): Promise<Answer> {
    this.watch = null;
    const early: Message[] = [];
    socket.on('changes', (message: Message) => {
      if (this.watch === null) early.push(message);
      else if (message.watch === this.watch) this.#take(message);
    });
    const wish = { view: this.view, params: this.params, ...(resume ? { since: this.position } : {}) };
    return new Promise((resolve, reject) => {
      // A callback, not a promise: the next message may be dispatched before a promise's continuation runs.
      socket.timeout(10_000).emit('watch', wish, (error: Error | null, answer: Answer) => {
        if (error) reject(error);
        else if (answer.status !== undefined && answer.code !== undefined)
          reject(new LiveRefusal({ status: answer.status, code: answer.code }));
        else {
          if (early.some((message) => message.watch === answer.watch)) this.faults.push('changes came before the answer');
          this.#begin(answer);
          resolve(answer);
        }
      });
    });
  }

  /** Resolves once the chain has reached a position. */
  reached(position: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ position, resolve });
      this.#settle();
    });
  }

  /** Resolves with the next message. */
  next(): Promise<Message> {
    const count = this.messages.length;
    return new Promise((resolve) => {
      const look = () => {
        const message = this.messages[count];
        if (message) resolve(message);
        else this.#waiting.push({ position: this.position + 1, resolve: look });
      };
      look();
    });
  }

  #begin(answer: Answer): void {
    if (answer.mode === 'snapshot') this.rows.clear();
    else if (answer.position < this.position) this.faults.push(`delta to ${answer.position} although at ${this.position}`);
    if (new Set(answer.rows.map((entry) => entry.key)).size !== answer.rows.length) this.faults.push('a key came twice in one answer');
    this.watch = answer.watch;
    this.mode = answer.mode;
    this.more = answer.more;
    for (const entry of answer.rows) this.#put(entry);
    this.position = answer.position;
    this.#watched = true;
    this.#settle();
  }

  #take(message: Message): void {
    if (message.from !== this.position) this.faults.push(`from ${message.from} although at ${this.position}`);
    if (message.to < message.from) this.faults.push(`to ${message.to} before from ${message.from}`);
    const keys = new Set(message.rows.map((entry) => entry.key));
    if (keys.size !== message.rows.length) this.faults.push('a key came twice in one message');
    for (const entry of message.rows) {
      if (entry.by === undefined || entry.at === undefined) this.faults.push('a change does not say who or when');
      const held = this.rows.get(entry.key);
      // A sum may come again: parts of it changed, in the same millisecond, by what cancels out.
      const summed = this.view === 'metrics';
      if (!summed && held !== undefined && entry.row !== undefined && JSON.stringify(held) === JSON.stringify(entry.row)) {
        this.faults.push(`${entry.key} came again with nothing new`);
      }
      this.#put(entry);
    }
    this.position = message.to;
    this.messages.push(message);
    this.#settle();
  }

  #put(entry: Entry): void {
    if (entry.gone) {
      this.rows.delete(entry.key);
      return;
    }
    const row = entry.row;
    if (row === undefined) {
      this.faults.push('an entry has neither row nor gone');
      return;
    }
    const held = this.rows.get(entry.key);
    if (typeof held?.version === 'number' && typeof row.version === 'number' && row.version < held.version) {
      this.faults.push(`version ${row.version} after ${held.version}`);
    }
    this.rows.set(entry.key, row);
  }

  #settle(): void {
    const ready = this.#waiting.filter((waiter) => waiter.position <= this.position);
    this.#waiting = this.#waiting.filter((waiter) => waiter.position > this.position);
    for (const waiter of ready) waiter.resolve();
  }
}

/** Resolves with the first argument of the next event of a name. */
export function heard<T>(socket: Socket, name: string): Promise<T> {
  return new Promise((resolve) => {
    socket.once(name, (value: T) => resolve(value));
  });
}
