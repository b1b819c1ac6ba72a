import { z } from 'zod';
import { isUuid } from '../../domain/kernel/ids.ts';
import type { BoardColumnRow } from '../../projections/leads/board-columns.ts';
import { alertRow, boardRow, floorRow, historyRow, leadRow, operationRow, timelineRow } from '../../projections/leads/rows.ts';
import { notFound } from '../http/problem.ts';
import {
  cursorParameter,
  limitParameter,
  listOf,
  listText,
  type Reader,
  type Reading,
  readCodes,
  readCursor,
  readHeaders,
  refuseCursor,
  scopesOf,
  writeCursor,
} from '../http/reading.ts';
import { queryOf, type SignedCall, type SignedRoute } from '../http/route.ts';
import type { Directory } from '../identity/directory.ts';
import { leadQuery, listLeads } from './lead-list.ts';

const pageQuery = z.strictObject({ limit: limitParameter, cursor: cursorParameter });
const nothing = z.strictObject({});
const alertQuery = z.strictObject({ unread: z.enum(['true', 'false']).optional(), limit: limitParameter, cursor: cursorParameter });
const agentQuery = z.strictObject({
  availability: z.enum(['available', 'paused', 'away']).optional(),
  limit: limitParameter,
  cursor: cursorParameter,
});
const columnRow = z.object({
  status: z.string(),
  count: z.int().describe('Leads there that you see.'),
  value: z.int().describe('What they are worth together, minor units of the organization’s currency.'),
});

/** Every table's text sorts and compares as bytes here, so that keyset pages agree with the order whatever the database's locale. */
const bytes = 'collate "C"';

const base = { method: 'GET', area: 'leads', headers: readHeaders } as const;
const leadCodes = { ...readCodes, 'lead.not-found': { status: 404, title: 'Missing, or not visible to you' } };

/** The lead's row if the caller sees it, deleted ones included (with `deletedAt`). */
async function visibleLead(call: SignedCall, { client, table }: Reader): Promise<string> {
  const id = call.c.req.param('id') ?? '';
  if (!isUuid(id)) throw notFound('lead');
  const scopes = scopesOf(call.principal);
  const found = await client.query<{ wire: string }>(
    `select wire from ${table('lead')} where organization_id = $1 and key = $2 and ($3::text[] is null or scope = any($3))`,
    [call.principal.organizationId, id.toLowerCase(), scopes],
  );
  const row = found.rows[0];
  if (row === undefined) throw notFound('lead');
  return row.wire;
}

/** Lines about one lead, the newest first. */
async function linesOf(call: SignedCall, reader: Reader, projection: 'timeline' | 'history', position: number): Promise<Response> {
  const query = queryOf(call, pageQuery);
  await visibleLead(call, reader);
  const second = projection === 'history' ? 'field' : "''::text";
  const cursor = query.cursor === undefined ? null : readCursor(query.cursor, projection);
  if (cursor !== null && !/^\d{1,15}$/.test(cursor[1] ?? '')) refuseCursor();
  const found = await reader.client.query<{ wire: string; position: string; second: string }>(
    `select wire, position::text, ${second} as second from ${reader.table(projection)}
     where organization_id = $1 and lead_id = $2 and ($3::bigint is null or position < $3 or (position = $3 and ${second} ${bytes} > $4))
     order by position desc, ${second} ${bytes} limit $5`,
    [call.principal.organizationId, call.c.req.param('id')?.toLowerCase(), cursor?.[1] ?? null, cursor?.[2] ?? null, query.limit + 1],
  );
  const page = found.rows.slice(0, query.limit);
  const last = page.at(-1);
  const next = found.rows.length > query.limit && last !== undefined ? writeCursor([projection, last.position, last.second]) : null;
  const wires = page.map((row) => row.wire);
  return call.answerText(200, listText(wires, next, position));
}

