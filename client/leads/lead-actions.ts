import type { BoardRow } from '../../projections/leads/rows.ts';
import { serverClock } from '../sync/clock.ts';
import { send } from '../sync/commands.ts';
import { can, me } from '../sync/session.ts';
import { Refused } from '../sync/wire.ts';
import { toast } from '../ui/toast.ts';
import { whyRefused } from '../words/refusals.ts';
import { t } from '../words/words.ts';
import { agentNamed } from './agents-feed.ts';
import { askClosing } from './closing.ts';
import { boardRows, personNamed } from './live-board.ts';
import { stageName, stageOf } from './stages.ts';

/**
 * What people do with a lead, from the board, the drawer and the keyboard alike: the card follows in the same frame,
 * a toast offers the way back for ten seconds, and a refusal returns this card only and says why.
 */

const UNDO_MS = 10_000;
let undoable: { run: () => void; until: number } | null = null;

/** Takes the last action back, while its toast would still offer it. Answers whether there was one. */
export function undoLast(): boolean {
  const last = undoable;
  undoable = null;
  if (last === null || performance.now() > last.until) return false;
  last.run();
  return true;
}

export function nameOf(row: Pick<BoardRow, 'name' | 'phone' | 'company'>): string {
  return row.name || row.company || row.phone || t('board.nameless');
}

/** Moves a lead to a stage; closing stages ask for what belongs to them first. Answers whether it went. */
export async function moveLead(row: BoardRow, to: string): Promise<boolean> {
  const stage = stageOf(to);
  if (stage === undefined || row.status === to) return false;
  const details =
    stage.kind === 'won' || stage.kind === 'lost' ? await askClosing({ name: nameOf(row), currency: row.currency }, stage) : {};
  if (details === null) return false;
  const from = row.status;
  const movedAt = new Date(serverClock.now()).toISOString();
  const went = await attempt(row, () =>
    send<BoardRow>({
      type: 'lead.move',
      stream: row.id,
      data: { from, status: to, ...details },
      patch: (lead) => (lead.status === from ? { ...lead, status: to, statusChangedAt: movedAt } : null),
    }),
  );
  if (went) say(t('board.moved', { name: nameOf(row), stage: stageName(to) }), wayBack(row, from, to));
  return went;
}

/** The command that compensates a move: the pipeline's own way back, else the undo the rules allow for ten minutes. */
function wayBack(row: BoardRow, from: string, to: string): (() => Promise<boolean>) | null {
  const allowed = me().pipeline.moves[to]?.includes(from) ?? false;
  const type = can('lead.move-back', row) ? 'lead.move-back' : allowed ? 'lead.move' : null;
  if (type === null) return null;
  return () =>
    attempt(row, () =>
      send<BoardRow>({
        type,
        stream: row.id,
        data: { from: to, status: from },
        patch: (lead) => (lead.status === to ? { ...lead, status: from, statusChangedAt: row.statusChangedAt } : null),
      }),
    );
}

/** Gives a lead to an agent. Full agents are refused before the server has to. */
export async function assignLead(row: BoardRow, agentId: string): Promise<boolean> {
  if (row.agentId === agentId) return false;
  const agent = agentNamed(agentId);
  const before = row.agentId;
  const went = await attempt(row, () =>
    send<BoardRow>({
      type: 'lead.assign',
      stream: row.id,
      data: { agentId },
      patch: (lead) => (lead.agentId === before ? owned(lead, agentId) : null),
    }),
  );
  if (!went) return false;
  say(t('board.assigned', { name: nameOf(row), agent: agent?.fullName ?? '' }), () =>
    before === null ? release(row, agentId) : attempt(row, () => giveBack(row, agentId, before)),
  );
  return true;
}

/** Takes an unassigned lead for oneself; the first one wins. */
export async function claimLead(row: BoardRow): Promise<boolean> {
  const { agentId } = me();
  const went = await attempt(row, () =>
    send<BoardRow>({
      type: 'lead.claim',
      stream: row.id,
      data: {},
      patch: (lead) => (lead.agentId === null ? owned(lead, agentId) : null),
    }),
  );
  if (went) say(t('board.claimed', { name: nameOf(row) }), can('lead.unassign', { agentId }) ? () => release(row, agentId) : null);
  return went;
}

/** Gives a lead back to everybody. */
export async function releaseLead(row: BoardRow): Promise<boolean> {
  const before = row.agentId;
  if (before === null || !(await release(row, before))) return false;
  say(t('board.released', { name: nameOf(row) }), can('lead.assign', row) ? () => attempt(row, () => giveBack(row, null, before)) : null);
  return true;
}

function release(row: BoardRow, agentId: string): Promise<boolean> {
  return attempt(row, () =>
    send<BoardRow>({
      type: 'lead.unassign',
      stream: row.id,
      data: {},
      patch: (lead) => (lead.agentId === agentId ? { ...lead, agentId: null, assignedAt: null } : null),
    }),
  );
}

function giveBack(row: BoardRow, from: string | null, to: string): Promise<unknown> {
  return send<BoardRow>({
    type: 'lead.assign',
    stream: row.id,
    data: { agentId: to },
    patch: (lead) => (lead.agentId === from ? owned(lead, to) : null),
  });
}

function owned(lead: BoardRow, agentId: string): BoardRow {
  return { ...lead, agentId, assignedAt: new Date(serverClock.now()).toISOString() };
}

/** Says what was done, with the way back if there is one. */
export function say(text: string, undo: (() => Promise<boolean>) | null): void {
  if (undo === null) {
    toast({ text, tone: 'good', key: 'board.done' });
    return;
  }
  const run = (): void => {
    undoable = null;
    undo().then((undone) => {
      if (undone) toast({ text: t('board.undone'), key: 'board.done' });
    }, showRefusal);
  };
  undoable = { run, until: performance.now() + UNDO_MS };
  toast({ text, key: 'board.done', action: { label: t('do.undo'), run } });
}

/** Runs a command; when it is refused its card has gone back already, and the reason is said here. */
export async function attempt(row: BoardRow, run: () => Promise<unknown>): Promise<boolean> {
  try {
    await run();
    return true;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const { problem } = error;
    const text =
      problem.code === 'lead.already-claimed' && problem.winner !== undefined
        ? t('board.lateClaim', {
            name: personNamed(problem.winner.agentId)?.name ?? problem.winner.name,
            time: lateness(problem.lateByMs ?? 0),
          })
        : t('board.refused', { name: nameOf(row), why: whyRefused(error) });
    toast({ text, tone: 'bad', key: `refused ${row.id}` });
    boardRows().repaint(row.id);
    return false;
  }
}

function lateness(ms: number): string {
  return ms < 1000 ? `${Math.max(1, Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function showRefusal(error: unknown): void {
  toast({ text: whyRefused(error), tone: 'bad' });
}
