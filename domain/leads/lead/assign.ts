import { z } from 'zod';
import { type Context, defineCommand, type Guard } from '../../kernel/aggregate.ts';
import { uuid } from '../../kernel/ids.ts';
import { Rejection } from '../../kernel/rejection.ts';
import { line } from '../../kernel/text.ts';
import { millis } from '../../kernel/time.ts';
import type { LeadEvent, LeadState, Strategy } from './facts.ts';
import { agentReads, givesPlace, isActive, leadCodes, requireAgent, requireLive, takesPlace } from './rules.ts';

type Standing = Pick<LeadState, 'agentId' | 'agentName' | 'status' | 'kind'>;

/** The fact that an agent owns the lead now. */
export function assigned(
  standing: Standing,
  agentId: string,
  agentName: string,
  strategy: Strategy,
  reason: string | null,
  context: Context,
): LeadEvent {
  return {
    type: 'lead.assigned',
    data: {
      agentId,
      agentName,
      from: standing.agentId,
      fromName: standing.agentName,
      strategy,
      reason,
      status: standing.status,
      kind: standing.kind,
      at: context.now,
    },
  };
}

/** Places change hands only while the lead is active. */
function handOver(state: LeadState, to: string, context: Context): Guard[] {
  if (state.kind !== 'open') return [];
  return [...(state.agentId === null ? [] : [givesPlace(state.agentId)]), takesPlace(context, to)];
}

const assignData = z.strictObject({
  agentId: uuid.describe('Who is to own the lead; on an owned lead this reassigns it.'),
  reason: line(500).nullable().optional(),
});

export const assign = defineCommand<LeadState, z.infer<typeof assignData>, LeadEvent>({
  name: 'lead.assign',
  summary: 'Give the lead to an agent',
  data: assignData,
  codes: { ...leadCodes.agent, ...leadCodes.full },
  reads: (data) => agentReads(data.agentId),
  decide(state, data, context) {
    requireLive(state);
    if (state.agentId === data.agentId) return { events: [] };
    const agent = requireAgent(context, data.agentId);
    return {
      events: [assigned(state, data.agentId, agent.fullName, 'manual', data.reason || null, context)],
      guards: handOver(state, data.agentId, context),
    };
  },
});

const unassignData = z.strictObject({ reason: line(500).nullable().optional() });

export const unassign = defineCommand<LeadState, z.infer<typeof unassignData>, LeadEvent>({
  name: 'lead.unassign',
  summary: 'Take the lead from its agent, so that anybody may claim it',
  data: unassignData,
  codes: {},
  decide(state, data, context) {
    requireLive(state);
    const { agentId: from, agentName: fromName, status, kind } = state;
    if (from === null) return { events: [] };
    return {
      events: [{ type: 'lead.unassigned', data: { from, fromName, status, kind, reason: data.reason || null, at: context.now } }],
      guards: isActive(state) ? [givesPlace(from)] : [],
    };
  },
});

const claimData = z.strictObject({});

export const claim = defineCommand<LeadState, z.infer<typeof claimData>, LeadEvent>({
  name: 'lead.claim',
  summary: 'Take an unassigned lead; the first one wins',
  data: claimData,
  codes: { 'lead.already-claimed': { status: 409, title: 'Somebody else was first' }, ...leadCodes.agent, ...leadCodes.full },
  beyondSight: true,
  reads: (_data, _state, actor) => agentReads(actor.agentId),
  decide(state, _data, context) {
    requireLive(state);
    const { agentId: me, audience } = context.actor;
    if (me !== null && state.agentId === me) return { events: [] };
    // Whoever never sees unassigned leads cannot have meant one: to them it is not there.
    if (!audience.all && !audience.unassigned) throw new Rejection(404, 'lead.not-found', 'There is no such lead.');
    if (state.agentId !== null) {
      const lateByMs = Math.max(0, millis(context.now) - millis(state.assignedAt ?? context.now));
      throw new Rejection(409, 'lead.already-claimed', `${state.agentName ?? 'Somebody else'} was first.`, {
        winner: { agentId: state.agentId, name: state.agentName },
        lateByMs,
      });
    }
    if (me === null) throw new Rejection(422, 'agent.unknown', 'Only people with a working profile can claim leads.');
    const agent = requireAgent(context, me);
    return { events: [assigned(state, me, agent.fullName, 'first_to_claim', null, context)], guards: handOver(state, me, context) };
  },
});
