import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type WebSocket, WebSocketServer } from 'ws';
import { frameOf } from '../../server/live/frame.ts';
import { ScriptedFloor, type Step, startScripted } from '../../server/live/scripted-floor.ts';
import { machineNow } from './machine-clock.ts';

/**
 * The sending side of `fanout.ts`, in a process of its own so that its processor time is its own: our hub over a scripted
 * floor, or a bare `ws` server that writes the same frames, prepared once, to its clients.
 */
export interface ServerOrder {
  kind: 'hub' | 'ws';
}

export interface RunOrder {
  seconds: number;
  rowsPerBatch: number;
  batchMs: number;
}

export interface ServerReport {
  rows: number;
  cpuSeconds: number;
  seconds: number;
}

export interface SlowReport {
  /** Most that heap and buffers held after a collection while rows were sent, above what they held before, megabytes. */
  growthMb: number;
  cutAfterMs: number | null;
}

const organizationId = 'bench';
/** A row as a real board has it. */
const card = {
  agentId: '01a0c76f-54e8-7871-b80b-0190987a95bb',
  name: 'Fatima Al Mansoori',
  company: null,
  jobTitle: null,
  source: 'propertyFinder',
  propertyType: 'apartment',
  location: 'Dubai Marina',
  preferredAreas: ['Dubai Marina', 'Downtown Dubai'],
  budgetMin: 105_000_000,
  budgetMax: 135_000_000,
  value: null,
  currency: 'AED',
  phone: '+971500341751',
  tags: ['off-plan', 'vip'],
  score: null,
  temperature: null,
  incomplete: false,
  capturedAt: '2026-11-18T19:13:46.507Z',
  statusChangedAt: '2026-11-18T19:13:46.507Z',
  assignedAt: '2026-11-18T22:44:22.080Z',
  firstContactedAt: '2026-11-18T19:13:46.507Z',
  respondBy: null,
  nextTaskAt: null,
  closedAt: null,
  updatedAt: '2026-11-18T19:13:46.507Z',
};

interface Side {
  port: number;
  /** Sends one batch of rows, all stamped with the instant they were meant to leave. */
  send(count: number, stamp: number): void;
  sockets(): number;
  close(): Promise<void>;
}

let serial = 0;

function steps(count: number, stamp: number, text?: string): Step[] {
  return Array.from({ length: count }, () => {
    serial += 1;
    const key = `01a1f00a-5d66-78bb-a7ca-${String(serial % 5_000).padStart(12, '0')}`;
    return {
      organizationId,
      view: 'board',
      key,
      scope: 'unassigned',
      row: { id: key, ...card, ...(text === undefined ? {} : { text }) },
      status: 'contacted',
      sent: stamp,
    };
  });
}

async function hubSide(): Promise<Side & { floor: ScriptedFloor }> {
  const floor = new ScriptedFloor();
  floor.admit('watcher', organizationId, 'owner', 'watcher');
  const served = await startScripted(floor);
  return {
    floor,
    port: Number(new URL(served.url).port),
    send: (count, stamp) => {
      floor.commit(steps(count, stamp));
      // The script's own record is not part of what is measured.
      floor.log.length = 0;
    },
    sockets: () => served.hub.figures.sockets,
    close: served.close,
  };
}

/** What `ws` keeps per client and its types do not name; the same door Socket.IO's prepared frames go through. */
interface Sender {
  _sender: { sendFrame(list: readonly Buffer[], done?: () => void): void };
}

async function wsSide(): Promise<Side> {
  const server: Server = createServer();
  const clients = new Set<WebSocket & Sender>();
  const sockets = new WebSocketServer({ server, perMessageDeflate: false, clientTracking: false });
  sockets.on('connection', (socket) => {
    const client = socket as WebSocket & Sender;
    clients.add(client);
    socket.on('close', () => clients.delete(client));
    socket.on('error', () => clients.delete(client));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  let position = 0;
  return {
    port: (server.address() as AddressInfo).port,
    send: (count, stamp) => {
      const rows = steps(count, stamp).map(({ key, row, status, sent }) => {
        const wire = JSON.stringify({ ...row, status, version: 1 });
        return `{"key":"${key}","row":${wire},"by":"script","at":"2026-11-18T19:13:46.507Z","sent":${JSON.stringify(sent)}}`;
      });
      const frame = frameOf('changes', `{"watch":"board-1","from":${position},"to":${position + count},"rows":[${rows.join(',')}]}`);
      position += count;
      for (const client of clients) client._sender.sendFrame(frame.options.wsPreEncodedFrame);
    },
    sockets: () => clients.size,
    close: async () => {
      for (const client of clients) client.terminate();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Sends batches at their times, for latency from the time each was meant to leave. */
function run(side: Side, order: RunOrder): Promise<ServerReport> {
  return new Promise((resolve) => {
    const cpuBefore = process.cpuUsage();
    const began = machineNow();
    const batches = Math.round((order.seconds * 1000) / order.batchMs);
    let sent = 0;
    const timer = setInterval(() => {
      const now = machineNow();
      while (sent < batches && began + sent * order.batchMs <= now) {
        side.send(order.rowsPerBatch, began + sent * order.batchMs);
        sent += 1;
      }
      if (sent < batches) return;
      clearInterval(timer);
      // What still waits in the window is sent and counted.
      setTimeout(() => {
        const cpu = process.cpuUsage(cpuBefore);
        resolve({ rows: sent * order.rowsPerBatch, cpuSeconds: (cpu.user + cpu.system) / 1e6, seconds: order.seconds });
      }, 300);
    }, 1);
  });
}

const probeSeconds = 6;

/** Rows of some 1,200 bytes at about half a megabyte a second, while a reader may have stopped: how memory grows, when a socket is cut. */
function slow(side: Side & { floor: ScriptedFloor }): Promise<SlowReport> {
  const text = 'x'.repeat(600);
  const before = side.sockets();
  setFlagsFromString('--expose_gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect !== 'function') throw new Error('memory cannot be compared without a collection first');
  const retained = (): number => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const base = retained();
  return new Promise((resolve) => {
    const began = performance.now();
    let cutAfterMs: number | null = null;
    let most = base;
    let batches = 0;
    const timer = setInterval(() => {
      side.floor.commit(steps(10, machineNow(), text));
      side.floor.log.length = 0;
      if (cutAfterMs === null && side.sockets() < before) cutAfterMs = performance.now() - began;
      batches += 1;
      if (batches % 20 === 0) most = Math.max(most, retained());
      if (performance.now() - began < probeSeconds * 1000) return;
      clearInterval(timer);
      resolve({ growthMb: (most - base) / 1e6, cutAfterMs });
    }, 25);
  });
}

let hub: (Side & { floor: ScriptedFloor }) | null = null;
let side: Side | null = null;

process.on('message', (message: ServerOrder | RunOrder | 'slow' | 'end') => {
  const answer = async (): Promise<void> => {
    if (message === 'end') {
      await side?.close();
      process.disconnect();
    } else if (message === 'slow') {
      if (hub === null) throw new Error('only the hub is asked about slow readers');
      process.send?.(await slow(hub));
    } else if ('kind' in message) {
      if (message.kind === 'hub') {
        hub = await hubSide();
        side = hub;
      } else side = await wsSide();
      process.send?.({ port: side.port });
    } else if (side !== null) process.send?.(await run(side, message));
  };
  answer().catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
