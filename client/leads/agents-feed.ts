import type { FloorRow } from '../../projections/leads/rows.ts';
import { LiveRows } from '../sync/live-rows.ts';
import { onSession } from '../sync/session.ts';

/** The organization's agents, watched once for the whole page: names on cards, the floor, assigning. */
let feed: LiveRows<FloorRow> | null = null;
let organization: string | null = null;
const listeners = new Set<() => void>();

onSession((state) => {
  const next = state.signedIn ? state.me.organization.id : null;
  if (next === organization) return;
  organization = next;
  feed?.close();
  feed = next === null ? null : new LiveRows<FloorRow>('floor', {});
  feed?.subscribe(tell);
  tell();
});

function tell(): void {
  for (const listener of [...listeners]) listener();
}

/** Tells whenever an agent changes. */
export function onAgents(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Active agents by name. */
export function agents(): FloorRow[] {
  return [...(feed?.rows.values() ?? [])].filter((row) => row.active).sort((one, other) => one.fullName.localeCompare(other.fullName));
}

export function agentsReady(): boolean {
  return feed?.ready ?? false;
}

/** The agent of an id, suspended ones included; undefined while unknown. */
export function agentNamed(id: string | null): FloorRow | undefined {
  return id === null ? undefined : feed?.rows.get(id);
}
