import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { machineNow } from './machine-clock.ts';

/**
 * The measuring side of `fanout.ts`, in a process of its own: many WebSocket connections on bare TCP that count bytes and
 * parse nothing, so that the receiver is not what is measured. Every fiftieth is a probe that reads the stamps of the rows.
 */
export interface ReceiverOrder {
  port: number;
  sockets: number;
  /** Sign in and watch as a Socket.IO client does, or only open the WebSocket. */
  protocol: 'socket.io' | 'ws';
}

export interface ReceiverReport {
  /** Rows that reached every socket, as counted by the probes. */
  rowsEach: number;
  /** Sockets whose byte count differs from the probes'. */
  uneven: number;
  bytes: number;
  latencies: number[];
  cpuSeconds: number;
}

const probeEvery = 50;
/** Data messages are longer; presence and heartbeats of one room are not counted as rows. */
const changesMark = Buffer.from('42["changes"');
const stamp = /"sent":([\d.]+)/g;

function textFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const mask = randomBytes(4);
  const head =
    payload.length < 126
      ? Buffer.from([0x81, 0x80 | payload.length])
      : Buffer.from([0x81, 0x80 | 126, payload.length >> 8, payload.length & 255]);
  return Buffer.concat([head, mask, payload.map((byte, index) => byte ^ (mask[index & 3] ?? 0))]);
}

const pong = textFrame('3');

class Receiver {
  bytes = 0;
  rows = 0;
  readonly latencies: number[] = [];
  readonly socket: Socket;
  /** Hears whole messages; null: they are counted and passed over. */
  #hear: ((payload: Buffer) => void) | null;
  /** What of a frame's head has arrived. */
  #head: Buffer = Buffer.alloc(0);
  /** Bytes of the present frame that are still to come. */
  #skip = 0;
  #parts: Buffer[] = [];

  /** `hear` takes the messages of the handshake. */
  constructor(socket: Socket, hear: (payload: Buffer) => void) {
    this.socket = socket;
    this.#hear = hear;
  }

  /** The handshake is over: bytes count, and a probe also looks inside. */
  count(probe: boolean): void {
    this.#hear = probe ? (payload) => this.#read(payload) : null;
  }

  /** From here on anew. */
  reset(): void {
    this.bytes = 0;
    this.rows = 0;
    this.latencies.length = 0;
  }

