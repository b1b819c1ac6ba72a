import { readModels } from '../../projections/catalogue.ts';
import { liveTables, tableOf, versionOf } from '../../projections/generations.ts';
import { rebuildReadModels } from '../../projections/rebuild.ts';
import { rowHashes } from '../../projections/testing/row-hashes.ts';
import type { Tool } from '../../server/tool.ts';
import type { Sent } from './people.ts';

export interface Verdict {
  /** What does not hold, one line each; empty when all does. */
  violations: string[];
  /** Accepted commands whose answer came from an attempt after the one that did them. */
  dedupHits: number;
  events: number;
}

interface Written {
  key: string;
  events: number;
  first: number;
  last: number;
}

/** Checks what quality asks after every fault: I1 to I5 and I8, by SQL, on a database at rest. */
export async function checkInvariants(tool: Tool, sent: readonly Sent[]): Promise<Verdict> {
  const violations: string[] = [];
  const log = tool.connections.appender;
  const known = new Map<string, { version: number; position: number; stream: string; at: number }>();
  const commands = await log.query<{ key: string; version: number; position: string; stream: string; at: number }>(
    `select key, version, position, stream_id as stream, extract(epoch from at)::float8 * 1000 as at from commands where hash is not null`,
  );
  for (const row of commands.rows) {
    if (known.has(row.key)) violations.push(`I1: command ${row.key} was accepted twice`);
    known.set(row.key, { ...row, position: Number(row.position) });
  }
  const written = new Map<string, Written>();
  const events = await log.query<Written>(
    `select meta->>'commandId' as key, count(*)::int as events, min(position)::float8 as first, max(position)::float8 as last from events group by 1`,
  );
  for (const row of events.rows) written.set(row.key, row);

  let dedupHits = 0;
  for (const { key, type, outcome, answer, lastSentAt, code } of sent) {
    const stored = known.get(key);
    const here = written.get(key);
    if (outcome === 'accepted' && answer) {
      if (!stored) {
        violations.push(`I1: ${type} ${key} was acknowledged and is not in the log`);
        continue;
      }
      if (stored.version !== answer.version || stored.position !== answer.position || stored.stream !== answer.id) {
        violations.push(`I1: ${type} ${key} was answered ${JSON.stringify(answer)}, the log says ${JSON.stringify(stored)}`);
      }
      if (type === 'lead.capture' && !here) violations.push(`I1: ${type} ${key} left no event`);
      if (here && (here.last !== answer.position || here.last - here.first + 1 !== here.events)) {
        violations.push(`I1, I2: the events of ${type} ${key} do not stand together once: ${JSON.stringify(here)}`);
      }
      if (stored.at < lastSentAt) dedupHits += 1;
    } else if (outcome === 'refused' && (stored || here)) violations.push(`I3: ${type} ${key} was refused (${code}) and is in the log`);
    else if (outcome === 'open') violations.push(`I2: ${type} ${key} never got a definite answer`);
  }
  const ours = new Set(sent.map(({ key }) => key));
  for (const key of known.keys()) if (!ours.has(key)) violations.push(`I1: the log holds the command ${key} that nobody sent`);

  const { rows: shape } = await log.query<{ events: string; head: string; first: string; backwards: string; holes: string }>(`
    select count(*) as events, max(position) as head, min(position) as first,
      count(*) filter (where recorded_at < before) as backwards, count(*) filter (where version <> expected) as holes
    from (select position, recorded_at, version, lag(recorded_at) over (order by position) as before,
            row_number() over (partition by organization_id, stream_type, stream_id order by position) as expected from events) e`);
  const log4 = shape[0];
  if (!log4 || log4.events !== log4.head || log4.first !== '1') violations.push(`I4: positions have holes: ${JSON.stringify(log4)}`);
  if (log4?.holes !== '0') violations.push(`I4: ${log4?.holes} events are not the next version of their stream`);
  if (log4?.backwards !== '0') violations.push(`I4: ${log4?.backwards} events were recorded before their predecessor`);
  const { rows: heads } = await log.query(`
    select s.stream_id from streams s where version <> (select count(*) from events e
      where e.organization_id = s.organization_id and e.stream_type = s.type and e.stream_id = s.stream_id)`);
  if (heads.length > 0) violations.push(`I4: ${heads.length} streams do not count their events`);

  violations.push(...(await checkReadModels(tool)));
  return { violations, dedupHits, events: Number(log4?.events ?? 0) };
}

async function checkReadModels(tool: Tool): Promise<string[]> {
  const violations: string[] = [];
  const { projector: pool } = tool.connections;
  await tool.caughtUp();
  const kept = await rowHashes(pool);
  const client = await pool.connect();
  try {
    const tables = await liveTables(client, await versionOf(client));
    const columns = await client.query(`
      with counted as (
        select organization_id, status, scope, count(*) as count from ${tableOf(tables, 'lead')} where deleted_at is null group by 1, 2, 3)
      select * from counted c full join (select * from ${tableOf(tables, 'board_columns')} where count <> 0) b
        on b.organization_id = c.organization_id and b.status = c.status and b.scope = c.scope
      where c.count is distinct from b.count`);
    if (columns.rows.length > 0)
      violations.push(`I8: ${columns.rows.length} counters of columns differ from the leads there are: ${JSON.stringify(columns.rows[0])}`);
    const held = await client.query<{ organization_id: string; agent: string; active: number }>(
      `select organization_id, agent_id::text as agent, count(*)::int as active from ${tableOf(tables, 'lead')}
       where agent_id is not null and open and deleted_at is null group by 1, 2`,
    );
    const counted = await tool.connections.appender.query<{ organization_id: string; agent: string; active: number }>(
      `select organization_id, key as agent, count::int as active from guard_counts where scope = 'agent.active' and count <> 0`,
    );
    const lines = (rows: readonly { organization_id: string; agent: string; active: number }[]) =>
      rows.map((row) => `${row.organization_id} ${row.agent} ${row.active}`).sort();
    const [fromLeads, fromGuards] = [lines(held.rows), lines(counted.rows)];
    for (const line of fromLeads) if (!fromGuards.includes(line)) violations.push(`I8: the leads say ${line}, the guards do not`);
    for (const line of fromGuards) if (!fromLeads.includes(line)) violations.push(`I8: the guards say ${line}, the leads do not`);
  } finally {
    client.release();
  }
  for await (const _progress of rebuildReadModels(
    { pool, source: tool.store, projections: readModels },
    readModels.map(({ name }) => name),
  ));
  const rebuilt = await rowHashes(pool);
  for (const [name, hash] of Object.entries(kept))
    if (rebuilt[name] !== hash) violations.push(`I5: ${name} differs from a replay: ${hash} / ${rebuilt[name]}`);
  return violations;
}
