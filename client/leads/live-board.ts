import type { BoardRow } from '../../projections/leads/rows.ts';
import { LiveRows } from '../sync/live-rows.ts';
import { peopleHere } from '../sync/presence.ts';
import { me, onSession, session } from '../sync/session.ts';
import { agentNamed, agents } from './agents-feed.ts';

/**
 * The leads that several screens share: one watch, opened when first asked for and kept while the person works for
 * this organization, so that going from screen to screen shows what is already here.
 */
let board: LiveRows<BoardRow> | null = null;
let organization: string | null = null;

/** A narrow screen takes the newest 5,000, a desk all that the contract gives. */
const deskLimit = 20_000;

onSession((state) => {
  const next = state.signedIn ? state.me.organization.id : null;
  if (next === organization) return;
  organization = next;
  board?.close();
  board = null;
});

/** View `board`: the leads this person sees. */
export function boardRows(): LiveRows<BoardRow> {
  organization ??= me().organization.id;
  board ??= new LiveRows<BoardRow>('board', matchMedia('(max-width: 640px)').matches ? {} : { limit: deskLimit });
  return board;
}

/** Somebody as a change or a lead names them: by agent id or user id. Null when nobody here is known by it. */
export function personNamed(id: string): { id: string; name: string } | null {
  const agent = agentNamed(id) ?? agents().find((row) => row.userId === id);
  if (agent !== undefined) return { id: agent.id, name: agent.fullName };
  const state = session();
  if (state.signedIn && (state.me.agentId === id || state.me.user.id === id)) return { id: state.me.agentId, name: state.me.user.name };
  const here = peopleHere.people.get(id);
  return here === undefined ? null : { id: here.agentId, name: here.name };
}
