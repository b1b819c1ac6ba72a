import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { ReceiverOrder, ReceiverReport } from './fanout-receiver.ts';
import type { RunOrder, ServerOrder, ServerReport, SlowReport } from './fanout-server.ts';

/**
 * Fan-out of row changes to many watchers (Q4): our hub beside a bare `ws` server that writes the same prepared frames, in
 * turns on one machine. Sender, receiver and this file are three processes. Ends with one line of JSON.
 *
 * `npm run bench -- fanout [--seconds 5] [--rounds 2] [--watchers 1000] [--rows 8] [--batch 25]`
 */
const { values } = parseArgs({
  args: process.argv.slice(2),
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '2' },
    watchers: { type: 'string', default: '1000' },
    rows: { type: 'string', default: '8' },
    batch: { type: 'string', default: '25' },
  },
});
const watchers = Number(values.watchers);
const order: RunOrder = { seconds: Number(values.seconds), rowsPerBatch: Number(values.rows), batchMs: Number(values.batch) };

function start(file: string): ChildProcess {
  const child = fork(join(import.meta.dirname, file), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  children.add(child);
  child.on('exit', () => children.delete(child));
  return child;
}

const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill();
});

async function ask<T>(
  child: ChildProcess,
  message: ServerOrder | RunOrder | ReceiverOrder | { warm: number } | { rows: number } | string,
): Promise<T> {
  const answered = once(child, 'message');
  const died = once(child, 'exit').then(() => {
    throw new Error('a process of the bench ended early');
  });
  child.send(message);
  const [answer] = (await Promise.race([answered, died])) as [T];
  died.catch(() => undefined);
  return answer;
}

interface Round {
  deliveriesPerSecond: number;
  cores: number;
  perCore: number;
  p50: number;
  p99: number;
  receiverCores: number;
  uneven: number;
  latencies: number[];
}

async function round(kind: 'hub' | 'ws'): Promise<Round> {
  const server = start('fanout-server.ts');
  const receiver = start('fanout-receiver.ts');
  const { port } = await ask<{ port: number }>(server, { kind });
  await ask(receiver, { port, sockets: watchers, protocol: kind === 'hub' ? 'socket.io' : 'ws' });
  // Warm-up: code compiled, buffers grown.
  const warm = await ask<ServerReport>(server, { ...order, seconds: 1 });
  await ask(receiver, { warm: warm.rows });
  await ask(receiver, 'measure');
  const sent = await ask<ServerReport>(server, order);
  const received = await ask<ReceiverReport>(receiver, { rows: sent.rows });
  const sorted = received.latencies.sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  if (received.rowsEach !== sent.rows) throw new Error(`${sent.rows} rows were sent to each and ${received.rowsEach} arrived`);
  const deliveries = received.rowsEach * watchers;
  server.send('end');
  receiver.disconnect();
  await Promise.all([once(server, 'exit'), once(receiver, 'exit')]);
  return {
    deliveriesPerSecond: deliveries / sent.seconds,
    cores: sent.cpuSeconds / sent.seconds,
    perCore: deliveries / sent.cpuSeconds,
    p50: at(0.5),
    p99: at(0.99),
    receiverCores: received.cpuSeconds / sent.seconds,
    uneven: received.uneven,
    latencies: sorted,
  };
}

/** One reader signs in, watches and stops reading while forty batches a second are sent. */
async function slowReader(): Promise<SlowReport> {
  const server = start('fanout-server.ts');
  const receiver = start('fanout-receiver.ts');
  const { port } = await ask<{ port: number }>(server, { kind: 'hub' });
  await ask(receiver, { port, sockets: 50, protocol: 'socket.io' });
  await ask(receiver, 'measure');
  await ask(server, { ...order, seconds: 3 });
  // The ring of recent changes and the heap grow by themselves: what a stopped reader costs is what comes on top.
  const control = await ask<SlowReport>(server, 'slow');
  const stalled = await stalledReader(port);
  const report = await ask<SlowReport>(server, 'slow');
  stalled.destroy();
  server.send('end');
  receiver.disconnect();
  await Promise.all([once(server, 'exit'), once(receiver, 'exit')]);
  return { growthMb: Math.max(0, report.growthMb - control.growthMb), cutAfterMs: report.cutAfterMs };
}

async function stalledReader(port: number) {
  const child = start('fanout-receiver.ts');
  await ask(child, { port, sockets: 1, protocol: 'socket.io' });
  // A stopped process is the honest form of a reader that does not read.
  child.kill('SIGSTOP');
  return {
    destroy: () => {
      child.kill('SIGCONT');
      child.kill('SIGKILL');
    },
  };
}

const rounds: Record<'hub' | 'ws', Round[]> = { hub: [], ws: [] };
for (let index = 0; index < Number(values.rounds); index += 1) {
  for (const kind of index % 2 === 0 ? (['hub', 'ws'] as const) : (['ws', 'hub'] as const)) {
    const result = await round(kind);
    rounds[kind].push(result);
    const figures = `${Math.round(result.deliveriesPerSecond / 1000)}k/s on ${result.cores.toFixed(2)} core, p50 ${result.p50.toFixed(1)} p99 ${result.p99.toFixed(1)} ms`;
    console.log(
      `${kind === 'hub' ? 'our hub' : 'bare ws'}: ${figures} (receiver ${result.receiverCores.toFixed(2)} core, uneven ${result.uneven})`,
    );
  }
}
const slow = await slowReader();
console.log(
  `a reader that stops: +${slow.growthMb.toFixed(1)} MB, cut after ${slow.cutAfterMs === null ? 'never' : `${Math.round(slow.cutAfterMs)} ms`}`,
);

const mean = (list: number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;
const percentile = (list: Round[], share: number) => {
  const all = list.flatMap((each) => each.latencies).sort((a, b) => a - b);
  return all[Math.min(all.length - 1, Math.floor(all.length * share))] ?? Number.NaN;
};
const figures = (list: Round[]) => ({
  deliveriesPerSecond: Math.round(mean(list.map((each) => each.deliveriesPerSecond))),
  cores: Number(mean(list.map((each) => each.cores)).toFixed(3)),
  deliveriesPerCoreSecond: Math.round(mean(list.map((each) => each.perCore))),
  p50Ms: Number(percentile(list, 0.5).toFixed(1)),
  p99Ms: Number(percentile(list, 0.99).toFixed(1)),
});
const [ours, peer] = [figures(rounds.hub), figures(rounds.ws)];
console.log(
  JSON.stringify({
    name: 'fanout',
    goal: '>= 300k row deliveries/s to 1,000 watchers, p99 <= 200 ms, <= 1 core, >= 0.9 x bare ws per core; a stopped reader <= 5 MB, cut <= 5 s',
    watchers,
    batchMs: order.batchMs,
    rowsPerBatch: order.rowsPerBatch,
    ours,
    peer: { name: 'ws 8.23.0, same prepared frames', ...peer },
    ratio: Number((ours.deliveriesPerCoreSecond / peer.deliveriesPerCoreSecond).toFixed(3)),
    unit: 'row deliveries per core second',
    slowReader: { growthMb: Number(slow.growthMb.toFixed(1)), cutAfterMs: slow.cutAfterMs === null ? null : Math.round(slow.cutAfterMs) },
  }),
);
