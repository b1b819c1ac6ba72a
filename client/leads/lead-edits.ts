import type { BoardRow } from '../../projections/leads/rows.ts';
import { send } from '../sync/commands.ts';
import { can } from '../sync/session.ts';
import { t } from '../words/words.ts';
import { attempt, nameOf, say } from './lead-actions.ts';

/** What people do with one lead from its drawer, beside moving and assigning it. */

export async function tagLead(row: BoardRow, tag: string): Promise<boolean> {
  return attempt(row, () =>
    send<BoardRow>({
      type: 'lead.tag',
      stream: row.id,
      data: { tag },
      patch: (lead) => (lead.tags.includes(tag) ? null : { ...lead, tags: [...lead.tags, tag] }),
    }),
  );
}

export async function untagLead(row: BoardRow, tag: string): Promise<void> {
  const went = await attempt(row, () =>
    send<BoardRow>({
      type: 'lead.untag',
      stream: row.id,
      data: { tag },
      patch: (lead) => ({ ...lead, tags: lead.tags.filter((one) => one !== tag) }),
    }),
  );
  if (went) say(t('lead.untagged', { tag }), () => tagLead(row, tag));
}

export async function noteLead(row: BoardRow, text: string): Promise<boolean> {
  return attempt(row, () => send<BoardRow>({ type: 'lead.note', stream: row.id, data: { text } }));
}

export async function deleteLead(row: BoardRow): Promise<boolean> {
  const went = await attempt(row, () => send<BoardRow>({ type: 'lead.delete', stream: row.id, data: {} }));
  if (went) say(t('lead.deleted', { name: nameOf(row) }), can('lead.restore', row) ? () => restoreLead(row) : null);
  return went;
}

export async function restoreLead(row: BoardRow): Promise<boolean> {
  return attempt(row, () => send<BoardRow>({ type: 'lead.restore', stream: row.id, data: {} }));
}
