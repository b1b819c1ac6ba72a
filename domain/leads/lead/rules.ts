import type { OrganizationState } from '../../identity/organization.ts';
import type { Context, Guard } from '../../kernel/aggregate.ts';
import { Rejection } from '../../kernel/rejection.ts';
import { type AgentState, capacityOf } from '../agent.ts';
import type { PipelineState } from '../pipeline.ts';
import type { LeadFields, LeadState } from './facts.ts';

/** Refusals that several commands of a lead share, by code. */
export const leadCodes = {
  duplicate: { 'lead.duplicate': { status: 409, title: 'Such a lead is there already' } },
  full: { 'agent.full': { status: 422, title: 'The agent holds as many active leads as they may' } },
  agent: {
    'agent.unknown': { status: 422, title: 'There is no such agent' },
    'agent.inactive': { status: 422, title: 'The agent no longer works here' },
  },
  fields: {
    'lead.incomplete': { status: 422, title: 'A required field is missing' },
    'lead.unidentified': { status: 422, title: 'A lead needs a name, e-mail address, phone or external id' },
    'lead.budget-order': { status: 422, title: 'The lower budget must be below the upper one' },
    'lead.phone-invalid': { status: 422, title: 'The phone number is not one the organization takes' },
    'lead.source-unknown': { status: 422, title: 'The organization has no such source' },
    'lead.property-type-unknown': { status: 422, title: 'The organization has no such property type' },
    'lead.language-unknown': { status: 422, title: 'The organization has no such language' },
    'lead.too-many-custom-fields': { status: 422, title: 'A lead holds at most 100 custom fields' },
  },
};

export function organizationOf(context: Context): OrganizationState {
  return context.read<OrganizationState>('organization', context.organizationId);
}

export function pipelineOf(context: Context): PipelineState {
  return context.read<PipelineState>('pipeline', context.organizationId);
}

/** Imports and inbound webhooks: they bring what other systems hold, so a row with an external id may lack what a form must ask for. */
export function isIntake(context: Context): boolean {
  return context.actor.id === 'system:import' || context.actor.id === 'system:webhook';
}

/** A deleted lead is not there for any command but restore. */
export function requireLive(state: LeadState): void {
  if (!state.captured || state.deleted) throw new Rejection(404, 'lead.not-found', 'There is no such lead.');
}

/** Active: owned, not deleted, stage open (R20). */
export function isActive(state: Pick<LeadState, 'agentId' | 'deleted' | 'kind'>): boolean {
  return state.agentId !== null && !state.deleted && state.kind === 'open';
}

/** The agent a lead may go to, or the refusal that says why not. */
export function requireAgent(context: Context, agentId: string): AgentState {
  const agent = context.read<AgentState>('agent', agentId);
  if (agent.fullName === '')
    throw new Rejection(422, 'agent.unknown', `There is no agent ${agentId}.`, {}, [{ path: 'agentId', message: 'unknown' }]);
  const member = context.read<{ userId: string | null; active: boolean }>('member', agentId);
  if (member.userId !== null && !member.active) throw new Rejection(422, 'agent.inactive', `${agent.fullName} no longer works here.`);
  return agent;
}

/** The streams that `requireAgent` and `takesPlace` look at. */
export function agentReads(agentId: string | null | undefined): { type: string; id: string }[] {
  return agentId
    ? [
        { type: 'agent', id: agentId },
        { type: 'member', id: agentId },
      ]
    : [];
}

/** One more active lead for the agent, if they may hold one more (TR-26). */
export function takesPlace(context: Context, agentId: string): Guard {
  const agent = context.read<AgentState>('agent', agentId);
  const limit = capacityOf(agent, organizationOf(context));
  const refuse = (count: number) =>
    new Rejection(422, 'agent.full', `${agent.fullName} holds ${count} active leads and may hold ${limit}.`, {
      agentId,
      activeLeadsCount: count,
      capacity: limit,
    });
  return { kind: 'count', scope: 'agent.active', key: agentId, by: 1, limit, refuse };
}

/** One active lead less: never refused. */
export function givesPlace(agentId: string): Guard {
  return {
    kind: 'count',
    scope: 'agent.active',
    key: agentId,
    by: -1,
    limit: null,
    refuse: () => new Rejection(422, 'agent.full', 'The agent holds too many leads.'),
  };
}

interface Held {
  scope: string;
  key: string;
  within?: { seconds: number; at: string };
}

const day = 86400;

/** What a lead holds so that no other may be like it, by the rule of the organization (TR-07, E3-02). */
function holds(fields: LeadFields, capturedAt: string, organization: OrganizationState): Held | null {
  if (fields.phone === null) return null;
  if (organization.duplicates === 'phone') return { scope: 'lead.phone', key: fields.phone };
  if (organization.duplicates === 'none' || fields.source === null) return null;
  return { scope: 'lead.phone-and-source', key: `${fields.phone} ${fields.source}`, within: { seconds: day, at: capturedAt } };
}

function duplicate(holder: string): Rejection {
  return new Rejection(409, 'lead.duplicate', 'This person is here already: open the lead that came first.', { existing: { id: holder } });
}

/** The guards of a change from `before` to `after` (null: not there, or deleted). */
export function uniqueness(
  before: LeadFields | null,
  after: LeadFields | null,
  capturedAt: string,
  organization: OrganizationState,
): Guard[] {
  const had = before && holds(before, capturedAt, organization);
  const has = after && holds(after, capturedAt, organization);
  if (had && has && had.key === has.key) return [];
  const guards: Guard[] = [];
  if (had) guards.push({ kind: 'free', scope: had.scope, key: had.key, personal: true });
  if (has) guards.push({ kind: 'take', ...has, personal: true, refuse: duplicate });
  return guards;
}
