import { scopeOfLead } from '../../domain/identity/audience.ts';
import type { RecordedEvent } from '../../domain/kernel/aggregate.ts';
import { defineKeyed, type Page } from '../projection.ts';
import { type LeadCard, leadColumns } from './lead.ts';
import type { BoardRow } from './rows.ts';

/** The lead as it was and is around an event, when the event changed it. */
export function transition(event: RecordedEvent, page: Page): { before: LeadCard | null; after: LeadCard | null } | null {
  const before = page.before<LeadCard>('lead', event, event.stream.id);
  const after = page.after<LeadCard>('lead', event, event.stream.id);
  return before === after ? null : { before, after };
}

function standing(card: LeadCard | null): LeadCard | null {
  return card === null || card.row.deletedAt !== null ? null : card;
}

function boardRowOf({ row }: LeadCard): BoardRow {
  return {
    id: row.id,
    version: row.version,
    status: row.status,
    agentId: row.agentId,
    name: row.name,
    company: row.company,
    jobTitle: row.jobTitle,
    source: row.source,
    propertyType: row.propertyType,
    location: row.location,
    preferredAreas: row.preferredAreas,
    budgetMin: row.budgetMin,
    budgetMax: row.budgetMax,
    value: row.value,
    currency: row.currency,
    phone: row.phone ?? row.phoneAsTyped,
    tags: row.tags,
    score: row.score,
    temperature: row.temperature,
    incomplete: row.incomplete,
    capturedAt: row.capturedAt,
    statusChangedAt: row.statusChangedAt,
    assignedAt: row.assignedAt,
    firstContactedAt: row.firstContactedAt,
    respondBy: row.respondBy,
    nextTaskAt: row.nextTaskAt,
    closedAt: row.closedAt,
    updatedAt: row.updatedAt,
  };
}

/**
 * The cards of the board and the rows of `GET /api/leads`: every lead that is not deleted, closed ones with `closedAt`.
 * No index on what changes with every event (`position`, `updated_at`): updates in place stay in place.
 */
export const board = defineKeyed<LeadCard>({
  name: 'board',
  version: 1,
  view: 'board',
  summary: 'A card for each lead that is not deleted.',
  reads: ['lead'],
  streams: ['lead'],
  columns: leadColumns,
  indexes: [
    '(organization_id, captured_at desc, key)',
    '(organization_id, status, status_changed_at desc, key)',
    '(organization_id, scope, captured_at desc, key)',
    '(organization_id, closed_at) where closed_at is not null',
  ],
  keys: (event, page) => (transition(event, page) ? [event.stream.id] : []),
  mirrors: (event, key, page) => standing(page.before<LeadCard>('lead', event, key)),
  apply: (_card, event, key, page) => standing(page.after<LeadCard>('lead', event, key)),
  scope: ({ row }) => scopeOfLead(row.agentId),
  status: ({ row }) => row.status,
  rowVersion: ({ row }) => row.version,
  wire: (card) => JSON.stringify(boardRowOf(card)),
  revive: () => {
    throw new Error('board rows follow from lead rows and are never read back');
  },
});
