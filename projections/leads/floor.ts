import type { OrganizationEvent } from '../../domain/identity/organization.ts';
import type { RecordedEvent } from '../../domain/kernel/aggregate.ts';
import { type AgentEvent, capacityOf } from '../../domain/leads/agent.ts';
import { defineKeyed, type Page } from '../projection.ts';
import { rowId } from '../row-cache.ts';
import { isOpen, type LeadCard, transition, waitingSince } from './lead.ts';
import type { FloorRow } from './rows.ts';
import { Waiting } from './waiting.ts';

/** Who works in an organization, and the capacity it sets: a change of it changes every agent's row. */
interface Roster {
  agentIds: readonly string[];
  capacity: number | null;
}

export const roster = defineKeyed<Roster>({
  name: 'roster',
  version: 1,
  view: null,
  summary: 'The agents of each organization.',
  reads: [],
  streams: ['agent', 'organization'],
  columns: [],
  indexes: [],
  keys: (event) => (event.type === 'agent.created' || event.stream.type === 'organization' ? [event.organizationId] : []),
  apply(row, event) {
    const before = row ?? { agentIds: [], capacity: null };
    if (event.type === 'agent.created') return { ...before, agentIds: [...before.agentIds, event.stream.id] };
    const capacity = capacityIn(event);
    return capacity === undefined || (row && capacity === row.capacity) ? row : { ...before, capacity };
  },
  scope: () => 'everyone',
  status: () => null,
  rowVersion: () => 0,
  wire: (row) => JSON.stringify(row),
  revive: (wire) => JSON.parse(wire) as Roster,
});

/** The capacity an organization's event speaks of; undefined when it does not. */
function capacityIn(event: RecordedEvent): number | null | undefined {
  const fact = { type: event.type, data: event.data } as unknown as OrganizationEvent;
  return fact.type === 'organization.edited' ? fact.data.fields.capacity : fact.data.capacity;
}

interface AgentCard {
  row: FloorRow;
  /** The agent's own limit, before the organization's. */
  ownCapacity: number | null;
  waiting: Waiting;
}

function affected(event: RecordedEvent, page: Page): readonly string[] {
  switch (event.stream.type) {
    case 'agent':
    case 'member':
      return [event.stream.id];
    case 'organization':
      return capacityIn(event) === undefined ? [] : (page.after<Roster>('roster', event, event.organizationId)?.agentIds ?? []);
    default: {
      const change = transition(event, page);
      if (!change) return [];
      const agents = [change.before?.row.agentId, change.after?.row.agentId].filter((agentId) => typeof agentId === 'string');
      return [...new Set(agents)];
    }
  }
}

function created(event: RecordedEvent, fact: AgentEvent & { type: 'agent.created' }, organizationCapacity: number | null): AgentCard {
  const { userId, fullName, email, phone, specializationPropertyType, specializationAreas, languageSkills, capacity, at } = fact.data;
  return {
    ownCapacity: capacity,
    waiting: Waiting.none,
    row: {
      id: event.stream.id,
      version: event.version,
      userId,
      fullName: fullName ?? '',
      email: email ?? null,
      phone: phone ?? null,
      specializationPropertyType,
      specializationAreas,
      languageSkills,
      availability: 'available',
      pausedUntil: null,
      activeLeadsCount: 0,
      capacity: capacityOf({ capacity }, { capacity: organizationCapacity }),
      oldestUnansweredAt: null,
      active: true,
      updatedAt: at,
    },
  };
}

function worked(card: AgentCard, event: RecordedEvent, fact: AgentEvent, organizationCapacity: number | null): AgentCard {
  const row = { ...card.row, version: event.version, updatedAt: fact.data.at };
  switch (fact.type) {
    case 'agent.edited': {
      const { capacity, ...profile } = fact.data.fields ?? {};
      const ownCapacity = capacity === undefined ? card.ownCapacity : capacity;
      return {
        ...card,
        ownCapacity,
        row: { ...row, ...profile, capacity: capacityOf({ capacity: ownCapacity }, { capacity: organizationCapacity }) },
      };
    }
    case 'agent.paused':
      return { ...card, row: { ...row, availability: 'paused', pausedUntil: fact.data.until } };
    case 'agent.stepped-away':
      return { ...card, row: { ...row, availability: 'away', pausedUntil: fact.data.until } };
    case 'agent.resumed':
      return { ...card, row: { ...row, availability: 'available', pausedUntil: null } };
    default:
      return { ...card, row };
  }
}

