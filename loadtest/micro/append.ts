import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { type Event, STREAM_DOES_NOT_EXIST } from '@event-driven-io/emmett';
import { getPostgreSQLEventStore } from '@event-driven-io/emmett-postgresql';
import pg from 'pg';
import * as catalogue from '../../domain/catalogue.ts';
import { everything } from '../../domain/identity/audience.ts';
import type { Actor } from '../../domain/kernel/aggregate.ts';
import { createLog } from '../../server/log.ts';
import { KeyRing } from '../../server/store/keys.ts';
import { EventStore } from '../../server/store/store.ts';
import { testDatabase } from '../../server/store/testing.ts';
import { keepResults, quantile } from '../lib/results.ts';

/**
 * Question: how many durable one-event commands a second, against @event-driven-io/emmett-postgresql on the same server?
 *
 * Ours is the whole command: schema, rights, decision, idempotency, guards, append. Emmett's is its append alone, of an
 * event decided beforehand at the version we hand it: whatever it would read and decide is not counted against it.
 * Both append to existing streams, nobody waits for the same stream twice, and rounds alternate. Each is taken as it
 * ships (Emmett with the pool of 10 that it makes); what Emmett makes of more connections is told as `peerTuned`.
 */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '3' },
    quick: { type: 'boolean', default: false },
  },
});
const seconds = values.quick ? 1 : Number(values.seconds);
const rounds = values.quick ? 1 : Number(values.rounds);
const levels = values.quick ? [1, 512] : [1, 16, 64, 256, 512];
const streams = 2_048;

interface Round {
  who: 'ours' | 'emmett';
  inFlight: number;
  perSecond: number;
  p50: number;
  p99: number;
}

type Append = (stream: number) => Promise<void>;

const log = createLog('error');
const db = await testDatabase({ log, durable: true });
const durability = await db.admin.query<{ setting: string }>(
  `select name || '=' || setting as setting from pg_settings where name in ('fsync', 'synchronous_commit', 'full_page_writes') order by 1`,
);

/** Keeps `inFlight` appends under way; each takes a stream that nobody else has in hand. */
async function round(who: Round['who'], inFlight: number, append: Append): Promise<Round> {
  const free = Array.from({ length: streams }, (_, i) => i);
  const times: number[] = [];
  const began = performance.now();
  const end = began + seconds * 1_000;
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (performance.now() < end) {
        const stream = free.shift() as number;
        const started = performance.now();
        await append(stream);
        times.push(performance.now() - started);
        free.push(stream);
      }
    }),
  );
  const perSecond = times.length / ((performance.now() - began) / 1_000);
  return { who, inFlight, perSecond: Math.round(perSecond), p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
}

async function ours(): Promise<{ append: Append; close: () => Promise<void> }> {
  const store = new EventStore({
    connections: db.connections,
    catalogue,
    keys: new KeyRing(db.connections.appender, db.masterKey),
    clock: Date.now,
    log,
  });
  const organizationId = randomUUID();
  const actor: Actor = { id: 'system:bench', agentId: null, name: 'Bench', role: 'owner', audience: everything };
  await store.execute({
    type: 'organization.create',
    organizationId,
    actor,
    id: organizationId,
    data: { name: 'Bench', slug: 'bench', preset: 'b2b-sales' },
  });
  const leads: string[] = [];
  const capture = async (i: number) => {
    const data = { firstName: 'Bench', lastName: String(i), email: `b${i}@example.com`, company: 'Bench', source: 'Website' };
    return (await store.execute({ type: 'lead.capture', organizationId, actor, data })).id;
  };
  for (let i = 0; i < streams; i += 64) leads.push(...(await Promise.all(Array.from({ length: 64 }, (_, k) => capture(i + k)))));
  const tagged = new Array<boolean>(streams).fill(false);
  return {
    async append(stream) {
      const type = tagged[stream] ? 'lead.untag' : 'lead.tag';
      tagged[stream] = !tagged[stream];
      const { version } = await store.execute({ type, organizationId, actor, id: leads[stream], data: { tag: 'bench' } });
      if (version < 2) throw new Error('Nothing was appended.');
    },
    close: () => store.close(),
  };
}

