import { z } from 'zod';
import { level, permits } from '../../identity/permissions.ts';
import { type Actor, type Context, defineCommand } from '../../kernel/aggregate.ts';
import { uuid } from '../../kernel/ids.ts';
import { Rejection } from '../../kernel/rejection.ts';
import { folded, line } from '../../kernel/text.ts';
import { addSeconds } from '../../kernel/time.ts';
import { firstStage } from '../pipeline.ts';
import { assigned } from './assign.ts';
import { type LeadEvent, type LeadState, noFields } from './facts.ts';
import { checkFields, givenFields, readFields, withFields } from './fields.ts';
import { requireStage } from './move.ts';
import { agentReads, isIntake, leadCodes, organizationOf, pipelineOf, requireAgent, takesPlace, uniqueness } from './rules.ts';

const maxTags = 50;

const data = z.strictObject({
  id: uuid.optional().describe('An id of your own making; else one is made.'),
  ...givenFields,
  tags: z.array(line(50).min(1)).max(maxTags).optional(),
  status: line(50).optional().describe('Any stage of the pipeline; default the first.'),
  agentId: uuid.nullable().optional().describe('Who owns it from the start.'),
  operationId: uuid.optional().describe('The import it comes by.'),
});
type Capture = z.infer<typeof data>;

/** Who owns a lead from the start: the one named, or its capturer where the unowned stay hidden from them (RE). */
function ownerAtStart(given: Capture, actor: Actor): string | null {
  if (given.agentId) return given.agentId;
  return actor.audience.all || actor.audience.unassigned ? null : actor.agentId;
}

function mayGiveTo(context: Context, agentId: string): void {
  const organization = organizationOf(context);
  if (agentId === context.actor.agentId) return;
  if (permits(level(organization, context.actor, 'lead.assign'), context.actor, null)) return;
  throw new Rejection(403, 'forbidden', 'You may capture leads for yourself or for nobody.');
}

/** The same tag in another case is the same tag. */
function distinctTags(tags: readonly string[]): string[] {
  return [...new Map(tags.map((tag) => [folded(tag), tag])).values()];
}

export const capture = defineCommand<LeadState, Capture, LeadEvent>({
  name: 'lead.capture',
  summary: 'Capture a lead',
  creates: true,
  data,
  codes: {
    ...leadCodes.fields,
    ...leadCodes.duplicate,
    ...leadCodes.agent,
    ...leadCodes.full,
    'lead.status-unknown': { status: 422, title: 'The pipeline has no such stage' },
  },
  reads: (given, _state, actor) => agentReads(ownerAtStart(given, actor)),
  decide(_state, given, context) {
    const organization = organizationOf(context);
    const pipeline = pipelineOf(context);
    const stage = given.status ? requireStage(pipeline, given.status) : firstStage(pipeline);
    const intake = isIntake(context);
    const fields = withFields({ ...noFields, currency: organization.currency }, readFields(given, organization, intake));
    const { incomplete } = checkFields(fields, null, organization, intake);
    // Nobody in an imported list is waiting for a call this minute.
    const awaited = stage.key === firstStage(pipeline).key && context.actor.id !== 'system:import';
    const captured: LeadEvent = {
      type: 'lead.captured',
      data: {
        ...fields,
        tags: distinctTags(given.tags ?? []),
        status: stage.key,
        kind: stage.kind,
        incomplete,
        respondBy: awaited ? addSeconds(context.now, organization.responseMinutes * 60) : null,
        ...(given.operationId ? { operationId: given.operationId } : {}),
        at: context.now,
      },
    };
    const guards = uniqueness(null, fields, context.now, organization);
    const owner = ownerAtStart(given, context.actor);
    if (owner === null) return { events: [captured], guards };
    mayGiveTo(context, owner);
    const agent = requireAgent(context, owner);
    const standing = { agentId: null, agentName: null, status: stage.key, kind: stage.kind };
    return {
      events: [captured, assigned(standing, owner, agent.fullName, 'manual', null, context)],
      guards: stage.kind === 'open' ? [...guards, takesPlace(context, owner)] : guards,
    };
  },
});
