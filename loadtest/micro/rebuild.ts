import { everything } from '../../domain/identity/audience.ts';
import type { Actor } from '../../domain/kernel/aggregate.ts';
import { uuidv5 } from '../../domain/kernel/ids.ts';
import { readModels } from '../../projections/catalogue.ts';
import { rebuildReadModels } from '../../projections/rebuild.ts';
import { seedLeads } from '../../server/leads/seed.ts';
import { startFloor } from '../../server/testing.ts';

/**
 * How fast read models are made anew from the log (Q8), and whether a command costs more when the log is long.
 * `npm run bench -- rebuild [leads]`: the seed's mix of histories in the five demo organizations, 64,000 leads (more
 * than 200,000 events) unless said otherwise, in a PostgreSQL of its own. Ends with one line of JSON.
 */
const leads = Number(process.argv[2] ?? 64_000);
const goal = 30_000;

const floor = await startFloor({ demo: true });
const { store, projector, connections } = floor;
const parts = { pool: connections.projector, source: store, projections: readModels };

function print(line: string): void {
  process.stderr.write(`${line}\n`);
}

function rate(events: number, milliseconds: number): number {
  return Math.round(events / (milliseconds / 1000));
}

function middle(values: number[]): number {
  return Number((values.sort((one, other) => one - other)[values.length >> 1] ?? 0).toFixed(3));
}

async function everyOrganization(): Promise<{ id: string; slug: string }[]> {
  const table = `"${projector.readSchema('organizations')}".organizations`;
  return (await connections.auth.query<{ id: string; slug: string }>(`select key as id, slug from ${table} order by slug`)).rows;
}

/** The demo's agents may hold few leads; histories that end are not held, so most are dealt among them all the same. */
async function seed(organizationId: string, count: number, number: number): Promise<void> {
  const table = `"${projector.readSchema('floor')}".floor`;
  const agents = await connections.asOrganization(organizationId, (client) =>
    client.query<{ key: string; held: number }>(`select key, active_leads_count as held from ${table} where active order by key`),
  );
  const cast = { agents: agents.rows.map(({ key, held }) => ({ agentId: key, activeLeadsCount: held })), managerId: null };
  await seedLeads({ store, ...cast, now: new Date(), seed: number }, { organizationId, leads: count });
}

const system: Actor = {
  id: uuidv5('00000000-0000-0000-0000-000000000000', 'bench'),
  agentId: null,
  name: 'Bench',
  role: 'owner',
  audience: everything,
};

/** Median milliseconds of a capture, and of a tag on what was captured, one at a time: decided, durable, answered. */
async function commandCost(organizationId: string, round: string): Promise<{ capture: number; tag: number }> {
  const captures: number[] = [];
  const tagged: number[] = [];
  for (let number = 0; number < 600; number += 1) {
    const began = performance.now();
    const data = { firstName: 'Bench', lastName: round, email: `${round}.${number}@example.com` };
    const { id } = await store.execute({ type: 'lead.capture', organizationId, actor: system, data });
    const captured = performance.now();
    await store.execute({ type: 'lead.tag', organizationId, actor: system, id, data: { tag: 'bench' } });
    captures.push(captured - began);
    tagged.push(performance.now() - captured);
  }
  return { capture: middle(captures), tag: middle(tagged) };
}

async function rebuilt(names: readonly string[]): Promise<number> {
  const began = performance.now();
  let events = 0;
  for await (const progress of rebuildReadModels(parts, names)) events = progress.events;
  return rate(events, performance.now() - began);
}

const organizations = await everyOrganization();
const company = organizations.find(({ slug }) => slug === 'brokerage')?.id ?? '';
await commandCost(company, 'warm');
await projector.waitFor(await store.head(), 60_000);
const short = await commandCost(company, 'short');

const from = await store.head();
const began = performance.now();
for (const [index, { id }] of organizations.entries()) await seed(id, Math.ceil(leads / organizations.length), 1000 + index);
const head = await store.head();
const appended = performance.now() - began;
await projector.waitFor(head, 3_600_000);
const live = rate(head - from, performance.now() - began);
print(`${head - from} events made, appended at ${rate(head - from, appended)}/s, projected live by ${live}/s`);

const readBegan = performance.now();
for (let position = 0; position < head; ) position = (await store.read(position, 2000)).at(-1)?.position ?? head;
const read = rate(head, performance.now() - readBegan);
print(`read and decrypted: ${read} events/s`);

const each: Record<string, number> = {};
for (const { name, kind } of readModels) {
  if (kind === 'facet') continue;
  each[name] = await rebuilt([name]);
  print(`${name}: ${each[name]} events/s`);
}
const together = await rebuilt(readModels.map(({ name }) => name));
print(`all together: ${together} events/s`);
await projector.waitFor(await store.head(), 60_000);
const long = await commandCost(company, 'long');

await floor.close();
const slowest = Math.min(...Object.values(each));
const command = { short, long, ratio: Number(((long.capture + long.tag) / (short.capture + short.tag)).toFixed(2)) };
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
    live,
    read,
    command,
  }),
);
