import type { BoardRow } from '../../projections/leads/rows.ts';
import { can } from '../sync/session.ts';
import { toast } from '../ui/toast.ts';
import { t } from '../words/words.ts';
import { agentNamed } from './agents-feed.ts';
import { assignLead, moveLead } from './lead-actions.ts';
import { isFull } from './lead-menus.ts';
import { movesFrom, stageName, stages } from './stages.ts';

/** What a drop or a key asks for, done if it may be, else answered with why not and what is possible instead. */

/** Moves a lead where the pipeline lets it go. */
export function moveIfAllowed(row: BoardRow, status: string): void {
  if (row.status === status) return;
  const allowed = movesFrom(row.status);
  if (!can('lead.move', row)) deny(t('board.mayNotMove'));
  else if (allowed.some((stage) => stage.key === status)) void moveLead(row, status);
  else if (allowed.length === 0) deny(t('board.isFinal', { from: stageName(row.status) }));
  else {
    const ways = allowed.map((stage) => stageName(stage.key)).join(', ');
    deny(t('board.noWay', { from: stageName(row.status), to: stageName(status), ways }));
  }
}

/** Moves a lead to the nearest open stage before (-1) or after (1) its own that the pipeline allows. */
export function shove(row: BoardRow, way: 1 | -1): void {
  const order = stages().map((stage) => stage.key);
  const here = order.indexOf(row.status);
  const targets = movesFrom(row.status).filter((stage) => stage.kind === 'open' && Math.sign(order.indexOf(stage.key) - here) === way);
  const target = way === 1 ? targets[0] : targets.at(-1);
  if (target !== undefined) moveIfAllowed(row, target.key);
  else deny(t(way === 1 ? 'board.noNext' : 'board.noBefore', { from: stageName(row.status) }));
}

/** Gives a lead to an agent with room for it. */
export function giveTo(row: BoardRow, agentId: string): void {
  const agent = agentNamed(agentId);
  if (agent === undefined || row.agentId === agentId) return;
  if (!can('lead.assign', row)) deny(t('board.mayNotAssign'));
  else if (isFull(agent)) deny(t('board.agentFull', { agent: agent.fullName, capacity: agent.capacity ?? 0 }));
  else void assignLead(row, agentId);
}

function deny(text: string): void {
  toast({ text, tone: 'bad', key: 'board.denied' });
}
