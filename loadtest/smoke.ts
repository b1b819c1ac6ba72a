import { check } from 'k6';
import http from 'k6/http';
import { Counter, Trend } from 'k6/metrics';
import { setTimeout } from 'k6/timers';
import { clock, runStart, text } from './lib/order.ts';
import { as, signIn } from './lib/sign-in.ts';
import { LiveWire } from './lib/socket-io.ts';

/** A walk through the floor in twenty seconds: sign in, read, capture, move on, and see it pushed. */
const url = text('LOAD_URL');
const pushed = new Trend('push_latency', true);
const failures = new Counter('sockets_failed');
const seen = new Counter('pushed_leads');

export const options = {
  summaryTrendStats: ['count', 'min', 'avg', 'med', 'p(95)', 'p(99)', 'max'],
  scenarios: { walk: { executor: 'per-vu-iterations', exec: 'walk', vus: 4, iterations: 5, maxDuration: '60s' } },
  thresholds: {
    checks: ['rate==1'],
    sockets_failed: ['count==0'],
    pushed_leads: ['count==20'],
    http_req_failed: ['rate==0'],
    http_req_duration: ['p(99)<1000'],
    push_latency: ['p(95)<500'],
  },
};

interface Run {
  token: string;
  /** Epoch milliseconds. */
  start: number;
}

export function setup(): Run {
  return { start: runStart(), token: signIn(url, 'owner@b2b-sales.demo', 'leadfloor-demo') };
}

export function walk({ token, start }: Run): void {
  const ready = http.get(`${url}/readyz`);
  const me = http.get(`${url}/api/me`, as(token));
  const page = http.get(`${url}/api/leads?limit=20`, as(token));
  check(null, {
    ready: () => ready.status === 200,
    'who I am': () => me.json('role') === 'owner',
    'a page of leads': () => page.status === 200 && Array.isArray(page.json('rows')),
  });
  let lead = '';
  const wire = new LiveWire(url, token, {
    ready: (socket) =>
      socket.ask('watch', { view: 'board' }, (answer) => {
        const board = JSON.parse(answer) as { mode?: string; rows?: object[] };
        check(board, { 'a board': ({ mode, rows }) => mode === 'snapshot' && (rows?.length ?? 0) > 0 });
        lead = capture(token, start);
      }),
    event: (event) => {
      if (lead === '' || !event.startsWith('42["changes"')) return;
      const { rows } = JSON.parse(event.slice(2))[1] as { rows: { key: string; sent?: number }[] };
      const mine = rows.find(({ key, sent }) => key === lead && sent !== undefined);
      if (mine?.sent === undefined) return;
      pushed.add(clock(start) - mine.sent);
      seen.add(1);
      lead = '';
      socketDone();
    },
    failed: (why) => {
      failures.add(1);
      console.error(why);
    },
  });
  const socketDone = () => wire.close();
  // A lead that never comes must not keep the run: the threshold on `pushed_leads` tells of it.
  setTimeout(socketDone, 10_000);
}

function capture(token: string, start: number): string {
  const name = Math.random().toString(36).slice(2, 10);
  const body = { firstName: 'Smoke', lastName: name, email: `${name}@example.com`, source: 'WEBSITE' };
  const made = http.post(`${url}/api/leads`, JSON.stringify(body), as(token));
  check(made, { captured: ({ status }) => status === 201 });
  const id = String(made.json('id'));
  const tagged = http.post(
    `${url}/api/leads/${id}/tag`,
    JSON.stringify({ tag: 'smoke' }),
    as(token, { 'x-sent-at': clock(start).toFixed(3) }),
  );
  check(tagged, { tagged: ({ status }) => status === 200 });
  return id;
}

export function handleSummary(data: object): Record<string, string> {
  return { [text('LOAD_SUMMARY')]: JSON.stringify(data) };
}
