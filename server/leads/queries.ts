import { z } from 'zod';
import { isUuid } from '../../domain/kernel/ids.ts';
import type { BoardColumnRow } from '../../projections/leads/board-columns.ts';
import { agentEntity, alertEntity, historyEntity, leadEntity, operationEntity, timelineEntity } from '../../projections/leads/entities.ts';
import { alertRow, boardRow, floorRow, historyRow, leadRow, operationRow, timelineRow } from '../../projections/leads/rows.ts';
import { notFound } from '../http/problem.ts';
import {
  type Cursor,
  cursorParameter,
  type EntityReader,
  limitParameter,
  listOf,
  listText,
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

const base = { method: 'GET', area: 'leads', headers: readHeaders } as const;
const leadCodes = { ...readCodes, 'lead.not-found': { status: 404, title: 'Missing, or not visible to you' } };

/** The lead's row if the caller sees it, deleted ones included (with `deletedAt`). */
async function visibleLead(call: SignedCall, { em, schema }: EntityReader): Promise<string> {
  const id = call.c.req.param('id') ?? '';
  if (!isUuid(id)) throw notFound('lead');
  const scopes = scopesOf(call.principal);
  const lead = await em.findOne(
    leadEntity,
    { organizationId: call.principal.organizationId, key: id.toLowerCase(), ...(scopes === null ? {} : { scope: { $in: scopes } }) },
    { schema: schema('lead'), fields: ['wire'], disableIdentityMap: true },
  );
  if (lead === null) throw notFound('lead');
  return lead.wire;
}

/** What happened to one lead, the newest first. */
async function timelineOf(call: SignedCall, reader: EntityReader, position: number): Promise<Response> {
  const { limit, cursor } = queryOf(call, pageQuery);
  await visibleLead(call, reader);
  const [before] = lineCursor(cursor, 'timeline');
  const found = await reader.em.find(
    timelineEntity,
    { ...linesOf(call), ...(before === null ? {} : { position: { $lt: before } }) },
    { schema: reader.schema('timeline'), fields: ['wire'], orderBy: { position: 'desc' }, limit: limit + 1, disableIdentityMap: true },
  );
  return call.answerText(
    200,
    pageText(found, limit, position, (last) => ['timeline', String(last.position), '']),
  );
}

/** Each change of each field of one lead, the newest first. */
async function historyOf(call: SignedCall, reader: EntityReader, position: number): Promise<Response> {
  const { limit, cursor } = queryOf(call, pageQuery);
  await visibleLead(call, reader);
  const [at, field] = lineCursor(cursor, 'history');
  const after = at === null ? {} : { $or: [{ position: { $lt: at } }, { position: at, sortKey: { $gt: field } }] };
  const found = await reader.em.find(
    historyEntity,
    { ...linesOf(call), ...after },
    {
      schema: reader.schema('history'),
      fields: ['wire'],
      orderBy: { position: 'desc', sortKey: 'asc' },
      limit: limit + 1,
      disableIdentityMap: true,
    },
  );
  return call.answerText(
    200,
    pageText(found, limit, position, (last) => ['history', String(last.position), last.field]),
  );
}

function linesOf(call: SignedCall): { organizationId: string; leadId: string } {
  return { organizationId: call.principal.organizationId, leadId: (call.c.req.param('id') ?? '').toLowerCase() };
}

/** The position and the field after which a page of lines goes on; null for the first page. */
function lineCursor(text: string | undefined, list: string): [position: number | null, field: string] {
  if (text === undefined) return [null, ''];
  const [, position, field] = readCursor(text, list);
  if (position === null || !/^\d{1,15}$/.test(position)) return refuseCursor();
  return [Number(position), field];
}

/** A page of rows found one beyond its limit, with the cursor of the next when there is one. */
function pageText<Row extends { wire: string }>(found: Row[], limit: number, position: number, cursorOf: (last: Row) => Cursor): string {
  const page = found.slice(0, limit);
  const last = page.at(-1);
  const next = found.length > limit && last !== undefined ? writeCursor(cursorOf(last)) : null;
  return listText(
    page.map((row) => row.wire),
    next,
    position,
  );
}

/** How a page of a keyed list is asked for: rows in the order of `sort` and, among equals, `sortKey`. */
function keyedPage(list: string, { limit, cursor }: { limit: number; cursor?: string | undefined }, direction: 'asc' | 'desc') {
  const [, value, key] = cursor === undefined ? [null, null, ''] : readCursor(cursor, list);
  const beyond = direction === 'desc' ? '$lt' : '$gt';
  const after = value === null ? {} : { $or: [{ sort: { [beyond]: value } }, { sort: value, sortKey: { $gt: key } }] };
  const options = (schema: string) =>
    ({
      schema,
      fields: ['wire', 'sort'],
      orderBy: { sort: direction, sortKey: 'asc' },
      limit: limit + 1,
      disableIdentityMap: true,
    }) as const;
  const text = (found: { wire: string; sort: string; key: string }[], position: number) =>
    pageText(found, limit, position, (last) => [list, last.sort, last.key]);
  return { after, options, text };
}

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
        const wire = await reading.find(call, 'lead.read', (reader) => visibleLead(call, reader));
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
      handle: (call) => reading.find(call, 'lead.read', (reader, position) => timelineOf(call, reader, position)),
    },
    {
      ...base,
      path: '/api/leads/{id}/history',
      name: 'lead.history',
      summary: 'Each change of each field of a lead: old, new, who, when; the newest first',
      query: pageQuery,
      answers: [{ status: 200, description: 'A page.', schema: listOf(historyRow) }],
      codes: leadCodes,
      handle: (call) => reading.find(call, 'lead.read', (reader, position) => historyOf(call, reader, position)),
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
        const { availability, ...query } = queryOf(call, agentQuery);
        const page = keyedPage('floor', query, 'asc');
        const json = await reading.find(call, 'agent.list', async ({ em, schema }, position) => {
          const where = { organizationId: call.principal.organizationId, ...(availability === undefined ? {} : { availability }) };
          return page.text(await em.find(agentEntity, { ...where, ...page.after }, page.options(schema('floor'))), position);
        });
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
        const { unread, ...query } = queryOf(call, alertQuery);
        const page = keyedPage('alerts', query, 'desc');
        const json = await reading.find(call, 'alert.list', async ({ em, schema }, position) => {
          const { organizationId, agentId } = call.principal;
          const read = unread === undefined ? {} : { readAt: unread === 'true' ? null : { $ne: null } };
          const where = { organizationId, scope: `member:${agentId}`, ...read };
          return page.text(await em.find(alertEntity, { ...where, ...page.after }, page.options(schema('alerts'))), position);
        });
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
        const page = keyedPage('operation', queryOf(call, pageQuery), 'desc');
        const json = await reading.find(call, 'operation.read', async ({ em, schema }, position) => {
          const where = { organizationId: call.principal.organizationId, ...page.after };
          return page.text(await em.find(operationEntity, where, page.options(schema('operation'))), position);
        });
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
        return reading.find(call, 'operation.read', async ({ em, schema }) => {
          if (!isUuid(id)) throw notFound('operation');
          const row = await em.findOne(
            operationEntity,
            { organizationId: call.principal.organizationId, key: id.toLowerCase() },
            { schema: schema('operation'), fields: ['wire'], disableIdentityMap: true },
          );
          if (row === null) throw notFound('operation');
          return call.answerText(200, row.wire);
        });
      },
    },
  ];
}