/** Keyed rows in the order of a text expression and their key. */
async function keyedPage(
  reader: Reader,
  page: {
    projection: string;
    where: string;
    values: unknown[];
    order: string;
    descending: boolean;
    limit: number;
    cursor: string | undefined;
  },
  position: number,
): Promise<string> {
  const { projection, where, values, order, descending, limit } = page;
  const [, value, key] = page.cursor === undefined ? [null, null, null] : readCursor(page.cursor, projection);
  const at = values.length;
  const after = descending ? '<' : '>';
  const found = await reader.client.query<{ wire: string; key: string; sort: string }>(
    `select wire, key, ${order} as sort from ${reader.table(projection)}
     where ${where} and ($${at + 1}::text is null or ${order} ${bytes} ${after} $${at + 1} or (${order} = $${at + 1} and key ${bytes} > $${at + 2}))
     order by ${order} ${bytes} ${descending ? 'desc' : 'asc'}, key ${bytes} limit $${at + 3}`,
    [...values, value, key, limit + 1],
  );
  const rows = found.rows.slice(0, limit);
  const last = rows.at(-1);
  const next = found.rows.length > limit && last !== undefined ? writeCursor([projection, last.sort, last.key]) : null;
  return listText(
    rows.map((row) => row.wire),
    next,
    position,
  );
}

const sortableInstant = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')`;

