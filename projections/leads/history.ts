import type { RecordedEvent } from '../../domain/kernel/aggregate.ts';
import { defineFacet } from '../projection.ts';
import { leadFact } from './lead.ts';
import type { HistoryRow } from './rows.ts';

interface FieldChange {
  field: string;
  oldValue: unknown;
  newValue: unknown;
}

/** Field by field what an event changed: E3's lead_audit_log. A custom field is named `customFields.<key>`. */
function changesOf(event: RecordedEvent): FieldChange[] {
  const fact = leadFact(event);
  switch (fact.type) {
    case 'lead.captured':
      return [{ field: 'status', oldValue: null, newValue: fact.data.status }];
    case 'lead.edited': {
      const { customFields = {}, ...fields } = fact.data.fields ?? {};
      const { customFields: customWas = {}, ...was } = fact.data.was ?? {};
      return [
        ...Object.entries(fields).map(([field, newValue]) => ({
          field,
          oldValue: Reflect.get(was, field) ?? null,
          newValue: newValue ?? null,
        })),
        ...Object.entries(customFields).map(([key, newValue]) => ({
          field: `customFields.${key}`,
          oldValue: customWas[key] ?? null,
          newValue,
        })),
      ];
    }
    case 'lead.moved':
      return [
        { field: 'status', oldValue: fact.data.from, newValue: fact.data.to },
        ...(fact.data.dealValue === undefined ? [] : [{ field: 'dealValue', oldValue: null, newValue: fact.data.dealValue }]),
      ];
    case 'lead.assigned':
      return [{ field: 'agentId', oldValue: fact.data.from, newValue: fact.data.agentId }];
    case 'lead.unassigned':
      return [{ field: 'agentId', oldValue: fact.data.from, newValue: null }];
    case 'lead.tagged':
      return [{ field: 'tags', oldValue: null, newValue: fact.data.tag }];
    case 'lead.untagged':
      return [{ field: 'tags', oldValue: fact.data.tag, newValue: null }];
    case 'lead.deleted':
      return [{ field: 'deletedAt', oldValue: null, newValue: fact.data.at }];
    case 'lead.restored':
      return [{ field: 'deletedAt', oldValue: 'deleted', newValue: null }];
    default:
      return [];
  }
}

/** The history lines of an event as a JSON list; null when it changed no field. */
export function historyOf(event: RecordedEvent, changedAt: string): string | null {
  const changes = changesOf(event);
  if (changes.length === 0) return null;
  const changedBy = { id: event.meta.agentId ?? event.meta.actor, name: event.meta.actorName ?? '' };
  const rows: HistoryRow[] = changes.map((change) => ({ position: event.position, ...change, changedAt, changedBy }));
  return JSON.stringify(rows);
}

/** Every change of every field of a lead: old value, new value, who, when. Kept within the lines of the timeline. */
export const history = defineFacet<object>({
  name: 'history',
  version: 1,
  summary: 'Changes of each lead, field by field.',
  of: 'timeline',
  select: `select t.organization_id, t.lead_id, t.position, c.value ->> 'field' as field, t.at, c.value::text as wire
    from {schema}.timeline t cross join lateral json_array_elements(t.changes) c where t.changes is not null`,
  view: null,
  shows: () => false,
  wire: () => '',
});