/** What a lead's change means to one agent: one more or less to carry, one more or less that waits. */
function carried(card: AgentCard, agentId: string, event: RecordedEvent, page: Page): AgentCard {
  const change = transition(event, page);
  if (!change) return card;
  const mine = (lead: LeadCard | null) => (lead?.row.agentId === agentId ? lead : null);
  const before = mine(change.before);
  const after = mine(change.after);
  const active = (lead: LeadCard | null) => (lead && isOpen(lead) ? 1 : 0);
  const by = active(after) - active(before);
  const since = after && waitingSince(after);
  const was = before && waitingSince(before);
  if (by === 0 && since === was) return card;
  const waiting = since === null ? card.waiting.without(event.stream.id) : card.waiting.with(event.stream.id, since);
  const updatedAt = after?.row.updatedAt ?? change.after?.row.updatedAt ?? card.row.updatedAt;
  return {
    ...card,
    waiting,
    row: { ...card.row, activeLeadsCount: card.row.activeLeadsCount + by, oldestUnansweredAt: waiting.oldest(), updatedAt },
  };
}

/** The agents' floor, also `GET /api/agents`: who is there, what they carry, who has waited longest for them. */
export const floor = defineKeyed<AgentCard>({
  name: 'floor',
  version: 1,
  view: 'floor',
  summary: 'Each agent with load, availability and longest-waiting lead.',
  reads: ['lead', 'roster'],
  streams: ['agent', 'member', 'organization', 'lead'],
  refersTo: (event) =>
    event.stream.type === 'agent' || event.stream.type === 'organization' ? [{ projection: 'roster', key: event.organizationId }] : [],
  columns: [
    { name: 'full_name', type: 'text', of: ({ row }) => row.fullName },
    { name: 'availability', type: 'text', of: ({ row }) => row.availability },
    { name: 'active', type: 'boolean', of: ({ row }) => row.active },
    { name: 'active_leads_count', type: 'integer', of: ({ row }) => row.activeLeadsCount },
    { name: 'capacity', type: 'integer', of: ({ row }) => row.capacity },
  ],
  indexes: [],
  keys: affected,
  apply(card, event, key, page) {
    const organizationCapacity = () => page.after<Roster>('roster', event, event.organizationId)?.capacity ?? null;
    if (event.stream.type === 'agent') {
      const fact = { type: event.type, data: event.data } as unknown as AgentEvent;
      if (fact.type === 'agent.created') return created(event, fact, organizationCapacity());
      if (card === null) throw new Error(`${event.type} of an agent that was never created`);
      return worked(card, event, fact, organizationCapacity());
    }
    // A member without a working profile carries nothing.
    if (card === null) return null;
    if (event.stream.type === 'member') {
      const active = event.type === 'member.suspended' ? false : event.type === 'member.activated' ? true : card.row.active;
      return active === card.row.active ? card : { ...card, row: { ...card.row, active } };
    }
    if (event.stream.type === 'organization') {
      const capacity = capacityOf({ capacity: card.ownCapacity }, { capacity: organizationCapacity() });
      return capacity === card.row.capacity ? card : { ...card, row: { ...card.row, capacity } };
    }
    return carried(card, key, event, page);
  },
  scope: () => 'everyone',
  status: () => null,
  rowVersion: ({ row }) => row.version,
  wire: ({ row }) => JSON.stringify(row),
  state: ({ ownCapacity }) => JSON.stringify({ ownCapacity }),
  revive: (wire, state) => ({
    row: JSON.parse(wire) as FloorRow,
    ownCapacity: (JSON.parse(state ?? '{}') as { ownCapacity?: number | null }).ownCapacity ?? null,
    waiting: Waiting.none,
  }),
  async complete(rows, ask) {
    const cards = [...rows];
    const waiting = await ask<{ organization_id: string; key: string; scope: string; since: string }>(
      `select l.organization_id, l.key, l.scope, to_char(l.waiting_since at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as since
         from unnest($1::uuid[], $2::text[]) as u(o, s) join {lead} l on l.organization_id = u.o and l.scope = u.s and l.waiting_since is not null`,
      [cards.map(([id]) => id.slice(0, 36)), cards.map(([, card]) => `agent:${card.row.id}`)],
    );
    for (const lead of waiting) {
      const id = rowId(lead.organization_id, lead.scope.slice('agent:'.length));
      const card = rows.get(id);
      if (card) rows.set(id, { ...card, waiting: card.waiting.with(lead.key, lead.since) });
    }
  },
});
