import type { Actor, Role } from '../kernel/aggregate.ts';
import { type Audience, scopeOfLead, sees } from './audience.ts';

/**
 * How far a right reaches: nothing; what the person owns (and what nobody owns, if they see it); what they see;
 * everything in the organization.
 */
export type Level = 'none' | 'own' | 'team' | 'all';

type Row = Readonly<Record<Role, Level>>;

const row = (owner: Level, admin: Level, manager: Level, agent: Level, assistant: Level, viewer: Level): Row => ({
  owner,
  admin,
  manager,
  agent,
  assistant,
  viewer,
});

const working = row('all', 'all', 'team', 'own', 'team', 'none');
const leading = row('all', 'all', 'team', 'none', 'none', 'none');
const running = row('all', 'all', 'none', 'none', 'none', 'none');
const everyone = row('all', 'all', 'all', 'all', 'all', 'all');
const oneself = row('own', 'own', 'own', 'own', 'own', 'own');
const machinery = row('none', 'none', 'none', 'none', 'none', 'none');

/**
 * The one table of rights: role × command or query. Names are the commands' own; queries are `<noun>.list`,
 * `<noun>.read`. What is not listed nobody may do.
 */
export const permissions: Readonly<Record<string, Row>> = {
  'lead.capture': row('all', 'all', 'team', 'own', 'team', 'none'),
  'lead.edit': working,
  'lead.move': working,
  'lead.move-back': working,
  'lead.tag': working,
  'lead.untag': working,
  'lead.note': working,
  'lead.claim': row('all', 'all', 'team', 'own', 'none', 'none'),
  'lead.assign': leading,
  'lead.unassign': row('all', 'all', 'team', 'own', 'none', 'none'),
  'lead.delete': leading,
  'lead.restore': leading,
  'lead.list': row('all', 'all', 'team', 'team', 'team', 'all'),
  'lead.read': row('all', 'all', 'team', 'team', 'team', 'all'),
  'agent.create': running,
  'agent.edit': leading,
  'agent.pause': row('all', 'all', 'team', 'own', 'none', 'none'),
  'agent.resume': row('all', 'all', 'team', 'own', 'none', 'none'),
  'agent.step-away': row('all', 'all', 'team', 'own', 'none', 'none'),
  'agent.list': everyone,
  'organization.create': machinery,
  'organization.edit': running,
  'organization.read': everyone,
  'member.add': running,
  'member.change-role': running,
  'member.suspend': running,
  'member.activate': running,
  'member.list': everyone,
  'team.create': running,
  'team.add-member': running,
  'team.remove-member': running,
  'team.set-lead': running,
  'team.list': everyone,
  'user.register': machinery,
  'user.edit': oneself,
  'operation.start': machinery,
  'operation.progress': machinery,
  'operation.complete': machinery,
  'operation.read': everyone,
  'alert.read': oneself,
  'alert.read-all': oneself,
  'alert.list': oneself,
  'report.read': everyone,
};

/** What an organization changed in the table for itself: role → name → level. */
export type PermissionOverrides = Readonly<Partial<Record<Role, Readonly<Record<string, Level>>>>>;

/** How far the actor's right to a command or query reaches. The system's own actors (`system:<policy>`) act for the organization itself. */
export function level(organization: { permissions: PermissionOverrides }, actor: Pick<Actor, 'id' | 'role'>, name: string): Level {
  if (actor.id.startsWith('system:')) return 'all';
  const standard = permissions[name]?.[actor.role] ?? 'none';
  return organization.permissions[actor.role]?.[name] ?? standard;
}

/**
 * Whether a right of this reach covers a thing of this owner: an agentId, null when nobody owns it, undefined when
 * ownership has no meaning for it (then the rule itself looks at who asks).
 */
export function permits(reach: Level, actor: { agentId: string | null; audience: Audience }, owner: string | null | undefined): boolean {
  if (reach === 'none') return false;
  if (reach === 'all' || owner === undefined) return true;
  if (reach === 'team') return sees(actor.audience, scopeOfLead(owner), actor.agentId);
  return owner === null ? actor.audience.unassigned : owner === actor.agentId;
}
