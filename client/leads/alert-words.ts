import type { AlertRow } from '../../projections/leads/rows.ts';
import type { IconName } from '../ui/icons.ts';
import { strong } from '../words/rich.ts';
import { t } from '../words/words.ts';

/** What an alert says, in one sentence with its names marked. */
export function alertText(row: AlertRow): string {
  const { text = '', label = '', total = '' } = row.params;
  const lead = strong(row.params['lead'] || t('lead.someone'));
  const by = strong(row.params['by'] || t('lead.somebody'));
  const to = row.params['to'];
  if (row.kind === 'assigned') return t('alert.assigned', { lead, by });
  if (row.kind === 'reassigned-away')
    return to ? t('alert.reassignedAway', { lead, by, to: strong(to) }) : t('alert.takenBack', { lead, by });
  if (row.kind === 'note') return t('alert.note', { lead, by, text });
  return row.params['status'] === 'completed'
    ? t('alert.import', { label, count: total })
    : t('alert.importStopped', { label, count: total });
}

export const alertIcons: Record<AlertRow['kind'], IconName> = {
  assigned: 'userPlus',
  'reassigned-away': 'users',
  note: 'note',
  import: 'import',
};
