import { audienceOf, everything } from '../../domain/identity/audience.ts';
import type { Actor, Role } from '../../domain/kernel/aggregate.ts';
import { nilId } from '../../domain/kernel/ids.ts';
import { presets } from '../../domain/leads/presets/catalogue.ts';
import type { Preset } from '../../domain/leads/presets/preset.ts';
import { alertIdOf } from '../../projections/leads/alerts.ts';
import type { Sessions } from '../identity/sessions.ts';
import type { EventStore } from '../store/store.ts';
import { Chance } from './made-up/chance.ts';
import { type Cast, playLife } from './made-up/life.ts';
import { emiratesMobile, somebody } from './made-up/people.ts';
import { monthOf } from './made-up/weeks.ts';
import { businesses } from './made-up/wishes.ts';
import { type Played, Rehearsal } from './rehearsal.ts';

/** The password of every sign-in of the demo floor. */
export const demoPassword = 'leadfloor-demo';

const day = 86_400_000;
const hour = 3_600_000;

const agentNumbers = [1, 2, 3, 4, 5, 6, 7, 8];
const handles: readonly { handle: string; role: Role }[] = [
  { handle: 'owner', role: 'owner' },
  { handle: 'manager', role: 'manager' },
  ...agentNumbers.map((number) => ({ handle: `agent${number}`, role: 'agent' as const })),
  { handle: 'viewer', role: 'viewer' },
];

/** The people of one demo organization: eleven sign-ins, all with the demo password. */
export function demoSignIns(slug: string): { email: string; role: Role }[] {
  return handles.map(({ handle, role }) => ({ email: `${handle}@${slug}.demo`, role }));
}

export interface DemoParts {
  store: Pick<EventStore, 'bulkAppend'>;
  sessions: Pick<Sessions, 'setPasswords'>;
  /** The instant the floor is made for; its past lies before it. */
  now: Date;
  seed?: number;
  log: { info(details: object, message: string): void };
}

const organizationNames: Readonly<Record<string, string>> = {
  'uae-real-estate': 'Marina & Palm Realty',
  'us-real-estate': 'Maple Street Homes',
  'b2b-sales': 'Fieldnote Software',
  recruiting: 'Second Shift Recruiting',
  brokerage: 'Harbor Brokerage',
};

const system: Actor = { id: 'system:demo', agentId: null, name: 'Demo', role: 'owner', audience: everything };
const website: Actor = { ...system, id: 'system:webhook', name: 'Website and portals' };

interface Member {
  userId: string;
  agentId: string;
  email: string;
  name: string;
  role: Role;
  actor: Actor;
}

/**
 * Makes the demo floor: one organization a preset with people, a team and some hundred leads whose histories were
 * decided by the same rules as any command. The same seed and instant make the same floor.
 */
export async function makeDemoFloor(parts: DemoParts): Promise<void> {
  const accounts: { userId: string; email: string; password: string }[] = [];
  for (const [index, preset] of presets.entries()) {
    const members = await makeOrganization(parts, preset, new Chance((parts.seed ?? 1) * 1000 + index));
    for (const { userId, email } of members) accounts.push({ userId, email, password: demoPassword });
  }
  await parts.sessions.setPasswords(accounts);
}

