import type { OrganizationState } from '../../../domain/identity/organization.ts';
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

export interface Life {
  id: string;
  person: Person;
  index: number;
  capturedAtMs: number;
  /** The stage it has come to. */
  status: string;
  /** Its place among the cast's agents, null for nobody. */
  agent: number | null;
  /** When the last move happens, if that is to be seen today; otherwise at the pace of the story. */
  endsAtMs?: number;
  /** Not after this. */
  nowMs: number;
}

const minute = 60_000;
const day = 86_400_000;

/** The fewest moves from the first stage to that one. */
export function pathTo(pipeline: PipelineState, status: string): string[] {
  const start = firstStage(pipeline).key;
  const came = new Map<string, string | null>([[start, null]]);
  for (const stage of came.keys()) for (const next of movesFrom(pipeline, stage)) if (!came.has(next)) came.set(next, stage);
  const path: string[] = [];
  for (let stage: string | null = status; stage !== null && stage !== start; stage = came.get(stage) ?? null) path.unshift(stage);
  return path;
}

/** Plays one lead's life: arrival, hand-over, moves with notes between them, a good or a bad end. */
export function playLife(rehearsal: Rehearsal, organizationId: string, cast: Cast, business: Business, chance: Chance, life: Life): void {
  const organization = rehearsal.state<OrganizationState>('organization', organizationId);
  const pipeline = rehearsal.state<PipelineState>('pipeline', organizationId);
  const { id, person, nowMs } = life;
  const path = pathTo(pipeline, life.status);
  const step = Math.max(1, Math.floor((nowMs - life.capturedAtMs) / (path.length + 2)));
  let atMs = life.capturedAtMs;
  const at = () => new Date(atMs).toISOString();
  const onward = (most: number) => {
    atMs += chance.whole(1, Math.max(1, Math.min(step, most)));
  };

  const wishes = business.wishes(chance, person, life.index, at());
  const tags = chance.chance(0.55) ? chance.some(business.tags, 2) : [];
  rehearsal.tell(cast.intake, at(), 'lead.capture', id, { firstName: person.firstName, lastName: person.lastName, ...wishes, tags });
  const agent = life.agent === null ? null : cast.agents[life.agent];
  if (agent?.agentId) {
    onward(9 * minute);
    if (agent.audience.unassigned && chance.chance(0.3)) rehearsal.tell(agent, at(), 'lead.claim', id, {});
    else rehearsal.tell(cast.manager, at(), 'lead.assign', id, { agentId: agent.agentId });
  }
  const mover = agent ?? cast.manager;
  for (const [stepNumber, status] of path.entries()) {
    onward(stepNumber === 0 ? organization.responseMinutes * 2 * minute : 4 * day);
    const isLast = stepNumber === path.length - 1;
    if (isLast && life.endsAtMs !== undefined) atMs = Math.max(atMs, life.endsAtMs);
    const stage = stageNamed(pipeline, status);
    const ending =
      stage?.kind === 'won'
        ? { dealValue: chance.whole(...business.deal) * 100, notes: chance.pick(business.notes) }
        : stage?.kind === 'lost'
          ? { reason: chance.pick(business.lostReasons) }
          : {};
    rehearsal.tell(mover, at(), 'lead.move', id, { status, ...ending });
    if (stage?.kind === 'open' && chance.chance(0.35)) {
      onward(90 * minute);
      rehearsal.tell(mover, at(), 'lead.note', id, { text: chance.pick(business.notes) });
    }
  }
}
