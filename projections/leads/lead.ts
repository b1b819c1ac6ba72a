import { scopeOfLead } from '../../domain/identity/audience.ts';
import type { RecordedEvent } from '../../domain/kernel/aggregate.ts';
import { displayName, type LeadEvent, mergedCustomFields, noFields } from '../../domain/leads/lead/facts.ts';
import type { StageKind } from '../../domain/leads/presets/preset.ts';
import type { OrganizationRow } from '../identity/directory.ts';
import { type Column, defineKeyed, type Page } from '../projection.ts';
import { boardWireOf } from './board-row.ts';
import type { LeadRow } from './rows.ts';

/** A lead as the projections know it: the row of its page, and what counting needs beside it. */
export interface LeadCard {
  row: LeadRow;
  kind: StageKind;
  /** Zone in which its days are counted: the organization's when it arrived, so that what was counted can be taken back exactly. */
  timezone: string;
  /** By when somebody must have answered (kept after the answer, to tell whether it was in time); null when it arrived beyond the first stage. */
  promisedBy: string | null;
  /** Recorded as it arrived, not brought in later as history: only then do quarters of an hour matter. */
  live: boolean;
  /** Every stage it has stood in, for the funnel. */
  reached: readonly string[];
  /** What was worked out from this very card; a changed card begins anew. */
  worked: { board?: string };
}

type Fact = LeadEvent & Pick<RecordedEvent, 'version' | 'recordedAt'>;

/** The log gives back what the lead's rules made. */
export function leadFact(event: RecordedEvent): LeadEvent {
  return { type: event.type, data: event.data } as unknown as LeadEvent;
}

/** The lead as it was and is around an event, when the event changed it. */
export function transition(event: RecordedEvent, page: Page): { before: LeadCard | null; after: LeadCard | null } | null {
  const before = page.before<LeadCard>('lead', event, event.stream.id);
  const after = page.after<LeadCard>('lead', event, event.stream.id);
  return before === after ? null : { before, after };
}

/** A lead somebody should be working on: counted as active, waiting, pipeline. */
export function isOpen(card: LeadCard): boolean {
  return card.kind === 'open' && card.row.deletedAt === null;
}

/** Since when its owner lets it wait for a first contact; null when it does not wait for them. */
export function waitingSince(card: LeadCard): string | null {
  return isOpen(card) && card.row.respondBy !== null ? card.row.assignedAt : null;
}

/** What the deal may bring, minor units: its value, else what the customer would spend. */
export function worthOf(row: Pick<LeadRow, 'value' | 'budgetMax' | 'budgetMin'>): number {
  return row.value ?? row.budgetMax ?? row.budgetMin ?? 0;
}

function captured(event: Fact & { type: 'lead.captured' }, id: string, timezone: string): LeadCard {
  const { tags, status, kind, incomplete, respondBy, operationId: _operation, at, ...given } = event.data;
  // Personal members of an erased lead are gone from the log: they read as empty.
  const fields = { ...noFields, ...given };
  const open = kind === 'open';
  return {
    row: {
      id,
      version: event.version,
      status,
      agentId: null,
      name: displayName(fields),
      ...fields,
      tags,
      score: null,
      temperature: null,
      incomplete,
      capturedAt: at,
      statusChangedAt: at,
      assignedAt: null,
      firstContactedAt: null,
      respondBy: open ? respondBy : null,
      nextTaskAt: null,
      closedAt: open ? null : at,
      updatedAt: at,
      dealValue: null,
      conversionType: null,
      lostReason: null,
      createdAt: at,
      deletedAt: null,
    },
    kind,
    timezone,
    promisedBy: respondBy,
    live: Date.parse(event.recordedAt) - Date.parse(at) < 172_800_000,
    reached: [status],
    worked: {},
  };
}

function moved(card: LeadCard, { data }: LeadEvent & { type: 'lead.moved' }): LeadCard {
  const open = data.toKind === 'open';
  const firstContactedAt = data.unanswered === undefined ? (data.firstContact ? data.at : card.row.firstContactedAt) : null;
  const promisedBy = data.unanswered ?? card.promisedBy;
  return {
    ...card,
    kind: data.toKind,
    promisedBy,
    reached: card.reached.includes(data.to) ? card.reached : [...card.reached, data.to],
    row: {
      ...card.row,
      status: data.to,
      statusChangedAt: data.at,
      firstContactedAt,
      respondBy: open && firstContactedAt === null ? promisedBy : null,
      closedAt: open ? null : data.at,
      dealValue: data.dealValue ?? (open ? null : card.row.dealValue),
      conversionType: data.conversionType ?? (open ? null : card.row.conversionType),
      lostReason: data.toKind === 'lost' ? (data.reason ?? null) : null,
    },
  };
}

function edited(card: LeadCard, { data }: LeadEvent & { type: 'lead.edited' }): LeadCard {
  const { customFields, ...fields } = data.fields ?? {};
  const row = { ...card.row, ...fields, incomplete: data.incomplete };
  if (customFields) row.customFields = mergedCustomFields(card.row.customFields, customFields);
  row.name = displayName(row);
  return { ...card, row };
}

