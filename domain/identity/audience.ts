import type { Role } from '../kernel/aggregate.ts';

/**
 * Which leads a person sees. Two people with the same audience get the same frames, so `key` names the live room;
 * it must determine the rest.
 */
export interface Audience {
  key: string;
  /** Sees every lead of the organization. */
  all: boolean;
  /** Otherwise: leads owned by one of these agents … */
  agents: readonly string[];
  /** … and, if set, leads nobody owns. */
  unassigned: boolean;
}

/** Settings of an organization per role: which leads it sees. */
export type Visibility = 'own' | 'own-and-unassigned' | 'team' | 'all';

export const everything: Audience = { key: 'all', all: true, agents: [], unassigned: true };

/**
 * The audience of a person: owners and admins all; a manager the teams they lead and unassigned leads (all, if they
 * lead no team); an agent by the organization's setting; a viewer all (reading only).
 * `team` is the agent ids of the teams the person leads, null when they lead none.
 */
export function audienceOf(role: Role, agentId: string, team: readonly string[] | null, setting: Visibility): Audience {
  if (role === 'owner' || role === 'admin' || setting === 'all') return everything;
  if (setting === 'team') {
    if (team === null) return everything;
    const agents = [...new Set([...team, agentId])].sort();
    return { key: `team:${agents.join(',')}`, all: false, agents, unassigned: true };
  }
  const unassigned = setting === 'own-and-unassigned';
  return { key: `${unassigned ? 'own+' : 'own'}:${agentId}`, all: false, agents: [agentId], unassigned };
}

/** Scope of a lead row by its owner: what `sees` and the change feed speak of. */
export function scopeOfLead(agentId: string | null): string {
  return agentId === null ? 'unassigned' : `agent:${agentId}`;
}

/** Whether an audience sees a row of this scope; `me` is the watcher's own agent id, for rows meant for one person. */
export function sees(audience: Audience, scope: string, me: string | null): boolean {
  if (scope === 'everyone') return true;
  if (scope.startsWith('member:')) return me !== null && scope === `member:${me}`;
  if (audience.all) return true;
  if (scope === 'unassigned') return audience.unassigned;
  return scope.startsWith('agent:') && audience.agents.includes(scope.slice(6));
}
