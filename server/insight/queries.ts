import { z } from 'zod';
import { dayOf, quarterOf } from '../../projections/insight/calendar.ts';
import type { FloorRow } from '../../projections/leads/rows.ts';
import { notFound, refuse } from '../http/problem.ts';
import { dayOrInstant, type Reader, type Reading, readCodes, readHeaders, scopesOf } from '../http/reading.ts';
import { queryOf, type SignedCall, type SignedRoute } from '../http/route.ts';
import type { Directory } from '../identity/directory.ts';
import type { Principal } from '../identity/principal.ts';

const dayMs = 86_400_000;
const longestRangeMs = 3660 * dayMs;
const rangeQuery = z.strictObject({
  from: dayOrInstant.optional().describe('First day, in the organization’s zone; by default 29 days before the last.'),
  to: dayOrInstant.optional().describe('Last day, included; by default today.'),
});
const arrivalsQuery = z.strictObject({
  from: dayOrInstant.optional().describe('By default a day before `to`.'),
  to: dayOrInstant.optional().describe('By default now.'),
  minutes: z.coerce.number().int().min(15).max(1440).multipleOf(15).default(15).describe('Width of a step, a multiple of 15.'),
});

const rate = z.number().nullable().describe('0 to 1; null when there is nothing to divide by.');
const money = z.int().describe('Minor units of the organization’s currency.');
const funnelRow = z.object({
  status: z.string(),
  count: z.int().describe('Of the leads captured in the range: how many ever stood in this stage.'),
  rate,
});
const sourceRow = z.object({ source: z.string(), leads: z.int(), won: z.int(), value: money, rate });
const agentRow = z.object({
  agentId: z.string(),
  fullName: z.string(),
  leads: z.int().describe('Leads captured in the range that are theirs now.'),
  answered: z.int(),
  withinTarget: z.int(),
  medianResponseSeconds: z.number().nullable().describe('To the next power of two.'),
  won: z.int(),
  lost: z.int(),
  conversion: rate,
  wonValue: money,
  activeLeadsCount: z.int(),
  capacity: z.int().nullable(),
});
const arrivalRow = z.object({ at: z.string(), arrived: z.int(), answered: z.int() });

function reportOf<Row extends z.ZodType>(row: Row) {
  return z.object({ rows: z.array(row), from: z.string(), to: z.string(), asOf: z.string(), position: z.int() });
}

interface Sum {
  metric: string;
  bucket: string;
  scope: string;
  value: number;
}

/** Kept figures of the buckets from `from` to `to`, for the owners the caller sees; metrics begin with one of `prefixes`. */
async function sumsOf(
  reader: Reader,
  principal: Principal,
  prefixes: string[],
  from: string,
  to: string,
  byScope: boolean,
): Promise<Sum[]> {
  const scope = byScope ? 'scope' : "''";
  const found = await reader.client.query<{ metric: string; bucket: string; scope: string; value: string }>(
    `select metric, bucket, ${scope} as scope, sum(value)::text as value from ${reader.table('metrics')}
     where organization_id = $1 and bucket >= $2 and bucket <= $3 and length(bucket) = length($2)
       and ($4::text[] is null or scope = any($4)) and exists (select 1 from unnest($5::text[]) p(prefix) where starts_with(metric, p.prefix))
     group by metric, bucket, ${byScope ? 'scope' : '3'}`,
    [principal.organizationId, from, to, scopesOf(principal), prefixes],
  );
  return found.rows.map((row) => ({ ...row, value: Number(row.value) }));
}

function totals(sums: readonly Sum[], of: (sum: Sum) => string | null): Map<string, number> {
  const result = new Map<string, number>();
  for (const sum of sums) {
    const key = of(sum);
    if (key !== null) result.set(key, (result.get(key) ?? 0) + sum.value);
  }
  return result;
}

const after = (prefix: string) => (sum: Sum) => (sum.metric.startsWith(prefix) ? sum.metric.slice(prefix.length) : null);

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.round((part / whole) * 10_000) / 10_000;
}

/** The upper end of the bucket in which the middle answer lies; buckets double. */
export function medianOf(buckets: ReadonlyMap<number, number>): number | null {
  const all = [...buckets.values()].reduce((sum, count) => sum + count, 0);
  let seen = 0;
  for (const [upTo, count] of [...buckets].sort(([one], [other]) => one - other)) {
    seen += count;
    if (all > 0 && seen * 2 >= all) return upTo;
  }
  return null;
}

