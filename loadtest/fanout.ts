import exec from 'k6/execution';
import http from 'k6/http';
import { Counter, Trend } from 'k6/metrics';
import { setTimeout } from 'k6/timers';
import { clock, list, runStart, text, whole } from './lib/order.ts';
import { as } from './lib/sign-in.ts';
import { never, pushLatency } from './lib/slo.ts';
import { LiveWire } from './lib/socket-io.ts';

/**
 * Command → every watcher's data (Q3), commit included. Holders keep most of the sockets and parse nothing; probes keep
 * one socket each, read every row and check the chain; commands come at a constant rate, each stamped with the instant it
 * was meant to leave. Probes connect at random moments among the holders, so they stand anywhere in a room.
 */
const url = text('LOAD_URL');
const tokens = list('LOAD_TOKENS');
const leads = list('LOAD_LEADS');
const watchers = whole('LOAD_WATCHERS');
const probes = whole('LOAD_PROBES');
const rate = whole('LOAD_RATE');
const seconds = whole('LOAD_SECONDS');
/** Seconds over which sockets connect. */
const ramp = whole('LOAD_RAMP');
const settle = 3;
const perUser = 50;
const holders = Math.ceil((watchers - probes) / perUser);
const sessionSeconds = ramp + settle + seconds + 3;

const pushed = new Trend('push_latency', true);
const acknowledged = new Trend('command_ack', true);
const gaps = new Counter('push_gaps');
const doubles = new Counter('push_doubles');
const rows = new Counter('probe_rows');
const held = new Counter('holder_messages');
const failures = new Counter('sockets_failed');
const refusals = new Counter('commands_refused');
const accepted = new Counter('commands_accepted');

export const options = {
  discardResponseBodies: false,
  summaryTrendStats: ['count', 'min', 'avg', 'med', 'p(90)', 'p(95)', 'p(99)', 'max'],
  scenarios: {
    ...(holders > 0
      ? {
          holders: {
            executor: 'per-vu-iterations',
            exec: 'hold',
            vus: holders,
            iterations: 1,
            maxDuration: `${sessionSeconds + 30}s`,
            gracefulStop: '30s',
          },
        }
      : {}),
    probes: {
      executor: 'per-vu-iterations',
      exec: 'probe',
      vus: probes,
      iterations: 1,
      maxDuration: `${sessionSeconds + 30}s`,
      gracefulStop: '30s',
    },
    commands: {
      executor: 'constant-arrival-rate',
      exec: 'command',
      rate,
      timeUnit: '1s',
      duration: `${seconds}s`,
      startTime: `${ramp + settle}s`,
      preAllocatedVUs: 20,
      maxVUs: 60,
    },
  },
  thresholds: { ...never, push_latency: pushLatency(watchers) },
};

interface Run {
  /** Epoch milliseconds. */
  start: number;
}

export function setup(): Run {
  return { start: runStart() };
}

function open({ start }: Run, index: number, event: (text: string) => void): void {
  const token = tokens[index % tokens.length] ?? '';
  setTimeout(
    () => {
      const wire = new LiveWire(url, token, {
        ready: (socket) => socket.ask('watch', { view: 'board' }, (answer) => begin(answer)),
        event,
        failed: (why) => {
          failures.add(1);
          console.error(`socket ${index}: ${why}`);
        },
      });
      setTimeout(() => wire.close(), sessionSeconds * 1_000 - clock(start) + exec.scenario.startTime);
    },
    Math.random() * ramp * 1_000,
  );
}

const positions = new Map<string, number>();

/** Only the head of the answer is read: parsing a few hundred rows for each socket would be the test's own load. */
function begin(answer: string): void {
  const found = /"watch":"([^"]+)","mode":"[a-z]+","position":(\d+)/.exec(answer.slice(0, 300));
  if (found === null) {
    failures.add(1);
    console.error(`refused to watch: ${answer.slice(0, 300)}`);
  } else positions.set(found[1] ?? '', Number(found[2]));
}

export function hold(run: Run): void {
  const first = probes + exec.scenario.iterationInTest * perUser;
  for (let index = 0; index < Math.min(perUser, watchers - first); index += 1) {
    open(run, first + index, (event) => {
      if (event.startsWith('42["changes"')) held.add(1);
    });
  }
}

interface Changes {
  watch: string;
  from: number;
  to: number;
  rows: { key: string; row?: { version: number }; sent?: number }[];
}

export function probe(run: Run): void {
  const seen = new Map<string, number>();
  open(run, exec.scenario.iterationInTest, (event) => {
    const now = clock(run.start);
    if (!event.startsWith('42["changes"')) return;
    const message: Changes = JSON.parse(event.slice(2))[1];
    if (positions.get(message.watch) !== message.from) gaps.add(1);
    positions.set(message.watch, message.to);
    for (const { key, row, sent } of message.rows) {
      if (row !== undefined && (seen.get(key) ?? 0) >= row.version) doubles.add(1);
      if (row !== undefined) seen.set(key, row.version);
      if (sent !== undefined) {
        pushed.add(now - sent);
        rows.add(1);
      }
    }
  });
}

/** Turns a tag on and off, each lead in its turn: every command changes its lead. */
export function command({ start }: Run): void {
  const turn = exec.scenario.iterationInTest;
  const intended = exec.scenario.startTime + (turn * 1_000) / rate;
  const lead = leads[turn % leads.length] ?? '';
  const verb = Math.floor(turn / leads.length) % 2 === 0 ? 'tag' : 'untag';
  const answer = http.post(`${url}/api/leads/${lead}/${verb}`, JSON.stringify({ tag: text('LOAD_TAG') }), {
    ...as(text('LOAD_SENDER'), { 'x-sent-at': intended.toFixed(3) }),
    tags: { name: `lead.${verb}` },
  });
  acknowledged.add(clock(start) - intended);
  if (answer.status === 200) accepted.add(1);
  else {
    refusals.add(1);
    console.error(`${verb}: ${answer.status} ${answer.body}`);
  }
}

export function handleSummary(data: object): Record<string, string> {
  return { [text('LOAD_SUMMARY')]: JSON.stringify(data) };
}