  /** Goes from frame to frame by their lengths; only pings are answered and only what somebody hears is kept. */
  walk(chunk: Buffer): void {
    this.bytes += chunk.length;
    let at = 0;
    while (at < chunk.length) {
      if (this.#skip === 0) {
        const data: Buffer = this.#head.length === 0 ? chunk.subarray(at) : Buffer.concat([this.#head, chunk.subarray(at)]);
        const frame = headOf(data);
        if (frame === null) {
          this.#head = data;
          return;
        }
        at += frame.head - this.#head.length;
        this.#head = Buffer.alloc(0);
        this.#skip = frame.length;
        if (frame.length === 1) this.socket.write(pong);
      }
      const end = Math.min(chunk.length, at + this.#skip);
      if (this.#hear !== null) this.#parts.push(chunk.subarray(at, end));
      this.#skip -= end - at;
      at = end;
      if (this.#skip === 0) this.#hear?.(Buffer.concat(this.#parts.splice(0)));
    }
  }

  #read(payload: Buffer): void {
    if (!payload.subarray(0, changesMark.length).equals(changesMark)) return;
    const now = machineNow();
    const stamps = [...payload.toString().matchAll(stamp)].map((match) => Number(match[1]));
    this.rows += stamps.length;
    for (const sent of new Set(stamps)) this.latencies.push(now - sent);
  }
}

function headOf(data: Buffer): { head: number; length: number } | null {
  if (data.length < 2) return null;
  const short = (data[1] ?? 0) & 127;
  const head = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (data.length < head) return null;
  return { head, length: short < 126 ? short : short === 126 ? data.readUInt16BE(2) : Number(data.readBigUInt64BE(2)) };
}

/** Opens one connection and resolves when the server's last word of the handshake is there. */
function open(order: ReceiverOrder, probe: boolean): Promise<Receiver> {
  return new Promise((resolve, reject) => {
    const path = order.protocol === 'ws' ? '/' : '/socket.io/?EIO=4&transport=websocket';
    const socket = connect(order.port, '127.0.0.1', () =>
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${order.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
      ),
    );
    socket.setNoDelay(true);
    socket.on('error', reject);
    const ready = () => {
      receiver.count(probe);
      resolve(receiver);
    };
    const receiver = new Receiver(socket, (payload) => {
      const text = payload.subarray(0, 12).toString();
      if (text.startsWith('0{')) socket.write(textFrame('40{"token":"watcher"}'));
      else if (text.startsWith('40{')) socket.write(textFrame('421["watch",{"view":"board"}]'));
      else if (text.startsWith('431[')) ready();
    });
    let answer = Buffer.alloc(0);
    const onAnswer = (chunk: Buffer) => {
      answer = Buffer.concat([answer, chunk]);
      const end = answer.indexOf('\r\n\r\n');
      if (end < 0) return;
      socket.off('data', onAnswer);
      socket.on('data', (data) => receiver.walk(data));
      if (order.protocol === 'ws') ready();
      receiver.walk(answer.subarray(end + 4));
    };
    socket.on('data', onAnswer);
  });
}

const receivers: Receiver[] = [];

async function openAll(order: ReceiverOrder): Promise<void> {
  while (receivers.length < order.sockets) {
    const first = receivers.length;
    // The probe stands somewhere in the room, not at its head.
    const isProbe = (index: number) => index % probeEvery === Math.floor(index / probeEvery) % probeEvery;
    const batch = Array.from({ length: Math.min(50, order.sockets - first) }, (_, index) => open(order, isProbe(first + index)));
    receivers.push(...(await Promise.all(batch)));
  }
}

let cpuAtStart = process.cpuUsage();

/** A reader may lag behind the sender this long before rows count as lost. */
const patienceMs = 15_000;

/** Resolves when every probe has its rows and every socket as many bytes, or the patience is over. */
async function arrived(rows: number): Promise<void> {
  const until = machineNow() + patienceMs;
  const all = () => {
    const probes = receivers.filter((receiver) => receiver.rows > 0);
    return (
      probes.length > 0 && probes.every((probe) => probe.rows >= rows) && receivers.every((receiver) => receiver.bytes === probes[0]?.bytes)
    );
  };
  while (!all() && machineNow() < until) await pause(50);
}

process.on('message', (message: ReceiverOrder | 'measure' | { warm: number } | { rows: number }) => {
  if (message === 'measure') {
    for (const receiver of receivers) receiver.reset();
    cpuAtStart = process.cpuUsage();
    process.send?.('measuring');
  } else if ('warm' in message) {
    arrived(message.warm).then(() => process.send?.('warm'), report);
  } else if ('rows' in message) {
    arrived(message.rows).then(report, report);
  } else {
    openAll(message).then(
      () => process.send?.('open'),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  }
});

function report(): void {
  const probes = receivers.filter((receiver) => receiver.rows > 0);
  const cpu = process.cpuUsage(cpuAtStart);
  const told: ReceiverReport = {
    rowsEach: Math.min(...probes.map((probe) => probe.rows)),
    uneven: receivers.filter((receiver) => receiver.bytes !== probes[0]?.bytes).length,
    bytes: receivers.reduce((sum, receiver) => sum + receiver.bytes, 0),
    latencies: probes.flatMap((probe) => probe.latencies),
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
  };
  process.send?.(told);
  for (const receiver of receivers.splice(0)) receiver.socket.destroy();
}
