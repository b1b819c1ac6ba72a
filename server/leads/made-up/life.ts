import type { Actor } from '../../../domain/kernel/aggregate.ts';
import { firstStage, movesFrom, type PipelineState, stageNamed } from '../../../domain/leads/pipeline.ts';
import type { Rehearsal } from '../rehearsal.ts';
import type { Chance } from './chance.ts';
import type { Person } from './people.ts';
import type { Business } from './wishes.ts';

/** Who acts in the lives of leads. */
export interface Cast {
  /** Through whom leads arrive. */
  intake: Actor;
  manager: Actor;
  agents: readonly Actor[];
}

/** One lead's life in instants, epoch milliseconds in this order. */
export interface Life {
  id: string;
  person: Person;
  index: number;
  /** The stage it has come to. */
  status: string;
  /** Its place among the cast's agents, null for nobody. */
  agent: number | null;
  capturedAtMs: number;
  assignedAtMs: number;
  /** When it left the first stage. */
  contactedAtMs: number;
  /** When it came to its last stage. */
  arrivedAtMs: number;
  nowMs: number;
}

const minute = 60_000;

/** The fewest moves between two stages, without the first. */
function shortest(pipeline: PipelineState, from: string, to: string): string[] {
  const came = new Map<string, string | null>([[from, null]]);
  for (const stage of came.keys()) for (const next of movesFrom(pipeline, stage)) if (!came.has(next)) came.set(next, stage);
  const path: string[] = [];
  for (let stage: string | null = to; stage !== null && stage !== from; stage = came.get(stage) ?? null) path.unshift(stage);
  return path;
}

/** A believable way to a stage: through most of the stages before it, a lost lead through some of them. */
export function wayTo(pipeline: PipelineState, status: string, chance: Chance): string[] {
  const start = firstStage(pipeline).key;
  if (status === start) return [];
  const target = stageNamed(pipeline, status);
  const open = pipeline.stages.filter(({ kind, key }) => kind === 'open' && key !== start);
  const reached =
    target?.kind === 'open'
      ? open.findIndex(({ key }) => key === status)
      : target?.kind === 'won'
        ? open.length
        : chance.whole(1, open.length);
  const path: string[] = [];
  for (const { key } of open.slice(0, reached)) {
    const here = path.at(-1) ?? start;
    if (movesFrom(pipeline, here).includes(key) && (path.length === 0 || chance.chance(0.8))) path.push(key);
  }
  return [...path, ...shortest(pipeline, path.at(-1) ?? start, status)];
}

/** Plays one lead's life: arrival, hand-over, moves with notes between them, a good or a bad end. */
export function playLife(rehearsal: Rehearsal, organizationId: string, cast: Cast, business: Business, chance: Chance, life: Life): void {
  const pipeline = rehearsal.state<PipelineState>('pipeline', organizationId);
  const { id, person, nowMs } = life;
  const at = (ms: number) => new Date(Math.min(ms, nowMs)).toISOString();
  const wishes = business.wishes(chance, person, life.index, at(life.capturedAtMs));
  const tags = chance.chance(0.55) ? chance.some(business.tags, 2) : [];
  rehearsal.tell(cast.intake, at(life.capturedAtMs), 'lead.capture', id, {
    firstName: person.firstName,
    lastName: person.lastName,
    ...wishes,
    tags,
  });
  const agent = life.agent === null ? null : cast.agents[life.agent];
  if (agent?.agentId) {
    if (agent.audience.unassigned && chance.chance(0.3)) rehearsal.tell(agent, at(life.assignedAtMs), 'lead.claim', id, {});
    else rehearsal.tell(cast.manager, at(life.assignedAtMs), 'lead.assign', id, { agentId: agent.agentId });
  }
  const mover = agent ?? cast.manager;
  const way = wayTo(pipeline, life.status, chance);
  const span = life.arrivedAtMs - life.contactedAtMs;
  for (const [step, status] of way.entries()) {
    const share =
      way.length === 1 ? 0 : (step + (step === 0 || step === way.length - 1 ? 0 : chance.next() * 0.6 - 0.3)) / (way.length - 1);
    const movedAtMs = life.contactedAtMs + span * share;
    const stage = stageNamed(pipeline, status);
    const ending =
      stage?.kind === 'won'
        ? { dealValue: chance.whole(...business.deal) * 100, notes: chance.pick(business.notes) }
        : stage?.kind === 'lost'
          ? { reason: chance.pick(business.lostReasons) }
          : {};
    rehearsal.tell(mover, at(movedAtMs), 'lead.move', id, { status, ...ending });
    const notedAtMs = movedAtMs + Math.min(chance.around(20) * minute, (span / Math.max(1, way.length - 1)) * 0.3);
    if (stage?.kind === 'open' && notedAtMs < nowMs && chance.chance(0.35))
      rehearsal.tell(mover, at(notedAtMs), 'lead.note', id, { text: chance.pick(business.notes) });
  }
}