/** Leads, agents, alerts, operations: everything read with `GET` in this area. */
export function leadQueries(reading: Reading, directory: Directory): SignedRoute[] {
  return [
    {
      ...base,
      path: '/api/leads',
      name: 'lead.list',
      summary: 'Leads you see, filtered, sorted, page by page',
      query: leadQuery,
      answers: [{ status: 200, description: 'A page.', schema: listOf(boardRow) }],
      codes: readCodes,
      async handle(call) {
        const query = queryOf(call, leadQuery);
        const organization = await directory.organization(call.principal.organizationId);
        if (organization === null) throw notFound('organization');
        const json = await reading.read(call, 'lead.list', (reader, position) =>
          listLeads(reader, query, call.principal, organization, position),
        );
        return call.answerText(200, json);
      },
    },
    {
      ...base,
      path: '/api/leads/{id}',
      name: 'lead.read',
      summary: 'Everything about one lead',
      description: 'A deleted lead answers with `deletedAt`, so that it can be restored.',
      query: nothing,
      answers: [{ status: 200, description: 'The lead.', schema: leadRow }],
      codes: leadCodes,
      async handle(call) {
        queryOf(call, nothing);
        const wire = await reading.read(call, 'lead.read', (reader) => visibleLead(call, reader));
        return call.answerText(200, wire);
      },
    },
    {
      ...base,
      path: '/api/leads/{id}/timeline',
      name: 'lead.timeline',
      summary: 'Everything that happened to a lead, the newest first',
      query: pageQuery,
      answers: [{ status: 200, description: 'A page.', schema: listOf(timelineRow) }],
      codes: leadCodes,
      handle: (call) => reading.read(call, 'lead.read', (reader, position) => linesOf(call, reader, 'timeline', position)),
    },
    {
      ...base,
      path: '/api/leads/{id}/history',
      name: 'lead.history',
      summary: 'Each change of each field of a lead: old, new, who, when; the newest first',
      query: pageQuery,
      answers: [{ status: 200, description: 'A page.', schema: listOf(historyRow) }],
      codes: leadCodes,
      handle: (call) => reading.read(call, 'lead.read', (reader, position) => linesOf(call, reader, 'history', position)),
    },
    {
      ...base,
      path: '/api/board/columns',
      name: 'board.columns',
      summary: 'How many leads stand in each stage, and what they are worth',
      query: nothing,
      answers: [
        {
          status: 200,
          description: 'Every stage in the order of the pipeline, kept up to date rather than counted.',
          schema: z.object({ rows: z.array(columnRow), position: z.int() }),
        },
      ],
      codes: readCodes,
      async handle(call) {
        queryOf(call, nothing);
        const organization = await directory.organization(call.principal.organizationId);
        if (organization === null) throw notFound('organization');
        return reading.read(call, 'lead.list', async ({ client, table }, position) => {
          const found = await client.query<Omit<BoardColumnRow, 'scope' | 'count' | 'value'> & { count: string; value: string }>(
            `select status, sum(count)::text as count, sum(value)::text as value from ${table('board_columns')}
             where organization_id = $1 and ($2::text[] is null or scope = any($2)) group by status`,
            [call.principal.organizationId, scopesOf(call.principal)],
          );
          const sums = new Map(found.rows.map((row) => [row.status, row]));
          const rows = organization.state.stages.map(({ key }) => ({
            status: key,
            count: Number(sums.get(key)?.count ?? 0),
            value: Number(sums.get(key)?.value ?? 0),
          }));
          return call.answer(200, { rows, position });
        });
      },
    },
    {
      ...base,
      path: '/api/agents',
      name: 'agent.list',
      summary: 'Agents with their load, availability and capacity, by name',
      query: agentQuery,
      answers: [{ status: 200, description: 'A page.', schema: listOf(floorRow) }],
      codes: readCodes,
      async handle(call) {
        const { availability, limit, cursor } = queryOf(call, agentQuery);
        const json = await reading.read(call, 'agent.list', (reader, position) =>
          keyedPage(
            reader,
            {
              projection: 'floor',
              where: 'organization_id = $1 and ($2::text is null or availability = $2)',
              values: [call.principal.organizationId, availability ?? null],
              order: 'full_name',
              descending: false,
              limit,
              cursor,
            },
            position,
          ),
        );
        return call.answerText(200, json);
      },
    },
    {
      ...base,
      path: '/api/alerts',
      name: 'alert.list',
      summary: 'Your notifications, the newest first',
      query: alertQuery,
      answers: [{ status: 200, description: 'A page.', schema: listOf(alertRow) }],
      codes: readCodes,
      async handle(call) {
        const { unread, limit, cursor } = queryOf(call, alertQuery);
        const json = await reading.read(call, 'alert.list', (reader, position) =>
          keyedPage(
            reader,
            {
              projection: 'alerts',
              where: 'organization_id = $1 and scope = $2 and ($3::boolean is null or (read_at is null) = $3)',
              values: [call.principal.organizationId, `member:${call.principal.agentId}`, unread === undefined ? null : unread === 'true'],
              order: sortableInstant('created_at'),
              descending: true,
              limit,
              cursor,
            },
            position,
          ),
        );
        return call.answerText(200, json);
      },
    },
    {
      ...base,
      path: '/api/operations',
      name: 'operation.list',
      summary: 'Imports and other work over many leads, the newest first',
      query: pageQuery,
      answers: [{ status: 200, description: 'A page.', schema: listOf(operationRow) }],
      codes: readCodes,
      async handle(call) {
        const { limit, cursor } = queryOf(call, pageQuery);
        const json = await reading.read(call, 'operation.read', (reader, position) =>
          keyedPage(
            reader,
            {
              projection: 'operation',
              where: 'organization_id = $1',
              values: [call.principal.organizationId],
              order: sortableInstant('started_at'),
              descending: true,
              limit,
              cursor,
            },
            position,
          ),
        );
        return call.answerText(200, json);
      },
    },
    {
      ...base,
      path: '/api/operations/{id}',
      name: 'operation.read',
      summary: 'How far an import or other work over many leads has come',
      query: nothing,
      answers: [{ status: 200, description: 'The operation.', schema: operationRow }],
      codes: { ...readCodes, 'operation.not-found': { status: 404, title: 'Missing, or of another organization' } },
      async handle(call) {
        queryOf(call, nothing);
        const id = call.c.req.param('id') ?? '';
        return reading.read(call, 'operation.read', async ({ client, table }) => {
          if (!isUuid(id)) throw notFound('operation');
          const found = await client.query<{ wire: string }>(
            `select wire from ${table('operation')} where organization_id = $1 and key = $2`,
            [call.principal.organizationId, id.toLowerCase()],
          );
          const row = found.rows[0];
          if (row === undefined) throw notFound('operation');
          return call.answerText(200, row.wire);
        });
      },
    },
  ];
}
