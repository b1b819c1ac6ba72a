import { connect, type Socket } from 'node:net';

/**
 * The sending side of `http.ts`, a process of its own so that what measures does not share a thread with what is
 * measured: so many connections, each with one request in flight, HTTP/1.1 keep-alive, no pipelining.
 */
export interface LoadOrder {
  kind: 'capture' | 'tag' | 'move' | 'record';
  port: number;
  connections: number;
  seconds: number;
  /** Header lines beside host, content type and length. */
  headers: string;
  /** Leads to work on, for `tag` and `move`; `at` is how often each was moved before. */
  ids: string[];
  moved: number;
  /** Makes phones, names and tags differ between orders. */
  seed: number;
}

export interface LoadResult {
  seconds: number;
  accepted: number;
  /** Answers by status, other than 2xx. */
  refused: Record<string, number>;
  rate: number;
  p50: number;
  p99: number;
  max: number;
  /** Ids of what was made. */
  ids: string[];
  /** The last log position answered. */
  position: number;
}

/** Where a lead of the uae-real-estate pipeline may go, for ever: after two steps it swings between two stages. */
const stages = ['contacted', 'qualified', 'viewing_scheduled'];

function stageAfter(moves: number): string {
  return moves < 3 ? (stages[moves] ?? 'contacted') : moves % 2 === 1 ? 'qualified' : 'viewing_scheduled';
}

class Load {
  readonly #order: LoadOrder;
  readonly #latencies: number[] = [];
  readonly #refused: Record<string, number> = {};
  readonly #ids: string[] = [];
  readonly #movesOf: Map<string, number>;
  #accepted = 0;
  #position = 0;
  #counter = 0;
  #over = false;
  #measuring = false;

  constructor(order: LoadOrder) {
    this.#order = order;
    this.#movesOf = new Map(order.ids.map((id) => [id, order.moved]));
  }

  async run(): Promise<LoadResult> {
    const { connections, seconds } = this.#order;
    const lanes = Array.from({ length: connections }, (_, lane) => this.#lane(lane));
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const began = performance.now();
    this.#measuring = true;
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    this.#measuring = false;
    const elapsed = (performance.now() - began) / 1000;
    this.#over = true;
    await Promise.all(lanes);
    const sorted = Float64Array.from(this.#latencies).sort();
    const at = (share: number) => Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 10) / 10;
    return {
      seconds: elapsed,
      accepted: this.#accepted,
      refused: this.#refused,
      rate: Math.round(this.#accepted / elapsed),
      p50: at(0.5),
      p99: at(0.99),
      max: at(1),
      ids: this.#ids,
      position: this.#position,
    };
  }

  /** One connection: sends, waits for the whole answer, sends again. */
  #lane(lane: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket: Socket = connect(this.#order.port, '127.0.0.1');
      socket.setNoDelay(true);
      let sent = 0;
      let pending = '';
      let turn = 0;
      const send = () => {
        sent = performance.now();
        socket.write(this.#request(lane, turn));
        turn += 1;
      };
      socket.once('connect', send);
      socket.on('error', reject);
      socket.on('close', () => (this.#over ? resolve() : reject(new Error('the server closed a connection'))));
      socket.on('data', (chunk) => {
        pending = pending === '' ? chunk.toString('latin1') : pending + chunk.toString('latin1');
        if (!whole(pending)) return;
        this.#note(pending, performance.now() - sent);
        pending = '';
        if (this.#over) socket.end();
        else send();
      });
    });
  }

  #request(lane: number, turn: number): string {
    const { kind, ids, connections, seed } = this.#order;
    this.#counter += 1;
    const unique = seed * 10_000_000 + this.#counter;
    // Each lane has leads of its own, so that no two requests wait for one stream.
    const usable = Math.floor(ids.length / connections) * connections;
    const own = ids[(lane + turn * connections) % Math.max(1, usable)] ?? '';
    switch (kind) {
      case 'capture':
        return this.#post('/api/leads', leadBody(unique));
      case 'tag':
        return this.#post(`/api/leads/${own}/tag`, `{"tag":"t${unique}"}`);
      case 'move': {
        const moves = this.#movesOf.get(own) ?? 0;
        this.#movesOf.set(own, moves + 1);
        return this.#post(`/api/leads/${own}/move`, `{"status":"${stageAfter(moves)}"}`);
      }
      case 'record':
        return this.#post('/api/collections/leads/records', recordBody(unique));
    }
  }

  #post(path: string, body: string): string {
    return `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${this.#order.port}\r\ncontent-type: application/json\r\n${this.#order.headers}content-length: ${body.length}\r\n\r\n${body}`;
  }

  #note(answer: string, milliseconds: number): void {
    const status = answer.slice(9, 12);
    if (status[0] === '2') {
      if (this.#measuring) this.#accepted += 1;
      if (this.#order.kind === 'capture') {
        const id = /"id":"([0-9a-f-]{36})"/.exec(answer)?.[1];
        if (id !== undefined) this.#ids.push(id);
      }
      const position = Number(/"position":(\d+)/.exec(answer)?.[1] ?? 0);
      if (position > this.#position) this.#position = position;
    } else this.#refused[status] = (this.#refused[status] ?? 0) + 1;
    if (this.#measuring) this.#latencies.push(milliseconds);
  }
}

function whole(answer: string): boolean {
  const end = answer.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const length = /content-length: (\d+)/i.exec(answer)?.[1];
  return length === undefined ? answer.endsWith('0\r\n\r\n') : answer.length >= end + 4 + Number(length);
}

function leadBody(unique: number): string {
  // Mobile numbers of the Emirates: sixty million of them.
  const phone = `+9715${'024568'[Math.floor(unique / 10_000_000) % 6]}${String(unique % 10_000_000).padStart(7, '0')}`;
  return `{"firstName":"Amal","lastName":"Rashid ${unique}","phone":"${phone}","email":"amal.${unique}@example.com","source":"website","budgetMin":150000000,"budgetMax":220000000,"propertyType":"apartment","notes":"Looks for two bedrooms with a sea view."}`;
}

function recordBody(unique: number): string {
  return `{"firstName":"Amal","lastName":"Rashid ${unique}","phone":"+9715${unique}","email":"amal.${unique}@example.com","source":"website","budgetMin":150000000,"budgetMax":220000000,"propertyType":"apartment","notes":"Looks for two bedrooms with a sea view.","status":"new"}`;
}

process.on('message', (order: LoadOrder) => {
  new Load(order).run().then(
    (result) => process.send?.(result, () => process.disconnect()),
    (error: unknown) => {
      console.error(error);
      process.exitCode = 1;
      process.disconnect();
    },
  );
});
