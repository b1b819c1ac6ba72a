import { audienceOf, everything } from '../../domain/identity/audience.ts';
import type { MemberState } from '../../domain/identity/member.ts';
import type { OrganizationState } from '../../domain/identity/organization.ts';
import type { Actor } from '../../domain/kernel/aggregate.ts';
import { Rejection } from '../../domain/kernel/rejection.ts';
import { type AgentState, capacityOf } from '../../domain/leads/agent.ts';
import type { PipelineState } from '../../domain/leads/pipeline.ts';
import type { Preset } from '../../domain/leads/presets/preset.ts';
import type { EventStore } from '../store/store.ts';
import { Chance } from './made-up/chance.ts';
import { type Cast, type Life, playLife } from './made-up/life.ts';
import { somebody } from './made-up/people.ts';
import { courseOf } from './made-up/weeks.ts';
import { type Business, businesses } from './made-up/wishes.ts';
import { Rehearsal } from './rehearsal.ts';

export interface SeedParts {
  store: Pick<EventStore, 'bulkAppend' | 'load'>;
  /** Members of the organization with the active leads they hold, from the read models. */
  agents: readonly { agentId: string; activeLeadsCount: number }[];
  /** Who hands leads over; null: nobody does, agents claim. */
  managerId: string | null;
  now: Date;
  seed: number;
}

export interface SeedPlan {
  organizationId: string;
  leads: number;
  onProgress?: (done: number) => void;
}

const system: Actor = { id: 'system:seed', agentId: null, name: 'Seed', role: 'owner', audience: everything };
const website: Actor = { ...system, id: 'system:webhook', name: 'Website and portals' };
const chunkLeads = 2_000;
const day = 86_400_000;
const spreadDays = 180;

/** How many leads the organization has still place for with each agent. */
interface Places {
  left: (number | null)[];
}

/**
 * Makes believable leads by the thousand: each with a history of captures, hand-overs, moves and notes over the last
 * half year, decided by the domain's rules and appended as real events. Answers how many leads and events were made.
 * Agents get no more active leads than they may hold; what finds no place stays unassigned.
 */
export async function seedLeads(parts: SeedParts, plan: SeedPlan): Promise<{ leads: number; events: number; refused: number }> {
  const { store, now } = parts;
  const { organizationId } = plan;
  const chance = new Chance(parts.seed);
  const rehearsal = new Rehearsal(organizationId, (atMs) => chance.id(atMs));
  const know = async <State>(type: string, id: string): Promise<State> => {
    const { state } = await store.load<State>(organizationId, { type, id });
    rehearsal.know({ type, id }, state);
    return state;
  };
  const organization = await know<OrganizationState>('organization', organizationId);
  const pipeline = await know<PipelineState>('pipeline', organizationId);
  const places: Places = { left: [] };
  const agents: Actor[] = [];
  for (const { agentId, activeLeadsCount } of parts.agents) {
    const member = await know<MemberState>('member', agentId);
    const capacity = capacityOf(await know<AgentState>('agent', agentId), organization);
    // One place stays free: leads that were won or lost since needed it for a while.
    places.left.push(capacity === null ? null : Math.max(0, capacity - activeLeadsCount - 1));
    agents.push(actorOf(organization, agentId, member));
  }
  const manager =
    parts.managerId === null ? system : actorOf(organization, parts.managerId, await know<MemberState>('member', parts.managerId));
  const cast: Cast = { intake: website, manager, agents };
  const business = businesses[organization.preset];
  if (!business) throw new Error(`nobody knows what leads of ${organization.preset} want`);

  // Numbers begin anywhere, so that seeding twice does not make the same phones again.
  const firstIndex = chance.whole(0, 20_000_000);
  let events = 0;
  let refused = 0;
  for (let done = 0; done < plan.leads; ) {
    const count = Math.min(chunkLeads, plan.leads - done);
    for (let index = 0; index < count; index += 1) {
      const life = lifeOf(
        chance,
        { stages: pipeline.stages, responseMinutes: organization.responseMinutes },
        places,
        firstIndex + done + index,
        now.getTime(),
        business,
      );
      playLife(rehearsal, organizationId, cast, business, chance, life);
    }
    const script = rehearsal.script();
    const outcomes = await store.bulkAppend(organizationId, system, script);
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.ok) events += script[index]?.events.length ?? 0;
      else if (outcome.rejection instanceof Rejection) refused += 1;
      else throw outcome.rejection;
    }
    rehearsal.forgetLeads();
    done += count;
    plan.onProgress?.(done);
  }
  return { leads: plan.leads, events, refused };
}

function actorOf(organization: OrganizationState, agentId: string, { userId, name, role }: MemberState): Actor {
  return { id: userId ?? system.id, agentId, name, role, audience: audienceOf(role, agentId, null, organization.visibility[role]) };
}

function lifeOf(
  chance: Chance,
  preset: Pick<Preset, 'stages' | 'responseMinutes'>,
  places: Places,
  index: number,
  nowMs: number,
  business: Business,
): Life {
  const open = preset.stages.filter(({ kind }) => kind === 'open');
  const capturedAtMs = nowMs - (chance.next() * chance.next() * spreadDays + 0.1) * day;
  const agents = places.left.map((left, agent) => ({ left, agent }));
  const course = courseOf(chance, preset, capturedAtMs, nowMs, null, 0.15);
  const isOpen = open.some(({ key }) => key === course.status);
  const free = agents.filter(({ left }) => !isOpen || left === null || left > 0);
  const agent = free.length > 0 && !(isOpen && chance.chance(0.2)) ? chance.pick(free).agent : null;
  if (agent !== null && isOpen) {
    const left = places.left[agent];
    if (typeof left === 'number') places.left[agent] = left - 1;
  }
  // Nobody has worked what nobody owns.
  const status = agent === null && isOpen ? (open[0]?.key ?? course.status) : course.status;
  const person = somebody(chance, business.arabicShare, business.inArabicScript);
  return { ...course, id: chance.id(capturedAtMs), person, index, status, agent, nowMs };
}
