import { type OrganizationEvent, organization } from '../../identity/organization.ts';
import type { Actor } from '../../kernel/aggregate.ts';
import { fold, given, type Surroundings, someOrganization } from '../../kernel/given-when-then.ts';
import { type AgentState, agent } from '../agent.ts';
import { lead } from '../lead.ts';
import { type PipelineEvent, pipeline } from '../pipeline.ts';
import type { LeadEvent } from './facts.ts';

/** A floor for specifications: an organization of each preset with two agents. */

export const sara = '00000000-0000-7000-8000-00000000005a';
export const omar = '00000000-0000-7000-8000-00000000000e';
export const someAt = '2026-11-21T08:00:00.000Z';

function agentCalled(fullName: string, capacity: number | null): AgentState {
  return { ...agent.initial, fullName, email: `${fullName.split(' ')[0]?.toLowerCase()}@example.com`, capacity };
}

/** What commands may read in an organization made from the preset. */
export function floorOf(
  preset: string,
  changes: { capacity?: number | null; saraCapacity?: number; organization?: object } = {},
): Surroundings {
  const { decision } = given(organization).when(
    'organization.create',
    { name: 'Example', slug: 'example', preset },
    { id: someOrganization },
  );
  const created = decision?.events ?? [];
  const settings = fold(organization, created as OrganizationEvent[]);
  const stages = decision?.also?.flatMap(({ events }) => events) ?? [];
  return {
    organization: { ...settings, ...('capacity' in changes && { capacity: changes.capacity }), ...changes.organization },
    pipeline: fold(pipeline, stages as PipelineEvent[]),
    [`agent/${sara}`]: agentCalled('Sara Al Mansoori', changes.saraCapacity ?? null),
    [`agent/${omar}`]: agentCalled('Omar Khan', null),
    agent: agent.initial,
    member: { userId: '00000000-0000-7000-8000-0000000000c1', name: '', role: 'agent', active: true },
  };
}

export const tr = floorOf('uae-real-estate');

/** An agent who sees their own leads and those nobody owns. */
export const asSara: Actor = {
  id: '00000000-0000-7000-8000-0000000000d1',
  agentId: sara,
  name: 'Sara Al Mansoori',
  role: 'agent',
  audience: { key: `own+:${sara}`, all: false, agents: [sara], unassigned: true },
};

export const asImport: Partial<Actor> = { id: 'system:import', agentId: null, name: 'Import' };

export const amal = { firstName: 'Amal', lastName: 'Haddad', phone: '050 123 4567', source: 'bayut' };

/** A lead of TR as captured, with what the test wants otherwise. */
export function captured(
  changes: Partial<Extract<LeadEvent, { type: 'lead.captured' }>['data']> = {},
  preset = 'uae-real-estate',
): LeadEvent {
  const base = { firstName: 'Amal', lastName: 'Haddad', email: 'amal@example.com', phone: '+971501234567', source: 'bayut' };
  const { decision } = given(lead).when('lead.capture', base, {
    surroundings: floorOf(preset, { organization: { openSources: true, phones: 'any' } }),
    now: someAt,
  });
  const [event] = (decision?.events ?? []) as LeadEvent[];
  if (event?.type !== 'lead.captured') throw new Error('no capture');
  return { ...event, data: { ...event.data, ...changes } };
}

export function assignedTo(agentId: string, changes: Partial<Extract<LeadEvent, { type: 'lead.assigned' }>['data']> = {}): LeadEvent {
  const agentName = agentId === sara ? 'Sara Al Mansoori' : 'Omar Khan';
  return {
    type: 'lead.assigned',
    data: {
      agentId,
      agentName,
      from: null,
      fromName: null,
      strategy: 'manual',
      reason: null,
      status: 'new',
      kind: 'open',
      at: someAt,
      ...changes,
    },
  };
}