interface AgentTally {
  leads: number;
  answered: number;
  withinTarget: number;
  won: number;
  lost: number;
  wonValue: number;
  responses: Map<number, number>;
}

function tallyByAgent(sums: readonly Sum[]): Map<string, AgentTally> {
  const tallies = new Map<string, AgentTally>();
  for (const { scope, metric, value } of sums) {
    const tally = tallies.get(scope) ?? { leads: 0, answered: 0, withinTarget: 0, won: 0, lost: 0, wonValue: 0, responses: new Map() };
    tallies.set(scope, tally);
    const upTo = /^response\.upTo\.(\d+)$/.exec(metric)?.[1];
    if (upTo !== undefined) tally.responses.set(Number(upTo), (tally.responses.get(Number(upTo)) ?? 0) + value);
    else if (metric === 'leads.captured') tally.leads += value;
    else if (metric === 'leads.answered') tally.answered += value;
    else if (metric === 'leads.answeredInTime') tally.withinTarget += value;
    else if (metric === 'leads.won') tally.won += value;
    else if (metric === 'leads.lost') tally.lost += value;
    else if (metric === 'value.won') tally.wonValue += value;
  }
  return tallies;
}

const base = { method: 'GET', area: 'insight', headers: readHeaders, codes: readCodes } as const;

