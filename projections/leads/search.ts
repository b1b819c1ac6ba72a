import { tenantSetting } from '../ddl.ts';
import { defineKeyed } from '../projection.ts';
import { type LeadCard, transition } from './lead.ts';

const marks = /\p{M}+/gu;
const tatweel = /\u0640/g;

/**
 * How text is compared when somebody searches: case, accents and Arabic vowel signs do not count; the shapes of alef,
 * yeh and teh marbuta are one; digits of every script are Latin. Kept rows and typed queries go through the same.
 */
export function foldForSearch(text: string): string {
  return text
    .normalize('NFKD')
    .replace(marks, '')
    .replace(tatweel, '')
    .replace(/[\u0622\u0623\u0625\u0671]/g, '\u0627')
    .replace(/[\u0649\u06cc]/g, '\u064a')
    .replace(/\u0629/g, '\u0647')
    .replace(/\u06a9/g, '\u0643')
    .replace(/[\u0660-\u0669]/g, (digit) => String(digit.charCodeAt(0) - 0x660))
    .replace(/[\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) - 0x6f0))
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .trim();
}

function searchable({ row }: LeadCard): string {
  const { name, firstName, lastName, company, email, phone, phoneAsTyped, externalId } = row;
  const full = [firstName, lastName].filter(Boolean).join(' ');
  const texts = [name, full, company, email, phone, phoneAsTyped?.replace(/[^\d+]/g, ''), externalId];
  return foldForSearch([...new Set(texts.filter((text): text is string => typeof text === 'string' && text !== ''))].join(' · '));
}

function standing(card: LeadCard | null): LeadCard | null {
  return card === null || card.row.deletedAt !== null ? null : card;
}

function sameText(before: LeadCard, after: LeadCard): boolean {
  if (before === after) return true;
  const one = before.row;
  const other = after.row;
  return (
    one.tags === other.tags &&
    one.deletedAt === other.deletedAt &&
    one.name === other.name &&
    one.firstName === other.firstName &&
    one.lastName === other.lastName &&
    one.company === other.company &&
    one.email === other.email &&
    one.phone === other.phone &&
    one.phoneAsTyped === other.phoneAsTyped &&
    one.externalId === other.externalId
  );
}

/**
 * Text and tags of each lead, apart from the board so that its trigram index is touched only when a text changes.
 * Under row-level security neither ILIKE nor `@>` may use an index, so one function with its owner's rights looks them
 * up in the organization of the session and gives back ids only; joined to the board, the policies still decide.
 */
export const search = defineKeyed<LeadCard>({
  name: 'search',
  version: 1,
  view: null,
  summary: 'What leads are found by: folded text and tags.',
  reads: ['lead'],
  streams: ['lead'],
  columns: [
    { name: 'text', type: 'text', of: searchable },
    { name: 'tags', type: 'text[]', of: ({ row }) => row.tags.map((tag) => tag.toLowerCase()) },
  ],
  indexes: ['using gin (organization_id, text gin_trgm_ops)', 'using gin (organization_id, tags)'],
  extra: [
    `create function {schema}.find_leads(wanted text, tags_any text[] default null, tags_all text[] default null, at_most integer default 10000)
       returns setof text language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
       select key from {schema}.search
        where organization_id = ${tenantSetting}
          and (wanted is null or text like '%' || replace(replace(replace(wanted, '\\', '\\\\'), '%', '\\%'), '_', '\\_') || '%')
          and (tags_any is null or tags && tags_any)
          and (tags_all is null or tags @> tags_all)
        limit at_most $$`,
    'grant execute on function {schema}.find_leads(text, text[], text[], integer) to app',
  ],
  keys(event, page) {
    const change = transition(event, page);
    if (!change || (change.before && change.after && sameText(change.before, change.after))) return [];
    return [event.stream.id];
  },
  mirrors: (event, key, page) => standing(page.before<LeadCard>('lead', event, key)),
  apply: (_card, event, key, page) => standing(page.after<LeadCard>('lead', event, key)),
  scope: () => null,
  status: () => null,
  rowVersion: ({ row }) => row.version,
  wire: () => '{}',
  revive: () => {
    throw new Error('search rows follow from lead rows and are never read back');
  },
});
