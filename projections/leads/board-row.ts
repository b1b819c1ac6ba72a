import type { LeadCard } from './lead.ts';
import type { BoardRow } from './rows.ts';

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

/** A card of the board as JSON text; made once for the table and the screens. */
export function boardWireOf(card: LeadCard): string {
  card.worked.board ??= JSON.stringify(boardRowOf(card));
  return card.worked.board;
}
