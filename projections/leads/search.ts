import type { RecordedEvent } from '../../domain/kernel/aggregate.ts';
import { defineKeyed, type Page } from '../projection.ts';
import { type LeadCard, transition } from './lead.ts';
import type { LeadRow } from './rows.ts';

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

function tagged(card: LeadCard | null): LeadCard | null {
  return card === null || card.row.deletedAt !== null || card.row.tags.length === 0 ? null : card;
}

/** Whether an event changed one of these members of the lead, or whether there is such a lead at all. */
function touches(event: RecordedEvent, page: Page, members: readonly (keyof LeadRow)[]): boolean {
  const change = transition(event, page);
  if (!change) return false;
  const { before, after } = change;
  return before === null || after === null || members.some((member) => before.row[member] !== after.row[member]);
}

const textMembers = ['deletedAt', 'name', 'firstName', 'lastName', 'company', 'email', 'phone', 'phoneAsTyped', 'externalId'] as const;

/** Tags of each lead that wears any, apart from the text: a new tag then costs no new trigrams. */
export const leadTags = defineKeyed<LeadCard>({
  name: 'lead_tags',
  version: 1,
  view: null,
  summary: 'Tags that leads are found by.',
  reads: ['lead'],
  companions: ['search'],
  streams: ['lead'],
  columns: [{ name: 'tags', type: 'text[]', of: ({ row }) => row.tags.map((tag) => tag.toLowerCase()) }],
  indexes: ['using gin (organization_id, tags)'],
  keys: (event, page) => (touches(event, page, ['tags', 'deletedAt']) ? [event.stream.id] : []),
  mirrors: (event, key, page) => tagged(page.before<LeadCard>('lead', event, key)),
  apply: (_card, event, key, page) => tagged(page.after<LeadCard>('lead', event, key)),
  scope: () => null,
  status: () => null,
  rowVersion: ({ row }) => row.version,
  wire: () => '{}',
  revive: notReadBack,
});

function notReadBack(): never {
  throw new Error('search rows follow from lead rows and are never read back');
}

const pattern = "'%' || replace(replace(replace(wanted, '\\', '\\\\'), '%', '\\%'), '_', '\\_') || '%'";

/**
 * Text of each lead, apart from its other rows so that the trigram index is touched only when a text changes.
 * Under row-level security neither ILIKE nor `@>` may use an index, so one function with its owner's rights looks them
 * up in the organization of the session and gives back ids only; joined to the board, the policies still decide.
 */
export const search = defineKeyed<LeadCard>({
  name: 'search',
  version: 1,
  view: null,
  summary: 'Folded text that leads are found by.',
  reads: ['lead'],
  companions: ['lead_tags'],
  streams: ['lead'],
  columns: [{ name: 'text', type: 'text', of: searchable }],
  indexes: ['using gin (organization_id, text gin_trgm_ops)'],
  extra: [
    `create function {schema}.find_leads(wanted text, tags_any text[] default null, tags_all text[] default null, at_most integer default 10000)
       returns setof text language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
       declare
         organization uuid := nullif(current_setting('app.org', true), '')::uuid;
       begin
         if tags_any is null and tags_all is null then
           return query select s.key from {schema}.search s where s.organization_id = organization and s.text like ${pattern} limit at_most;
         else
           return query select t.key from {schema}.lead_tags t
             where t.organization_id = organization and t.tags @> coalesce(tags_all, '{}') and (tags_any is null or t.tags && tags_any)
               and (wanted is null or exists (
                 select 1 from {schema}.search s where s.organization_id = organization and s.key = t.key and s.text like ${pattern}))
             limit at_most;
         end if;
       end $$`,
    'grant execute on function {schema}.find_leads(text, text[], text[], integer) to app',
  ],
  keys: (event, page) => (touches(event, page, textMembers) ? [event.stream.id] : []),
  mirrors: (event, key, page) => standing(page.before<LeadCard>('lead', event, key)),
  apply: (_card, event, key, page) => standing(page.after<LeadCard>('lead', event, key)),
  scope: () => null,
  status: () => null,
  rowVersion: ({ row }) => row.version,
  wire: () => '{}',
  revive: notReadBack,
});
