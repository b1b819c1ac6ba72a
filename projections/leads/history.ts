import type { RecordedEvent } from '../../domain/kernel/aggregate.ts';
import { defineAppended } from '../projection.ts';
import { leadFact } from './lead.ts';
import type { HistoryRow } from './rows.ts';
import { instantOf } from './timeline.ts';

interface HistoryLine {
  leadId: string;
  position: number;
  field: string;
  at: string;
  wire: string;
}

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

/** Every change of every field of a lead: old value, new value, who, when. */
export const history = defineAppended<HistoryLine>({
  name: 'history',
  version: 1,
  summary: 'Changes of each lead, field by field.',
  reads: [],
  streams: ['lead'],
  identity: ['lead_id', 'position', 'field'],
  columns: [
    { name: 'lead_id', type: 'text', of: (line) => line.leadId },
    { name: 'position', type: 'bigint', of: (line) => line.position },
    { name: 'field', type: 'text', of: (line) => line.field },
    { name: 'at', type: 'timestamptz', of: (line) => line.at },
    { name: 'wire', type: 'text', of: (line) => line.wire },
  ],
  indexes: [],
  lines(event) {
    const changedAt = instantOf(event);
    return changesOf(event).map(({ field, oldValue, newValue }) => {
      const row: HistoryRow = {
        position: event.position,
        field,
        oldValue,
        newValue,
        changedAt,
        changedBy: { id: event.meta.agentId ?? event.meta.actor, name: event.meta.actorName ?? '' },
      };
      return { leadId: event.stream.id, position: event.position, field, at: changedAt, wire: JSON.stringify(row) };
    });
  },
});