async function makeOrganization(parts: DemoParts, preset: Preset, chance: Chance): Promise<Member[]> {
  const nowMs = parts.now.getTime();
  const foundedMs = nowMs - 60 * day;
  const founded = new Date(foundedMs).toISOString();
  const organizationId = chance.id(foundedMs);
  const members = cast(preset, chance, foundedMs);
  const users = new Rehearsal(nilId, (atMs) => chance.id(atMs));
  const floor = new Rehearsal(organizationId, (atMs) => chance.id(atMs));

  floor.tell(system, founded, 'organization.create', organizationId, {
    name: organizationNames[preset.slug] ?? preset.label,
    slug: preset.slug,
    preset: preset.slug,
  });
  for (const member of members) {
    const [firstName = '', ...rest] = member.name.split(' ');
    const profile = { email: member.email, firstName, lastName: rest.join(' '), timezone: preset.timezone, locale: preset.locale };
    users.tell(system, founded, 'user.register', member.userId, profile);
    floor.tell(system, founded, 'member.add', member.agentId, { userId: member.userId, name: member.name, role: member.role });
  }
  const agents = members.filter(({ role }) => role === 'agent');
  const manager = members.find(({ role }) => role === 'manager') as Member;
  for (const [index, agent] of agents.entries()) makeAgent(floor, preset, chance, agent, index, founded);
  floor.tell(system, founded, 'team.create', chance.id(foundedMs), {
    name: 'Sales floor',
    leadId: manager.agentId,
    agentIds: agents.map(({ agentId }) => agentId),
  });
  await perform(parts, nilId, users.script());
  await perform(parts, organizationId, floor.script());

  const players: Cast = { intake: website, manager: manager.actor, agents: agents.map(({ actor }) => actor) };
  const business = businesses[preset.slug];
  if (!business) throw new Error(`nobody knows what leads of ${preset.slug} want`);
  const lives = monthOf(preset, business, chance, nowMs);
  for (const life of lives) playLife(floor, organizationId, players, business, chance, life);
  const awayAt = new Date(nowMs - 2 * hour).toISOString();
  floor.tell((agents[5] as Member).actor, awayAt, 'agent.pause', (agents[5] as Member).agentId, {
    reason: 'Viewings until the evening',
    until: new Date(nowMs + 3 * hour).toISOString(),
  });
  floor.tell((agents[7] as Member).actor, awayAt, 'agent.step-away', (agents[7] as Member).agentId, {});
  const told = await perform(parts, organizationId, floor.script());
  await readOldAlerts(parts, organizationId, floor, agents, told, nowMs);
  parts.log.info({ organization: preset.slug, leads: lives.length, members: members.length }, 'demo organization made');
  return members;
}

function cast(preset: Preset, chance: Chance, atMs: number): Member[] {
  const business = businesses[preset.slug];
  const taken = new Set<string>();
  const freshName = () => {
    for (;;) {
      const { firstName, lastName } = somebody(chance, business?.arabicShare ?? 0, 0);
      const name = `${firstName} ${lastName}`;
      if (taken.has(firstName)) continue;
      taken.add(firstName);
      return name;
    }
  };
  return demoSignIns(preset.slug).map(({ email, role }) => {
    const userId = chance.id(atMs);
    const agentId = chance.id(atMs);
    const name = freshName();
    const audience = audienceOf(role, agentId, null, preset.visibility[role]);
    return { userId, agentId, email, name, role, actor: { id: userId, agentId, name, role, audience } };
  });
}

function makeAgent(floor: Rehearsal, preset: Preset, chance: Chance, member: Member, index: number, at: string): void {
  const business = businesses[preset.slug];
  const areas = business?.areas ?? [];
  floor.tell(system, at, 'agent.create', member.agentId, {
    userId: member.userId,
    fullName: member.name,
    email: member.email,
    phone: preset.region === 'AE' ? emiratesMobile(59_000_000 + index) : `+1 212 555 ${String(9900 + index)}`,
    specializationPropertyType: chance.some(business?.specialities ?? [], 2),
    specializationAreas: chance.some(areas, 3),
    languageSkills: [...new Set(['english', ...chance.some(business?.languages ?? [], 2)])],
  });
}

interface Told {
  agentId: string;
  alertId: string;
  at: string;
}

/** Appends what was played; made-up leads break no rule, so a refusal is a defect. Answers who was told of which assignment. */
async function perform(parts: DemoParts, organizationId: string, script: Played[]): Promise<Told[]> {
  const told: Told[] = [];
  const outcomes = await parts.store.bulkAppend(organizationId, system, script);
  for (const [index, outcome] of outcomes.entries()) {
    if (!outcome.ok) throw outcome.rejection;
    const events = script[index]?.events ?? [];
    for (const [nth, event] of events.entries()) {
      if (event.type !== 'lead.assigned') continue;
      const { agentId, at } = event.data as { agentId: string; at: string };
      const position = outcome.position - (events.length - 1 - nth);
      told.push({ agentId, at, alertId: alertIdOf({ organizationId, position }, agentId) });
    }
  }
  return told;
}

/** People have read what came before today. */
async function readOldAlerts(
  parts: DemoParts,
  organizationId: string,
  floor: Rehearsal,
  agents: Member[],
  told: Told[],
  nowMs: number,
): Promise<void> {
  for (const agent of agents) {
    const old = told
      .filter(({ agentId, at }) => agentId === agent.agentId && Date.parse(at) < nowMs - 12 * hour)
      .map(({ alertId }) => alertId);
    if (old.length > 0)
      floor.tell(agent.actor, new Date(nowMs - 11 * hour).toISOString(), 'alert.read-all', agent.agentId, { alertIds: old });
  }
  await perform(parts, organizationId, floor.script());
}
