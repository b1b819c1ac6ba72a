import { parseArgs } from 'node:util';
import { SingleBar } from 'cli-progress';
import { readEnvironment } from '../server/environment.ts';
import { organizationBySlug } from '../server/leads/import/lookups.ts';
import { seedLeads } from '../server/leads/seed.ts';
import { createLog } from '../server/log.ts';
import { Refusal } from '../server/refusal.ts';
import { openTool, type Tool } from '../server/tool.ts';

/**
 * `npm run seed -- --leads N [--organization slug] [--seed number]`: makes N believable leads with their histories, by
 * default in `b2b-sales`, with or without a running server on the same DATA_DIR. Ends when the read models show them.
 */

const usage = 'Usage: npm run seed -- --leads N [--organization slug] [--seed number]';
const number = new Intl.NumberFormat('en-US');

async function castOf(tool: Tool, organizationId: string) {
  const floor = await tool.connections.auth.query<{ agent_id: string; role: string }>(
    `select key as agent_id, role from "${tool.projector.readSchema('members')}".members where organization_id = $1 and active order by key`,
    [organizationId],
  );
  const held = await tool.connections.asOrganization(organizationId, (client) =>
    client.query<{ key: string; held: number }>(
      `select key, active_leads_count::int as held from "${tool.projector.readSchema('floor')}".floor where organization_id = $1 and active order by key`,
      [organizationId],
    ),
  );
  return {
    managerId: floor.rows.find(({ role }) => role === 'manager')?.agent_id ?? null,
    agents: held.rows.map(({ key, held: activeLeadsCount }) => ({ agentId: key, activeLeadsCount })),
  };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { leads: { type: 'string' }, organization: { type: 'string', default: 'b2b-sales' }, seed: { type: 'string' } },
  });
  const leads = Number(values.leads);
  const seed = values.seed === undefined ? Date.now() : Number(values.seed);
  if (!Number.isSafeInteger(leads) || leads < 1 || !Number.isSafeInteger(seed)) throw new Refusal(usage);
  const environment = readEnvironment();
  const tool = await openTool(environment, createLog(environment.logLevel === 'info' ? 'warn' : environment.logLevel), (step) =>
    console.log(step),
  );
  try {
    await tool.caughtUp();
    const { id: organizationId, name } = await organizationBySlug(tool.connections, tool.projector, values.organization);
    console.log(`${number.format(leads)} leads for ${name}`);
    const bar = process.stdout.isTTY
      ? new SingleBar({ format: ' {bar} {percentage} % | {value}/{total} | {eta_formatted} left', hideCursor: true })
      : null;
    bar?.start(leads, 0);
    const began = performance.now();
    const cast = await castOf(tool, organizationId);
    const made = await seedLeads(
      { store: tool.store, ...cast, now: new Date(tool.now()), seed },
      { organizationId, leads, onProgress: (done) => bar?.update(done) },
    ).finally(() => bar?.stop());
    const appended = (performance.now() - began) / 1000;
    await tool.caughtUp();
    const shown = (performance.now() - began) / 1000;
    console.log(
      `${number.format(made.events)} events appended in ${appended.toFixed(1)} s (${number.format(Math.round(made.events / appended))} a second), on every screen after ${shown.toFixed(1)} s`,
    );
    if (made.refused > 0) console.log(`${number.format(made.refused)} parts of histories were refused by a rule, doubles mostly`);
    console.log(`made ${number.format(made.leads)} leads`);
  } finally {
    await tool.close();
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Refusal ? error.message : error);
  process.exitCode = 1;
}