/** The card after a fact. Instants are the facts' own, so imported history keeps its dates. */
function next(card: LeadCard, fact: LeadEvent): LeadCard {
  const { row } = card;
  switch (fact.type) {
    case 'lead.edited':
      return edited(card, fact);
    case 'lead.moved':
      return moved(card, fact);
    case 'lead.assigned':
      return { ...card, row: { ...row, agentId: fact.data.agentId, assignedAt: fact.data.at } };
    case 'lead.unassigned':
      return { ...card, row: { ...row, agentId: null, assignedAt: null } };
    case 'lead.tagged':
      return { ...card, row: { ...row, tags: [...row.tags, fact.data.tag] } };
    case 'lead.untagged':
      return { ...card, row: { ...row, tags: row.tags.filter((tag) => tag !== fact.data.tag) } };
    case 'lead.deleted':
      return { ...card, row: { ...row, deletedAt: fact.data.at } };
    case 'lead.restored':
      return { ...card, row: { ...row, deletedAt: null } };
    default:
      // A note, or a fact that newer code knows.
      return card;
  }
}

/** Columns that lists filter and sort by. */
export const leadColumns: readonly Column<LeadCard>[] = [
  { name: 'agent_id', type: 'text', of: ({ row }) => row.agentId },
  { name: 'open', type: 'boolean', of: (card) => isOpen(card) },
  { name: 'name', type: 'text', of: ({ row }) => row.name },
  { name: 'source', type: 'text', of: ({ row }) => row.source },
  { name: 'property_type', type: 'text', of: ({ row }) => row.propertyType },
  { name: 'tags', type: 'text[]', of: ({ row }) => row.tags },
  { name: 'score', type: 'double precision', of: ({ row }) => row.score },
  { name: 'value', type: 'bigint', of: ({ row }) => row.value },
  { name: 'budget_min', type: 'bigint', of: ({ row }) => row.budgetMin },
  { name: 'budget_max', type: 'bigint', of: ({ row }) => row.budgetMax },
  { name: 'external_id', type: 'text', of: ({ row }) => row.externalId },
  { name: 'captured_at', type: 'timestamptz', of: ({ row }) => row.capturedAt },
  { name: 'status_changed_at', type: 'timestamptz', of: ({ row }) => row.statusChangedAt },
  { name: 'assigned_at', type: 'timestamptz', of: ({ row }) => row.assignedAt },
  { name: 'first_contacted_at', type: 'timestamptz', of: ({ row }) => row.firstContactedAt },
  { name: 'respond_by', type: 'timestamptz', of: ({ row }) => row.respondBy },
  { name: 'closed_at', type: 'timestamptz', of: ({ row }) => row.closedAt },
  { name: 'updated_at', type: 'timestamptz', of: ({ row }) => row.updatedAt },
];

/** The lead page, and what board, counters, floor and metrics are derived from. Deleted leads stay here, with `deletedAt`. */
export const lead = defineKeyed<LeadCard>({
  name: 'lead',
  version: 1,
  view: 'lead',
  summary: 'Everything about each lead, deleted ones too.',
  reads: ['organizations'],
  streams: ['lead'],
  refersTo: (event) => (event.type === 'lead.captured' ? [{ projection: 'organizations', key: event.organizationId }] : []),
  columns: [
    ...leadColumns,
    { name: 'waiting_since', type: 'timestamptz', of: (card) => waitingSince(card) },
    { name: 'deleted_at', type: 'timestamptz', of: ({ row }) => row.deletedAt },
    { name: 'board_wire', type: 'text', of: boardWireOf },
  ],
  // None on what changes with every event (`position`, `updated_at`): updates in place stay in place.
  indexes: [
    '(organization_id, captured_at desc, key) where deleted_at is null',
    '(organization_id, status, status_changed_at desc, key) where deleted_at is null',
    '(organization_id, scope, captured_at desc, key) where deleted_at is null',
    '(organization_id, closed_at) where deleted_at is null and closed_at is not null',
    '(organization_id, scope) where waiting_since is not null',
    '(organization_id, external_id) where external_id is not null',
  ],
  keys: (event) => [event.stream.id],
  apply(card, event, key, page) {
    const fact = leadFact(event);
    if (fact.type === 'lead.captured') {
      const organization = page.before<OrganizationRow>('organizations', event, event.organizationId);
      return captured({ ...fact, version: event.version, recordedAt: event.recordedAt }, key, organization?.state.timezone ?? 'UTC');
    }
    if (card === null) throw new Error(`${event.type} of a lead that was never captured`);
    const after = next(card, fact);
    return { ...after, worked: {}, row: { ...after.row, version: event.version, updatedAt: fact.data.at ?? card.row.updatedAt } };
  },
  scope: ({ row }) => scopeOfLead(row.agentId),
  status: ({ row }) => row.status,
  rowVersion: ({ row }) => row.version,
  wire: ({ row }) => JSON.stringify(row),
  state: ({ row: _row, worked: _worked, ...rest }) => JSON.stringify(rest),
  revive: (wire, state) => ({
    row: JSON.parse(wire) as LeadRow,
    ...(JSON.parse(state ?? '{}') as Omit<LeadCard, 'row' | 'worked'>),
    worked: {},
  }),
});
