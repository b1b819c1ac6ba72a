import { z } from 'zod';
import { type Context, defineCommand, type Guard } from '../../kernel/aggregate.ts';
import { minorUnits } from '../../kernel/money.ts';
import { Rejection } from '../../kernel/rejection.ts';
import { block, line } from '../../kernel/text.ts';
import { millis } from '../../kernel/time.ts';
import { firstStage, movesFrom, type PipelineState, stageNamed } from '../pipeline.ts';
import type { Stage, StageKind } from '../presets/preset.ts';
import type { LeadEvent, LeadState } from './facts.ts';
import { agentReads, givesPlace, leadCodes, pipelineOf, requireLive, takesPlace } from './rules.ts';

const data = z.strictObject({
  status: line(50).min(1).describe('The stage it is to come to.'),
  from: line(50).optional().describe('The stage it was seen in: if it stands elsewhere by now, the move is refused.'),
  dealValue: minorUnits.nullable().optional().describe('What was agreed, in minor units of the currency of the lead.'),
  conversionType: z.enum(['sale', 'rental', 'lost']).nullable().optional(),
  propertyId: line(100).nullable().optional().describe('The property it was about; an id of another system will do.'),
  notes: block(10000).nullable().optional(),
  reason: line(500).nullable().optional().describe('Why, above all for a lost lead.'),
});
type Move = z.infer<typeof data>;

function triggerOf(context: Context): 'manual' | 'import' | 'automation' {
  if (context.actor.id === 'system:import') return 'import';
  return context.actor.id.startsWith('system:') ? 'automation' : 'manual';
}

/** Closing a lead gives its agent a place back; opening it again needs one. */
function places(state: LeadState, to: StageKind, context: Context): Guard[] {
  if (state.agentId === null || (state.kind === 'open') === (to === 'open')) return [];
  return [to === 'open' ? takesPlace(context, state.agentId) : givesPlace(state.agentId)];
}

/** The stage of that name, or the refusal that lists them. */
export function requireStage(pipeline: PipelineState, status: string): Stage {
  const stage = stageNamed(pipeline, status);
  if (stage) return stage;
  const allowed = pipeline.stages.map(({ key }) => key);
  throw new Rejection(422, 'lead.status-unknown', `There is no stage "${status}". There are: ${allowed.join(', ')}.`, { allowed });
}

/** Only what was told goes into the fact. */
function told(
  move: Move,
): Pick<Extract<LeadEvent, { type: 'lead.moved' }>['data'], 'dealValue' | 'conversionType' | 'propertyId' | 'notes' | 'reason'> {
  const { dealValue, conversionType, propertyId, notes, reason } = move;
  return {
    ...(typeof dealValue === 'number' && { dealValue }),
    ...(conversionType && { conversionType }),
    ...(propertyId && { propertyId }),
    ...(notes && { notes }),
    ...(reason && { reason }),
  };
}

export const move = defineCommand<LeadState, Move, LeadEvent>({
  name: 'lead.move',
  summary: 'Bring the lead to another stage',
  data,
  codes: {
    'lead.transition-not-allowed': { status: 422, title: 'The pipeline has no such move' },
    'lead.status-unknown': { status: 422, title: 'The pipeline has no such stage' },
    'version.conflict': { status: 409, title: 'It changed meanwhile' },
    ...leadCodes.full,
  },
  reads: (_data, state) => agentReads(state.agentId),
  decide(state, given, context) {
    requireLive(state);
    const pipeline = pipelineOf(context);
    const stage = requireStage(pipeline, given.status);
    if (stage.key === state.status) return { events: [] };
    if (given.from !== undefined && given.from.toLowerCase() !== state.status.toLowerCase()) {
      throw new Rejection(409, 'version.conflict', `The lead stands in ${state.status} by now, no longer in ${given.from}.`, {
        current: state.status,
      });
    }
    const allowed = movesFrom(pipeline, state.status);
    if (!allowed.includes(stage.key)) {
      const detail = allowed.length === 0 ? `${state.status} is final.` : `From ${state.status} it may go to ${allowed.join(', ')}.`;
      throw new Rejection(422, 'lead.transition-not-allowed', detail, { from: state.status, to: stage.key, allowed });
    }
    return {
      events: [
        {
          type: 'lead.moved',
          data: {
            from: state.status,
            to: stage.key,
            fromKind: state.kind,
            toKind: stage.kind,
            agentId: state.agentId,
            trigger: triggerOf(context),
            firstContact: !state.contacted && state.status === firstStage(pipeline).key,
            ...told(given),
            at: context.now,
          },
        },
      ],
      guards: places(state, stage.kind, context),
    };
  },
});

const undoWithinMs = 600_000;
const backData = z.strictObject({
  from: line(50).min(1).describe('The stage the lead stands in now.'),
  status: line(50).min(1).describe('The stage it stood in before its last move.'),
});

export const moveBack = defineCommand<LeadState, z.infer<typeof backData>, LeadEvent>({
  name: 'lead.move-back',
  summary: 'Take the last move back, within ten minutes',
  data: backData,
  codes: {
    'lead.undo-too-late': { status: 422, title: 'The move can no longer be taken back' },
    'version.conflict': { status: 409, title: 'It changed meanwhile' },
    'lead.status-unknown': { status: 422, title: 'The pipeline has no such stage' },
    ...leadCodes.full,
  },
  reads: (_data, state) => agentReads(state.agentId),
  decide(state, given, context) {
    requireLive(state);
    const pipeline = pipelineOf(context);
    const from = requireStage(pipeline, given.from);
    const stage = requireStage(pipeline, given.status);
    if (stage.key === state.status && state.lastMove === null) return { events: [] };
    if (from.key !== state.status) {
      throw new Rejection(409, 'version.conflict', `The lead stands in ${state.status} by now, no longer in ${from.key}.`, {
        current: state.status,
      });
    }
    const last = state.lastMove;
    if (last === null || last.from !== stage.key || millis(context.now) - millis(last.at) > undoWithinMs) {
      throw new Rejection(422, 'lead.undo-too-late', `The lead did not come from ${stage.key} within the last ten minutes.`);
    }
    return {
      events: [
        {
          type: 'lead.moved',
          data: {
            from: state.status,
            to: stage.key,
            fromKind: state.kind,
            toKind: stage.kind,
            agentId: state.agentId,
            trigger: triggerOf(context),
            firstContact: false,
            undo: true,
            ...(last.firstContact && state.respondBy !== null && { unanswered: state.respondBy }),
            at: context.now,
          },
        },
      ],
      guards: places(state, stage.kind, context),
    };
  },
});
