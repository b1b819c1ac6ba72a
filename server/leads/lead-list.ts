import { z } from 'zod';
import { isUuid } from '../../domain/kernel/ids.ts';
import { oneOf } from '../../domain/kernel/text.ts';
import type { OrganizationRow } from '../../projections/identity/directory.ts';
import { foldForSearch } from '../../projections/leads/search.ts';
import { refuse } from '../http/problem.ts';
import {
  cursorParameter,
  dayOrInstant,
  isMoment,
  limitParameter,
  listText,
  type Reader,
  readCursor,
  refuseCursor,
  scopesOf,
  writeCursor,
} from '../http/reading.ts';
import type { Principal } from '../identity/principal.ts';

const timestamp = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d{1,6})?)([+-]\d\d)(:\d\d)?$/;

/** Whether a text is how the database writes values of a sort; anything else in a cursor was not ours. */
const written: Record<string, (text: string) => boolean> = {
  timestamptz: (text) =>
    timestamp.test(text) &&
    isMoment(text.replace(timestamp, (_whole, day, time, hours, minutes = ':00') => `${day}T${time}${hours}${minutes}`)),
  text: () => true,
  float8: (text) => /^-?\d{1,15}(?:\.\d{1,20})?$/.test(text),
  bigint: (text) => /^-?\d{1,18}$/.test(text),
};

interface Sort {
  sql: string;
  type: string;
  descending: boolean;
}

/** Expressions without nulls, so that a page can go on after any row. */
const sortable: Record<string, [sql: string, type: string]> = {
  capturedAt: ['b.captured_at', 'timestamptz'],
  updatedAt: ['b.updated_at', 'timestamptz'],
  statusChangedAt: ['b.status_changed_at', 'timestamptz'],
  name: ['b.name', 'text'],
  score: ['coalesce(b.score, -1)', 'float8'],
  value: ['coalesce(b.value, b.budget_max, b.budget_min, -1)', 'bigint'],
};
const sorts = Object.keys(sortable).flatMap((name) => [name, `-${name}`]);

/** Values of one filter, separated by commas. */
const several = z
  .string()
  .max(2000)
  .transform((text) => [...new Set(text.split(',').map((part) => part.trim()))].filter((part) => part !== ''));
const instant = dayOrInstant.transform((text) => new Date(text).toISOString());
const score = z.coerce.number().min(0).max(100);

/** `GET /api/leads`. */
export const leadQuery = z.strictObject({
  status: several.optional().describe('Stages, separated by commas; case does not matter.'),
  owner: z.string().max(100).optional().describe('An agentId, `me`, or `none`.'),
  source: several.optional().describe('Sources, separated by commas; case does not matter.'),
  propertyType: several.optional().describe('Property types, separated by commas.'),
  tagsAny: several.optional().describe('Leads with at least one of these tags.'),
  tagsAll: several.optional().describe('Leads with all of these tags.'),
  q: z
    .string()
    .max(200)
    .optional()
    .describe('Part of a name, company, e-mail address, phone or external id; case and accents do not matter.'),
  minScore: score.optional(),
  maxScore: score.optional(),
  from: instant.optional().describe('Captured at or after.'),
  to: instant.optional().describe('Captured before.'),
  open: z.enum(['true', 'false']).optional().describe('Only leads in open stages, or only closed ones.'),
  sort: z.enum(sorts).default('-capturedAt').describe('`-` before a name: descending.'),
  limit: limitParameter,
  cursor: cursorParameter,
});
export type LeadQuery = z.infer<typeof leadQuery>;

function sortOf(name: string): Sort {
  const descending = name.startsWith('-');
  const found = sortable[descending ? name.slice(1) : name];
  if (found === undefined) throw new Error(`no sort ${name}`);
  return { sql: found[0], type: found[1], descending };
}

/** Conditions with their values: `add('status = any(?)', list)`. */
class Conditions {
  readonly values: unknown[] = [];
  readonly parts: string[] = [];

