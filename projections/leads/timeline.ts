import type { RecordedEvent } from '../../domain/kernel/aggregate.ts';
import { defineAppended } from '../projection.ts';
import { historyOf } from './history.ts';
import type { TimelineRow } from './rows.ts';

interface TimelineLine {
  leadId: string;
  position: number;
  at: string;
  wire: string;
  /** What the event changed, field by field: the rows of `history`. */
  changes: string | null;
}

/** The instant of the fact itself; imported history keeps its own. */
export function instantOf(event: RecordedEvent): string {
  return typeof event.data.at === 'string' ? event.data.at : event.recordedAt;
}

/** Everything that happened to a lead, one line an event; `params` are the event's own facts. */
export const timeline = defineAppended<TimelineLine>({
  name: 'timeline',
  version: 1,
  summary: 'Everything that happened to each lead, in order.',
  reads: [],
  streams: ['lead'],
  identity: ['lead_id', 'position'],
  columns: [
    { name: 'lead_id', type: 'uuid', of: (line) => line.leadId },
    { name: 'position', type: 'bigint', of: (line) => line.position },
    { name: 'at', type: 'timestamptz', of: (line) => line.at },
    { name: 'wire', type: 'text', of: (line) => line.wire },
    { name: 'changes', type: 'json', of: (line) => line.changes },
  ],
  indexes: [],
  lines(event) {
    const { at: _at, ...params } = event.data;
    const row: TimelineRow = {
      id: String(event.position),
      position: event.position,
      type: event.type,
      at: instantOf(event),
      by: { id: event.meta.actor, agentId: event.meta.agentId, name: event.meta.actorName ?? '' },
      params,
    };
    return [
      { leadId: event.stream.id, position: event.position, at: row.at, wire: JSON.stringify(row), changes: historyOf(event, row.at) },
    ];
  },
});