/** Reports from the figures that projections keep: nothing is counted when asked. `now` is epoch milliseconds. */
export function reportQueries(reading: Reading, directory: Directory, now: () => number): SignedRoute[] {
  async function organizationOf(call: SignedCall) {
    const organization = await directory.organization(call.principal.organizationId);
    if (organization === null) throw notFound('organization');
    return organization.state;
  }

  function daysOf(call: SignedCall, timezone: string): { from: string; to: string } {
    const query = queryOf(call, rangeQuery);
    const day = (text: string) => (text.length === 10 ? text : dayOf(text, timezone));
    const to = query.to === undefined ? dayOf(new Date(now()).toISOString(), timezone) : day(query.to);
    const from = query.from === undefined ? new Date(Date.parse(to) - 29 * dayMs).toISOString().slice(0, 10) : day(query.from);
    requireRange(Date.parse(from), Date.parse(to));
    return { from, to };
  }

  function requireRange(from: number, to: number): void {
    if (from > to || to - from > longestRangeMs) {
      throw refuse('invalid', 'The range must begin before it ends and be ten years at most.', {}, [
        { path: 'from', message: 'must be before to, by ten years at most' },
      ]);
    }
  }

  const asOf = () => new Date(now()).toISOString();

  return [
    {
      ...base,
      path: '/api/reports/funnel',
      name: 'report.funnel',
      summary: 'How far the leads of a time came, stage by stage',
      query: rangeQuery,
      answers: [{ status: 200, description: 'Stages in the order of the pipeline.', schema: reportOf(funnelRow) }],
      async handle(call) {
        const { stages, timezone } = await organizationOf(call);
        const range = daysOf(call, timezone);
        return reading.read(call, 'report.read', async (reader, position) => {
          const sums = await sumsOf(reader, call.principal, ['funnel.', 'leads.captured'], range.from, range.to, false);
          const reached = totals(sums, after('funnel.'));
          const all = totals(sums, (sum) => (sum.metric === 'leads.captured' ? 'all' : null)).get('all') ?? 0;
          const rows = stages.map(({ key }) => ({ status: key, count: reached.get(key) ?? 0, rate: ratio(reached.get(key) ?? 0, all) }));
          return call.answer(200, { rows, ...range, asOf: asOf(), position });
        });
      },
    },
    {
      ...base,
      path: '/api/reports/sources',
      name: 'report.sources',
      summary: 'What each source brought: leads, deals won, their worth',
      description: 'Leads count by the day they arrived, deals by the day they were won.',
      query: rangeQuery,
      answers: [{ status: 200, description: 'The source with most leads first.', schema: reportOf(sourceRow) }],
      async handle(call) {
        const { timezone } = await organizationOf(call);
        const range = daysOf(call, timezone);
        return reading.read(call, 'report.read', async (reader, position) => {
          const sums = await sumsOf(reader, call.principal, ['source.'], range.from, range.to, false);
          const leads = totals(sums, after('source.captured.'));
          const won = totals(sums, after('source.won.'));
          const value = totals(sums, after('source.value.'));
          const rows = [...new Set([...leads.keys(), ...won.keys()])]
            .map((source) => ({
              source,
              leads: leads.get(source) ?? 0,
              won: won.get(source) ?? 0,
              value: value.get(source) ?? 0,
              rate: ratio(won.get(source) ?? 0, leads.get(source) ?? 0),
            }))
            .filter((row) => row.leads > 0 || row.won > 0)
            .sort((one, other) => other.leads - one.leads || (one.source < other.source ? -1 : 1));
          return call.answer(200, { rows, ...range, asOf: asOf(), position });
        });
      },
    },
    {
      ...base,
      path: '/api/reports/agents',
      name: 'report.agents',
      summary: 'How agents did: leads, answers, deals',
      query: rangeQuery,
      answers: [{ status: 200, description: 'Agents whose leads you see, most deals won first.', schema: reportOf(agentRow) }],
      async handle(call) {
        const { timezone } = await organizationOf(call);
        const range = daysOf(call, timezone);
        return reading.read(call, 'report.read', async (reader, position) => {
          const sums = await sumsOf(reader, call.principal, ['leads.', 'response.upTo.', 'value.won'], range.from, range.to, true);
          const tallies = tallyByAgent(sums);
          const scopes = scopesOf(call.principal);
          const agents = await reader.client.query<{ wire: string }>(
            `select wire from ${reader.table('floor')} where organization_id = $1 and ($2::text[] is null or 'agent:' || key = any($2)) order by full_name, key`,
            [call.principal.organizationId, scopes],
          );
          const rows = agents.rows
            .map((row) => JSON.parse(row.wire) as FloorRow)
            .map(({ id, fullName, activeLeadsCount, capacity }) => {
              const tally = tallies.get(`agent:${id}`);
              const { leads = 0, answered = 0, withinTarget = 0, won = 0, lost = 0, wonValue = 0 } = tally ?? {};
              return {
                agentId: id,
                fullName,
                leads,
                answered,
                withinTarget,
                medianResponseSeconds: medianOf(tally?.responses ?? new Map()),
                won,
                lost,
                conversion: ratio(won, won + lost),
                wonValue,
                activeLeadsCount,
                capacity,
              };
            })
            .sort((one, other) => other.won - one.won || other.leads - one.leads);
          return call.answer(200, { rows, ...range, asOf: asOf(), position });
        });
      },
    },
    {
      ...base,
      path: '/api/reports/arrivals',
      name: 'report.arrivals',
      summary: 'Leads that arrived and were answered, step by step through the day',
      query: arrivalsQuery,
      answers: [{ status: 200, description: 'Every step, also those without any.', schema: reportOf(arrivalRow) }],
      async handle(call) {
        const query = queryOf(call, arrivalsQuery);
        const step = query.minutes * 60_000;
        const end = query.to === undefined ? now() : Date.parse(query.to);
        const begin = query.from === undefined ? end - dayMs : Date.parse(query.from);
        requireRange(begin, end);
        if ((end - begin) / step > 2000)
          throw refuse('invalid', 'The range has more than 2,000 steps; make them wider.', {}, [
            { path: 'minutes', message: 'makes too many steps' },
          ]);
        const first = Math.floor(begin / step) * step;
        const to = quarterOf(new Date(end).toISOString());
        const from = quarterOf(new Date(first).toISOString());
        return reading.read(call, 'report.read', async (reader, position) => {
          const sums = await sumsOf(reader, call.principal, ['leads.captured', 'leads.answered'], from, to, false);
          const stepOf = (sum: Sum) => String(Math.floor(Date.parse(sum.bucket) / step) * step);
          const arrived = totals(sums, (sum) => (sum.metric === 'leads.captured' ? stepOf(sum) : null));
          const answered = totals(sums, (sum) => (sum.metric === 'leads.answered' ? stepOf(sum) : null));
          const rows: z.infer<typeof arrivalRow>[] = [];
          for (let at = first; at <= end; at += step) {
            rows.push({ at: new Date(at).toISOString(), arrived: arrived.get(String(at)) ?? 0, answered: answered.get(String(at)) ?? 0 });
          }
          return call.answer(200, { rows, from: new Date(first).toISOString(), to: new Date(end).toISOString(), asOf: asOf(), position });
        });
      },
    },
  ];
}