type Tagged = Event<'lead.tagged', { tag: string; agentId: null; at: string }>;

/** `connections`: a pool of that size instead of its own. */
async function emmett(connections: number | null): Promise<{ append: Append; close: () => Promise<void> }> {
  const name = `emmett_${randomUUID().slice(0, 8)}`;
  await db.admin.query(`create database ${name}`);
  const url = new URL((db.admin as pg.Pool & { options: { connectionString: string } }).options.connectionString);
  url.pathname = `/${name}`;
  const pool = connections === null ? null : new pg.Pool({ connectionString: url.toString(), max: connections });
  const store = getPostgreSQLEventStore(url.toString(), pool ? { connectionOptions: { pool } } : {});
  await store.schema.migrate();
  const names = Array.from({ length: streams }, () => `lead-${randomUUID()}`);
  const versions = new Array<bigint>(streams).fill(0n);
  const append: Append = async (stream) => {
    const event: Tagged = { type: 'lead.tagged', data: { tag: 'bench', agentId: null, at: new Date().toISOString() } };
    const expectedStreamVersion = versions[stream] === 0n ? STREAM_DOES_NOT_EXIST : (versions[stream] as bigint);
    const { nextExpectedStreamVersion } = await store.appendToStream(names[stream] as string, [event], { expectedStreamVersion });
    versions[stream] = nextExpectedStreamVersion;
  };
  for (let i = 0; i < streams; i += 32) await Promise.all(Array.from({ length: 32 }, (_, k) => append(i + k)));
  return {
    append,
    async close() {
      await store.close();
      await pool?.end();
      await db.admin.query(`drop database ${name}`);
    },
  };
}

function print(line: string): void {
  process.stderr.write(`${line}\n`);
}

const mine = await ours();
const theirs = await emmett(null);
await round('ours', 64, mine.append);
await round('emmett', 64, theirs.append);

const results: Round[] = [];
for (let i = 0; i < rounds; i += 1) {
  for (const inFlight of levels) {
    for (const [who, { append }] of [
      ['ours', mine],
      ['emmett', theirs],
    ] as const) {
      const result = await round(who, inFlight, append);
      results.push(result);
      print(
        `${who.padEnd(6)} ${String(inFlight).padStart(3)} in flight  ${String(result.perSecond).padStart(6)}/s  p50 ${result.p50.toFixed(2)} ms  p99 ${result.p99.toFixed(2)} ms`,
      );
    }
  }
}
const median = (who: Round['who'], inFlight: number) =>
  quantile(
    results.filter((each) => each.who === who && each.inFlight === inFlight).map(({ perSecond }) => perSecond),
    0.5,
  );
const ratio = (inFlight: number) => Number((median('ours', inFlight) / median('emmett', inFlight)).toFixed(2));
await theirs.close();
let peerTuned = 0;
for (const connections of values.quick ? [24] : [16, 24, 40]) {
  const tuned = await emmett(connections);
  const { perSecond } = await round('emmett', 512, tuned.append);
  print(`emmett with ${connections} connections: ${perSecond}/s at 512 in flight`);
  peerTuned = Math.max(peerTuned, perSecond);
  await tuned.close();
}
const file = await keepResults('append', {
  durability: durability.rows.map(({ setting }) => setting),
  secondsARound: seconds,
  peerTuned,
  rounds: results,
});
print(`raw figures: loadtest/results/${file}`);
await mine.close();
await db.close();
const summary = {
  name: 'append',
  goal: 'ratio >= 10 at 512, ratioAt1 >= 1',
  ours: median('ours', 512),
  peer: median('emmett', 512),
  ratio: ratio(512),
  ratioAt1: ratio(1),
  peerTuned,
  unit: 'commands/s',
};
console.log(JSON.stringify(summary));
process.exitCode = summary.ratio >= 10 && summary.ratioAt1 >= 1 ? 0 : 1;
