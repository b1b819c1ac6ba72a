import type { RecordedEvent } from '../../domain/kernel/aggregate.ts';
import { uuidv5 } from '../../domain/kernel/ids.ts';
import type { AlertEvent } from '../../domain/leads/alert.ts';
import type { OperationEvent } from '../../domain/leads/operation.ts';
import { defineKeyed, type Page } from '../projection.ts';
import { type LeadCard, leadFact } from './lead.ts';
import type { AlertRow } from './rows.ts';

interface AlertCard {
  /** Whose it is. */
  agentId: string;
  row: AlertRow;
}

/** The alerts one event brings about, before they have ids. Nobody is told of what they did themselves. */
function news(event: RecordedEvent, page: Page): { agentId: string; row: Omit<AlertRow, 'id' | 'version' | 'readAt'> }[] {
  const me = event.meta.agentId;
  const by = event.meta.actorName ?? '';
  if (event.stream.type === 'operation') {
    const fact = { type: event.type, data: event.data } as unknown as OperationEvent;
    if (fact.type !== 'operation.completed' || me === null) return [];
    const params = { label: fact.data.label, status: fact.data.status, total: String(fact.data.total) };
    return [{ agentId: me, row: { kind: 'import', leadId: null, params, urgency: 'normal', createdAt: fact.data.at } }];
  }
  const lead = page.after<LeadCard>('lead', event, event.stream.id);
  if (!lead) return [];
  const fact = leadFact(event);
  const leadId = event.stream.id;
  const name = lead.row.name;
  const told: { agentId: string; row: Omit<AlertRow, 'id' | 'version' | 'readAt'> }[] = [];
  if (fact.type === 'lead.assigned') {
    const { agentId, agentName, from, fromName, status, at } = fact.data;
    const params = { lead: name, by, to: agentName, from: fromName ?? '', stage: status };
    if (agentId !== me) told.push({ agentId, row: { kind: 'assigned', leadId, params, urgency: 'high', createdAt: at } });
    if (from !== null && from !== me)
      told.push({ agentId: from, row: { kind: 'reassigned-away', leadId, params, urgency: 'normal', createdAt: at } });
  }
  if (fact.type === 'lead.unassigned' && fact.data.from !== me) {
    const { from, fromName, status, at } = fact.data;
    told.push({
      agentId: from,
      row: {
        kind: 'reassigned-away',
        leadId,
        params: { lead: name, by, to: '', from: fromName ?? '', stage: status },
        urgency: 'normal',
        createdAt: at,
      },
    });
  }
  if (fact.type === 'lead.noted' && fact.data.agentId !== null && fact.data.agentId !== me) {
    const text = fact.data.text ?? '';
    const params = { lead: name, by, text: text.length > 200 ? `${text.slice(0, 199)}…` : text };
    told.push({ agentId: fact.data.agentId, row: { kind: 'note', leadId, params, urgency: 'low', createdAt: fact.data.at } });
  }
  return told;
}

/** The same event always makes the same alert, so that what was read stays read when the rows are made anew. */
export function alertIdOf(event: Pick<RecordedEvent, 'organizationId' | 'position'>, agentId: string): string {
  return uuidv5(event.organizationId, `alert ${event.position} ${agentId}`);
}

function readIn(event: RecordedEvent): AlertEvent {
  return { type: event.type, data: event.data } as unknown as AlertEvent;
}

const mattering = new Set(['lead.assigned', 'lead.unassigned', 'lead.noted', 'operation.completed']);

/** Each person's own notifications: leads given to them or taken from them, notes of others, ended imports. */
export const alerts = defineKeyed<AlertCard>({
  name: 'alerts',
  version: 1,
  view: 'alerts',
  summary: 'In-app notifications of each member, with what was read.',
  reads: ['lead'],
  streams: ['lead', 'operation', 'alert'],
  columns: [
    { name: 'agent_id', type: 'text', of: ({ agentId }) => agentId },
    { name: 'created_at', type: 'timestamptz', of: ({ row }) => row.createdAt },
    { name: 'read_at', type: 'timestamptz', of: ({ row }) => row.readAt },
  ],
  indexes: ['(organization_id, scope, created_at desc)'],
  keys(event, page) {
    if (event.stream.type === 'alert') {
      const fact = readIn(event);
      return fact.type === 'alert.read' ? [event.stream.id] : fact.data.alertIds;
    }
    return mattering.has(event.type) ? news(event, page).map(({ agentId }) => alertIdOf(event, agentId)) : [];
  },
  apply(card, event, key, page) {
    if (event.stream.type === 'alert') {
      const { agentId, at } = readIn(event).data;
      if (card === null || card.agentId !== agentId || card.row.readAt !== null) return card;
      return { ...card, row: { ...card.row, version: 2, readAt: at } };
    }
    const told = news(event, page).find(({ agentId }) => alertIdOf(event, agentId) === key);
    return told ? { agentId: told.agentId, row: { id: key, version: 1, ...told.row, readAt: null } } : card;
  },
  scope: ({ agentId }) => `member:${agentId}`,
  status: () => null,
  rowVersion: ({ row }) => row.version,
  wire: ({ row }) => JSON.stringify(row),
  state: ({ agentId }) => agentId,
  revive: (wire, state) => ({ agentId: state ?? '', row: JSON.parse(wire) as AlertRow }),
});
