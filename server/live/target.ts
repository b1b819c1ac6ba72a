import { type Audience, sees } from '../../domain/identity/audience.ts';
import type { Change, Scope } from './feed.ts';

/** What a screen can watch. */
export const views = ['board', 'lead', 'floor', 'metrics', 'alerts', 'operation'] as const;
export type ViewName = (typeof views)[number];

export function isView(name: string): name is ViewName {
  return views.some((view) => view === name);
}

/** Who watches what: everything that decides which rows a watch shows. Equal targets share a room and its frames. */
export interface Target {
  organizationId: string;
  view: ViewName;
  /** The one row of views about one thing (`lead`, `operation`), else null. */
  key: string | null;
  audience: Audience;
  /** The watcher's own agent id, for rows meant for one person. */
  me: string | null;
}

/** Views whose rows are meant for single persons; elsewhere everybody with the same audience shares a room. */
const personal: ReadonlySet<ViewName> = new Set(['alerts', 'operation']);

/** Names the room of a target. */
export function roomKey(target: Target): string {
  const person = personal.has(target.view) ? target.me : '';
  return JSON.stringify([target.organizationId, target.view, target.key, target.audience.key, person]);
}

export function visible(target: Target, scope: Scope | null): boolean {
  return scope !== null && sees(target.audience, scope, target.me);
}

/** What a change is to a target: the new row, its leaving, or nothing. */
export function effect(target: Target, change: Change): 'row' | 'gone' | null {
  if (target.key !== null && target.key !== change.key) return null;
  if (change.wire !== null && visible(target, change.after)) return 'row';
  return visible(target, change.before) ? 'gone' : null;
}

/** Scopes that a target sees, to find the rooms of a change without asking each; null when it sees all. */
export function scopesOf(target: Target): Scope[] | null {
  if (target.audience.all && !personal.has(target.view)) return null;
  const scopes: Scope[] = ['everyone', ...target.audience.agents.map((agent) => `agent:${agent}`)];
  if (target.audience.unassigned) scopes.push('unassigned');
  if (target.me !== null) scopes.push(`member:${target.me}`);
  return scopes;
}
