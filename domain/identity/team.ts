import { z } from 'zod';
import { type Aggregate, type DomainEvent, defineCommand } from '../kernel/aggregate.ts';
import { uuid } from '../kernel/ids.ts';
import { Rejection } from '../kernel/rejection.ts';
import { block, line } from '../kernel/text.ts';
import type { MemberState } from './member.ts';

/** A team: members who work under one lead. The lead sees the leads of the team; whether the lead is also a member is one fact of its own. */
export type TeamEvent =
  // A team was formed.
  | DomainEvent<'team.created', { name: string; description: string | null; leadId: string | null; agentIds: string[]; at: string }>
  // A member joined the team.
  | DomainEvent<'team.member-added', { agentId: string; at: string }>
  // A member left the team.
  | DomainEvent<'team.member-removed', { agentId: string; at: string }>
  // Another person, or nobody, leads the team.
  | DomainEvent<'team.lead-set', { leadId: string | null; was: string | null; at: string }>;

export interface TeamState {
  name: string;
  leadId: string | null;
  agentIds: readonly string[];
}

const codes = { 'member.unknown': { status: 422, title: 'There is no such member' } };

const create = z.strictObject({
  id: uuid.optional(),
  name: line(255).min(1),
  description: block(2000).nullable().optional(),
  leadId: uuid.nullable().optional().describe('agentId of who leads it.'),
  agentIds: z.array(uuid).max(1000).default([]).describe('agentIds of its members.'),
});
const addMember = z.strictObject({ agentId: uuid });
const removeMember = z.strictObject({ agentId: uuid });
const setLead = z.strictObject({ agentId: uuid.nullable().describe('null: nobody leads the team.') });

const memberRef = (id: string) => ({ type: 'member', id });

function requireMember(read: (type: string, id: string) => MemberState, agentId: string): void {
  if (read('member', agentId).userId === null) throw new Rejection(422, 'member.unknown', `There is no member ${agentId}.`);
}

export const team: Aggregate<TeamState, TeamEvent> = {
  name: 'team',
  plural: 'teams',
  area: 'identity',
  initial: { name: '', leadId: null, agentIds: [] },
  evolve(state, event) {
    switch (event.type) {
      case 'team.created':
        return { name: event.data.name, leadId: event.data.leadId, agentIds: event.data.agentIds };
      case 'team.member-added':
        return { ...state, agentIds: [...state.agentIds, event.data.agentId] };
      case 'team.member-removed':
        return { ...state, agentIds: state.agentIds.filter((agentId) => agentId !== event.data.agentId) };
      case 'team.lead-set':
        return { ...state, leadId: event.data.leadId };
    }
  },
  events: {
    'team.created': { schema: 1, fact: 'A team was formed.', undo: 'nothing: an empty team does no harm' },
    'team.member-added': { schema: 1, fact: 'A member joined the team.', undo: 'team.remove-member' },
    'team.member-removed': { schema: 1, fact: 'A member left the team.', undo: 'team.add-member' },
    'team.lead-set': { schema: 1, fact: 'Another person, or nobody, leads the team.', undo: 'team.set-lead with who it was' },
  },
  exists: (state) => state.name !== '',
  commands: [
    defineCommand<TeamState, z.infer<typeof create>, TeamEvent>({
      name: 'team.create',
      summary: 'Form a team',
      creates: true,
      data: create,
      codes,
      reads: (data) => [...data.agentIds, ...(data.leadId ? [data.leadId] : [])].map(memberRef),
      decide(_state, data, context) {
        const agentIds = [...new Set(data.agentIds)];
        for (const agentId of [...agentIds, ...(data.leadId ? [data.leadId] : [])]) requireMember(context.read, agentId);
        return {
          events: [
            {
              type: 'team.created',
              data: { name: data.name, description: data.description ?? null, leadId: data.leadId ?? null, agentIds, at: context.now },
            },
          ],
        };
      },
    }),
    defineCommand<TeamState, z.infer<typeof addMember>, TeamEvent>({
      name: 'team.add-member',
      summary: 'Add a member to the team',
      data: addMember,
      codes,
      reads: (data) => [memberRef(data.agentId)],
      decide(state, data, context) {
        if (state.agentIds.includes(data.agentId)) return { events: [] };
        requireMember(context.read, data.agentId);
        return { events: [{ type: 'team.member-added', data: { agentId: data.agentId, at: context.now } }] };
      },
    }),
    defineCommand<TeamState, z.infer<typeof removeMember>, TeamEvent>({
      name: 'team.remove-member',
      summary: 'Take a member out of the team',
      data: removeMember,
      codes: {},
      decide: (state, data, context) => ({
        events: state.agentIds.includes(data.agentId)
          ? [{ type: 'team.member-removed', data: { agentId: data.agentId, at: context.now } }]
          : [],
      }),
    }),
    defineCommand<TeamState, z.infer<typeof setLead>, TeamEvent>({
      name: 'team.set-lead',
      summary: 'Say who leads the team',
      data: setLead,
      codes,
      reads: (data) => (data.agentId === null ? [] : [memberRef(data.agentId)]),
      decide(state, data, context) {
        if (state.leadId === data.agentId) return { events: [] };
        if (data.agentId !== null) requireMember(context.read, data.agentId);
        return { events: [{ type: 'team.lead-set', data: { leadId: data.agentId, was: state.leadId, at: context.now } }] };
      },
    }),
  ],
};
