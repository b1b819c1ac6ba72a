import { z } from 'zod';
import { defineCommand } from '../../kernel/aggregate.ts';
import { line } from '../../kernel/text.ts';
import type { LeadEvent, LeadState } from './facts.ts';
import { agentReads, givesPlace, isActive, leadCodes, organizationOf, takesPlace, uniqueness } from './rules.ts';

const removeData = z.strictObject({ reason: line(500).nullable().optional() });

export const remove = defineCommand<LeadState, z.infer<typeof removeData>, LeadEvent>({
  name: 'lead.delete',
  summary: 'Hide the lead everywhere; it can be restored',
  data: removeData,
  codes: {},
  decide(state, data, context) {
    if (state.deleted) return { events: [] };
    const { agentId, status, kind } = state;
    return {
      events: [{ type: 'lead.deleted', data: { agentId, status, kind, reason: data.reason || null, at: context.now } }],
      guards: [
        ...uniqueness(state.fields, null, state.capturedAt, organizationOf(context)),
        ...(isActive(state) && agentId !== null ? [givesPlace(agentId)] : []),
      ],
    };
  },
});

const restoreData = z.strictObject({});

export const restore = defineCommand<LeadState, z.infer<typeof restoreData>, LeadEvent>({
  name: 'lead.restore',
  summary: 'Bring a deleted lead back as it was',
  data: restoreData,
  codes: { ...leadCodes.duplicate, ...leadCodes.full },
  reads: (_data, state) => agentReads(state.agentId),
  decide(state, _data, context) {
    if (!state.deleted) return { events: [] };
    const { agentId, status, kind } = state;
    const active = isActive({ agentId, kind, deleted: false });
    return {
      events: [{ type: 'lead.restored', data: { agentId, status, kind, at: context.now } }],
      guards: [
        ...uniqueness(null, state.fields, state.capturedAt, organizationOf(context)),
        ...(active && agentId !== null ? [takesPlace(context, agentId)] : []),
      ],
    };
  },
});
