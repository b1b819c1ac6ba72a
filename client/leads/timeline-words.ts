import type { TimelineRow } from '../../projections/leads/rows.ts';
import type { IconName } from '../ui/icons.ts';
import { list, money } from '../words/format.ts';
import { strong } from '../words/rich.ts';
import { named, t } from '../words/words.ts';
import { agentNamed } from './agents-feed.ts';
import { sourceName, stageName } from './stages.ts';

/** What happened, as one sentence with its names marked, and what was written with it. */
export interface Told {
  icon: IconName;
  sentence: string;
  /** A note's or a reason's own words. */
  quote?: string;
}

/** A line of the timeline in the person's language. Event types that are newer than this page show as their name. */
export function tell(row: TimelineRow, currency: string): Told {
  const by = strong(row.by.name === '' ? t('lead.somebody') : row.by.name);
  const text = (name: string): string | undefined => {
    const value = row.params[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const quote = text('reason') ?? text('notes');
  const quoted = quote === undefined ? {} : { quote };
  switch (row.type) {
    case 'lead.captured': {
      const source = text('source');
      return {
        icon: 'plus',
        sentence:
          source === undefined ? t('timeline.captured', { by }) : t('timeline.capturedFrom', { by, source: strong(sourceName(source)) }),
      };
    }
    case 'lead.edited':
      return { icon: 'edit', sentence: t('timeline.edited', { by, fields: strong(editedFields(row.params['fields'])) }) };
    case 'lead.moved': {
      const params = { by, from: stageName(text('from') ?? ''), to: strong(stageName(text('to') ?? '')) };
      const dealValue = row.params['dealValue'];
      const sentence =
        typeof dealValue === 'number'
          ? t('timeline.movedWith', { ...params, value: money(dealValue, currency) })
          : t('timeline.moved', params);
      return { icon: 'move', sentence, ...quoted };
    }
    case 'lead.assigned': {
      const agentId = text('agentId');
      const agent = strong(text('agentName') ?? agentNamed(agentId ?? null)?.fullName ?? t('lead.somebody'));
      const from = text('fromName');
      if (text('strategy') === 'first_to_claim') return { icon: 'hand', sentence: t('timeline.claimed', { by }), ...quoted };
      const sentence = from === undefined ? t('timeline.assigned', { by, agent }) : t('timeline.reassigned', { by, agent, from });
      return { icon: 'userPlus', sentence, ...quoted };
    }
    case 'lead.unassigned':
      return { icon: 'user', sentence: t('timeline.unassigned', { by, from: text('fromName') ?? t('lead.somebody') }), ...quoted };
    case 'lead.tagged':
      return { icon: 'tag', sentence: t('timeline.tagged', { by, tag: strong(text('tag') ?? '') }) };
    case 'lead.untagged':
      return { icon: 'tag', sentence: t('timeline.untagged', { by, tag: strong(text('tag') ?? '') }) };
    case 'lead.noted': {
      const note = text('text');
      return { icon: 'note', sentence: t('timeline.noted', { by }), ...(note === undefined ? {} : { quote: note }) };
    }
    case 'lead.deleted':
      return { icon: 'trash', sentence: t('timeline.deleted', { by }), ...quoted };
    case 'lead.restored':
      return { icon: 'restore', sentence: t('timeline.restored', { by }) };
    default:
      return { icon: 'info', sentence: t('timeline.other', { by, what: row.type }) };
  }
}

/** Names of the fields of an edit, given as their new values or as a list of names. */
function editedFields(fields: unknown): string {
  const names = Array.isArray(fields) ? fields.map(String) : typeof fields === 'object' && fields !== null ? Object.keys(fields) : [];
  return list([...new Set(names.map(fieldName))]);
}

/** A field's name as the drawer labels it; a custom field's own key. */
export function fieldName(field: string): string {
  const custom = /^customFields\.(.+)$/.exec(field);
  if (custom?.[1] !== undefined) return custom[1];
  return named('field', field === 'budgetMin' || field === 'budgetMax' ? 'budget' : field, field);
}
