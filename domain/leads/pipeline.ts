import type { Aggregate, DomainEvent } from '../kernel/aggregate.ts';
import type { Stage } from './presets/preset.ts';

/** One pipeline an organization; its stream id is the organization's. Made with the organization, from its preset. */
export type PipelineEvent = DomainEvent<
  'pipeline.created',
  { stages: readonly Stage[]; moves: Readonly<Record<string, readonly string[]>> }
>;

export interface PipelineState {
  /** In the order of the board's columns. */
  stages: readonly Stage[];
  /** Allowed moves: from → to. */
  moves: Readonly<Record<string, readonly string[]>>;
}

export const pipeline: Aggregate<PipelineState, PipelineEvent> = {
  name: 'pipeline',
  plural: 'pipelines',
  area: 'leads',
  initial: { stages: [], moves: {} },
  evolve: (_state, event) => ({ stages: event.data.stages, moves: event.data.moves }),
  events: {
    'pipeline.created': {
      schema: 1,
      fact: 'The stages of the organization and the moves between them were set.',
      undo: 'nothing: a pipeline is replaced, never taken away',
    },
  },
  commands: [],
  exists: (state) => state.stages.length > 0,
};

/** The stage a text means, whatever its case. */
export function stageNamed(state: PipelineState, status: string): Stage | undefined {
  const wanted = status.trim().toLowerCase();
  return state.stages.find((stage) => stage.key.toLowerCase() === wanted);
}

/** Where a lead begins unless told otherwise. */
export function firstStage(state: PipelineState): Stage {
  const [first] = state.stages;
  if (!first) throw new Error('an organization without stages');
  return first;
}

/** The stages that may follow. */
export function movesFrom(state: PipelineState, from: string): readonly string[] {
  return state.moves[from] ?? [];
}
