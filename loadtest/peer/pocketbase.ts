import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * PocketBase's realtime on the same machine in the same run, measured as our own is: watchers over a public collection
 * (its quickest way: no rule to check for each watcher), updates at a constant rate, latency from the instant each was
 * meant to leave to the watcher's data. Most watchers only count bytes; every twentieth reads the stamps.
 */
export interface PeerFigures {
  watchers: number;
  count: number;
  p50: number;
  p99: number;
  max: number;
  /** Updates that did not reach a probe before the run ended. */
  missing: number;
}

const account = { identity: 'load@example.com', password: 'leadfloor-load' };
const probeEvery = 20;
const records = 100;

async function postJson(url: string, body: unknown, token?: string, method = 'POST'): Promise<Record<string, unknown>> {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (token !== undefined) headers.authorization = token;
  const response = await fetch(url, { method, headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return response.status === 204 ? {} : ((await response.json()) as Record<string, unknown>);
}

/** One server-sent-events stream on bare TCP, subscribed to the collection. */
class Stream {
  readonly socket: Socket;
  readonly latencies: number[] = [];
  #text = '';

  private constructor(socket: Socket) {
    this.socket = socket;
  }

  static async open(port: number, probe: boolean): Promise<Stream> {
    const socket = connect(port, '127.0.0.1');
    socket.setNoDelay(true);
    await once(socket, 'connect');
    const stream = new Stream(socket);
    const clientId = await new Promise<string>((resolve, reject) => {
      let text = '';
      socket.once('error', reject);
      const hear = (chunk: Buffer) => {
        text += chunk.toString();
        const found = /"clientId":"([^"]+)"/.exec(text);
        if (!found?.[1]) return;
        socket.off('data', hear);
        resolve(found[1]);
      };
      socket.on('data', hear);
      socket.write(`GET /api/realtime HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: text/event-stream\r\n\r\n`);
    });
    await postJson(`http://127.0.0.1:${port}/api/realtime`, { clientId, subscriptions: ['leads/*'] });
    socket.on('error', () => undefined);
    socket.on('data', probe ? (chunk) => stream.#look(chunk) : () => undefined);
    return stream;
  }

  #look(chunk: Buffer): void {
    const now = performance.now();
    this.#text += chunk.toString();
    const end = this.#text.lastIndexOf('\n\n');
    if (end < 0) return;
    for (const match of this.#text.slice(0, end).matchAll(/"stamp":([\d.]+)/g)) this.latencies.push(now - Number(match[1]));
    this.#text = this.#text.slice(end);
  }
}

export class PocketBase {
  readonly #child: ChildProcess;
  readonly #port: number;
  readonly #token: string;
  readonly #ids: string[];

  private constructor(child: ChildProcess, port: number, token: string, ids: string[]) {
    this.#child = child;
    this.#port = port;
    this.#token = token;
    this.#ids = ids;
  }

  /** Starts it on an empty folder with one collection of a board's fields. Null when there is no such program. */
  static async start(program: string, folder: string, port: number): Promise<PocketBase | null> {
    const dir = join(folder, 'peer');
    const upsert = spawn(program, ['superuser', 'upsert', account.identity, account.password, '--dir', dir], { stdio: 'ignore' });
    const code = await new Promise<number | null>((resolve) => {
      upsert.once('error', () => resolve(null));
      upsert.once('exit', (exit) => resolve(exit));
    });
    if (code !== 0) return null;
    const child = spawn(program, ['serve', '--http', `127.0.0.1:${port}`, '--dir', dir], { stdio: 'ignore' });
    const url = `http://127.0.0.1:${port}`;
    while (
      (await fetch(`${url}/api/health`).then(
        ({ status }) => status,
        () => 0,
      )) !== 200
    )
      await pause(100);
    const { token } = await postJson(`${url}/api/collections/_superusers/auth-with-password`, account);
    const texts = ['name', 'phone', 'email', 'source', 'propertyType', 'status', 'tag'].map((name) => ({ name, type: 'text' }));
    const numbers = ['budgetMin', 'budgetMax', 'stamp'].map((name) => ({ name, type: 'number' }));
    const rules = { listRule: '', viewRule: '', createRule: '', updateRule: '' };
    await postJson(`${url}/api/collections`, { name: 'leads', type: 'base', ...rules, fields: [...texts, ...numbers] }, String(token));
    const ids: string[] = [];
    for (let index = 0; index < records; index += 1) {
      const row = {
        name: `Lead ${index}`,
        phone: '+971500000000',
        email: 'a@example.com',
        source: 'website',
        propertyType: 'villa',
        status: 'new',
        budgetMin: 1,
        budgetMax: 2,
      };
      ids.push(String((await postJson(`${url}/api/collections/leads/records`, row)).id));
    }
    return new PocketBase(child, port, String(token), ids);
  }

  async measure(watchers: number, rate: number, seconds: number): Promise<PeerFigures> {
    const streams: Stream[] = [];
    while (streams.length < watchers) {
      const first = streams.length;
      const count = Math.min(20, watchers - first);
      // Probes stand anywhere in the room, as ours do.
      streams.push(
        ...(await Promise.all(
          Array.from({ length: count }, (_, index) => Stream.open(this.#port, (first + index) % probeEvery === first % 7)),
        )),
      );
    }
    const updates = rate * seconds;
    const began = performance.now() + 500;
    const under: Promise<unknown>[] = [];
    for (let turn = 0; turn < updates; turn += 1) {
      const intended = began + (turn * 1_000) / rate;
      await pause(Math.max(0, intended - performance.now()));
      const id = this.#ids[turn % this.#ids.length] ?? '';
      const body = { tag: `t${turn}`, stamp: Number(intended.toFixed(3)) };
      under.push(postJson(`http://127.0.0.1:${this.#port}/api/collections/leads/records/${id}`, body, this.#token, 'PATCH'));
    }
    await Promise.all(under);
    await pause(5_000);
    const probes = streams.filter((_, index) => index % 20 === (index - (index % 20)) % 7);
    const latencies = streams.flatMap((stream) => stream.latencies).sort((a, b) => a - b);
    for (const stream of streams) stream.socket.destroy();
    const at = (share: number) =>
      Number((latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? Number.NaN).toFixed(1));
    return {
      watchers,
      count: latencies.length,
      p50: at(0.5),
      p99: at(0.99),
      max: at(1),
      missing: Math.max(0, probes.length * updates - latencies.length),
    };
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    this.#child.kill('SIGTERM');
    await once(this.#child, 'exit');
  }
}