  add(sql: string, ...values: unknown[]): void {
    let next = 0;
    this.parts.push(
      sql.replaceAll('?', () => {
        this.values.push(values[next]);
        next += 1;
        return `$${this.values.length}`;
      }),
    );
  }
}

function filter(query: LeadQuery, principal: Principal, organization: OrganizationRow, findLeads: string): Conditions {
  const { stages, sources } = organization.state;
  const where = new Conditions();
  where.add('b.organization_id = ?', principal.organizationId);
  const scopes = scopesOf(principal);
  if (scopes !== null) where.add('b.scope = any(?::text[])', scopes);
  const spelled = (list: readonly string[], wanted: readonly string[]) => wanted.map((value) => oneOf(list, value) ?? value);
  const keys = stages.map((stage) => stage.key);
  if (query.status !== undefined) where.add('b.status = any(?::text[])', spelled(keys, query.status));
  if (query.source !== undefined) where.add('b.source = any(?::text[])', spelled(sources, query.source));
  if (query.propertyType !== undefined)
    where.add('b.property_type = any(?::text[])', spelled(organization.state.propertyTypes, query.propertyType));
  if (query.owner === 'none') where.add("b.scope = 'unassigned'");
  else if (query.owner !== undefined) where.add('b.scope = ?', `agent:${ownerOf(query.owner, principal)}`);
  if (query.minScore !== undefined) where.add('b.score >= ?', query.minScore);
  if (query.maxScore !== undefined) where.add('b.score <= ?', query.maxScore);
  if (query.from !== undefined) where.add('b.captured_at >= ?', query.from);
  if (query.to !== undefined) where.add('b.captured_at < ?', query.to);
  if (query.open !== undefined) where.add('b.open = ?', query.open === 'true');
  const text = query.q === undefined ? null : foldForSearch(query.q);
  const lower = (tags: string[] | undefined) => tags?.map((tag) => tag.toLowerCase()) ?? null;
  if ((text !== null && text !== '') || query.tagsAny !== undefined || query.tagsAll !== undefined) {
    where.add(
      `b.key = any(array(select ${findLeads}(?, ?::text[], ?::text[])))`,
      text === '' ? null : text,
      lower(query.tagsAny),
      lower(query.tagsAll),
    );
  }
  return where;
}

function ownerOf(owner: string, principal: Principal): string {
  if (owner === 'me') return principal.agentId;
  if (!isUuid(owner))
    throw refuse('invalid', 'The owner must be an agentId, me or none.', {}, [
      { path: 'owner', message: 'must be an agentId, me or none' },
    ]);
  return owner.toLowerCase();
}

/** A page of the leads a person sees, as JSON text. */
export async function listLeads(
  reader: Reader,
  query: LeadQuery,
  principal: Principal,
  organization: OrganizationRow,
  position: number,
): Promise<string> {
  const where = filter(query, principal, organization, reader.routine('search', 'find_leads'));
  const sort = sortOf(query.sort);
  const order = sort.descending ? '<' : '>';
  if (query.cursor !== undefined) {
    const [, value, key] = readCursor(query.cursor, query.sort);
    if (value === null || !written[sort.type]?.(value)) refuseCursor();
    // Written so that an index on the sort alone can begin at the right place.
    where.add(`${sort.sql} ${order}= ?::${sort.type}`, value);
    where.add(`(${sort.sql} ${order} ?::${sort.type} or b.key > ?)`, value, key);
  }
  const found = await reader.client.query<{ wire: string; key: string; sort: string }>(
    `select b.wire, b.key, (${sort.sql})::text as sort from ${reader.table('board')} b
     where ${where.parts.join(' and ')} order by ${sort.sql} ${sort.descending ? 'desc' : 'asc'}, b.key limit ${query.limit + 1}`,
    where.values,
  );
  const page = found.rows.slice(0, query.limit);
  const last = page.at(-1);
  const more = found.rows.length > query.limit && last !== undefined;
  return listText(
    page.map((row) => row.wire),
    more ? writeCursor([query.sort, last.sort, last.key]) : null,
    position,
  );
}
