import { aggregateNamed, aggregates, commandNamed } from '../../domain/catalogue.ts';
import type { Actor, RecordedEvent } from '../../domain/kernel/aggregate.ts';
import { readModels } from '../../projections/catalogue.ts';
import { Projector } from '../../projections/projector.ts';
import { rebuildReadModels } from '../../projections/rebuild.ts';
import { MadeUpLog } from '../../projections/testing/made-up-log.ts';
import { createLog } from '../../server/log.ts';
import { KeyRing } from '../../server/store/keys.ts';
import { EventStore } from '../../server/store/store.ts';
import { testDatabase } from '../../server/store/testing.ts';

/**
 * How fast read models are made anew from the log (Q8), and whether a command costs more when the log is long.
 * `node loadtest/micro/rebuild.ts [events]`: a seeded mix of what people do in five organizations, 200,000 events
 * unless said otherwise, in a PostgreSQL of its own. Ends with one line of JSON.
 */
const wanted = Number(process.argv[2] ?? 200_000);
const goal = 30_000;
const shortLog = 5_000;

const log = createLog('error');
const db = await testDatabase({ log });
const keys = new KeyRing(db.connections.appender, db.masterKey);
const store = new EventStore({
  connections: db.connections,
  catalogue: { aggregates, aggregateNamed, commandNamed },
  keys,
  clock: Date.now,
  log,
});
const projector = new Projector({ connections: db.connections, source: store, log });
const madeUp = new MadeUpLog(20261121);

function print(line: string): void {
  process.stderr.write(`${line}\n`);
}

function rate(events: number, milliseconds: number): number {
  return Math.round(events / (milliseconds / 1000));
}

/** Copies what the deciders made into the real log, in order as far as one organization goes. */
async function append(events: readonly RecordedEvent[]): Promise<void> {
  for (let start = 0; start < events.length; start += 4000) {
    const byOrganization = Map.groupBy(events.slice(start, start + 4000), (event) => event.organizationId);
    for (const [organizationId, own] of byOrganization) {
      const streams = own.map((event) => ({
        type: event.stream.type,
        id: event.stream.id,
        events: [{ type: event.type, data: event.data }],
      }));
      const outcomes = await store.bulkAppend(organizationId, madeUp.companies[0]?.owner as Actor, streams);
      const refused = outcomes.find((outcome) => !outcome.ok);
      if (refused && !refused.ok) throw refused.rejection;
    }
  }
}

/** Median milliseconds of tagging a lead, one at a time: decided, durable, answered. */
async function commandCost(): Promise<number> {
  const company = madeUp.companies[0];
  if (!company) throw new Error('nobody to work');
  const times: number[] = [];
  for (let number = 0; number < 400; number += 1) {
    const id = await store.execute({ type: 'lead.capture', organizationId: company.id, actor: company.owner, data: captureOf(number) });
    const began = performance.now();
    await store.execute({
      type: 'lead.tag',
      organizationId: company.id,
      actor: company.owner,
      id: id.id,
      data: { tag: `bench ${number}` },
    });
    times.push(performance.now() - began);
  }
  return times.sort((one, other) => one - other)[times.length >> 1] ?? 0;
}

let phone = 0;
function captureOf(number: number): object {
  phone += 1;
  return { firstName: 'Bench', lastName: String(number), phone: `+97155${1_000_000 + phone}`, source: 'website' };
}

async function rebuilt(names: readonly string[]): Promise<number> {
  const began = performance.now();
  let events = 0;
  const parts = { pool: db.connections.projector, source: store, projections: readModels };
  for await (const progress of rebuildReadModels(parts, names)) events = progress.events;
  return rate(events, performance.now() - began);
}

await projector.start();
madeUp.work(shortLog);
await append(madeUp.events);
await projector.waitFor(await store.head(), 60_000);
const costShort = await commandCost();

const from = madeUp.events.length;
madeUp.work(Math.max(0, wanted - from));
print(`${madeUp.events.length} events made up`);
const began = performance.now();
await append(madeUp.events.slice(from));
const head = await store.head();
print(`appended: ${rate(head - from, performance.now() - began)} events/s`);
await projector.waitFor(head, 600_000);
print(`appended and projected live beside it: ${rate(head - from, performance.now() - began)} events/s`);

const readBegan = performance.now();
for (let position = 0; position < head; ) position = (await store.read(position, 5000)).at(-1)?.position ?? head;
const read = rate(head, performance.now() - readBegan);
print(`read and decrypted: ${read} events/s`);

const each: Record<string, number> = {};
for (const { name } of readModels) {
  each[name] = await rebuilt([name]);
  print(`${name}: ${each[name]} events/s`);
}
const together = await rebuilt(readModels.map(({ name }) => name));
print(`all together: ${together} events/s`);
await projector.waitFor(await store.head(), 60_000);
const costLong = await commandCost();
const slowest = Math.min(...Object.values(each));
const commandRatio = Number((costLong / costShort).toFixed(2));

await projector.close();
await store.close();
await db.close();
console.log(
  JSON.stringify({
    name: 'rebuild',
    goal,
    ours: slowest,
    ratio: Number((slowest / goal).toFixed(2)),
    unit: 'events/s',
    events: head,
    each,
    together,
    read,
    commandMs: { short: costShort, long: costLong, ratio: commandRatio },
  }),
);
