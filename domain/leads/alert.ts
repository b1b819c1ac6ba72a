import { z } from 'zod';
import { type Aggregate, type DomainEvent, defineCommand } from '../kernel/aggregate.ts';
import { uuid } from '../kernel/ids.ts';
import { Rejection } from '../kernel/rejection.ts';

/**
 * That a person has read a notification. Alerts themselves follow from other facts (a lead assigned, an import done)
 * and live in the read model only; what the log keeps is the reading. The stream is the alert, or, for many at once,
 * the person.
 */
export type AlertEvent =
  // The person read one alert. It counts only if the alert is theirs.
  | DomainEvent<'alert.read', { agentId: string; at: string }>
  // The person read these alerts.
  | DomainEvent<'alert.all-read', { agentId: string; alertIds: string[]; at: string }>;

/** Who has read it. */
export interface AlertState {
  readers: readonly string[];
}

const read = z.strictObject({});
const readAll = z.strictObject({ alertIds: z.array(uuid).min(1).max(500).describe('The alerts that were shown.') });

function reader(agentId: string | null): string {
  if (agentId === null) throw new Rejection(403, 'forbidden', 'Only members have alerts.');
  return agentId;
}

export const alert: Aggregate<AlertState, AlertEvent> = {
  name: 'alert',
  plural: 'alerts',
  area: 'leads',
  initial: { readers: [] },
  evolve: (state, event) => (event.type === 'alert.read' ? { readers: [...state.readers, event.data.agentId] } : state),
  events: {
    'alert.read': { schema: 1, fact: 'A person read an alert of theirs.', undo: 'nothing: read is read' },
    'alert.all-read': { schema: 1, fact: 'A person read several alerts of theirs at once.', undo: 'nothing: read is read' },
  },
  // Alerts come about without an event of their own, so the stream of each is there from the start.
  exists: () => true,
  commands: [
    defineCommand<AlertState, z.infer<typeof read>, AlertEvent>({
      name: 'alert.read',
      summary: 'Mark an alert as read',
      data: read,
      codes: {},
      decide(state, _data, context) {
        const agentId = reader(context.actor.agentId);
        return { events: state.readers.includes(agentId) ? [] : [{ type: 'alert.read', data: { agentId, at: context.now } }] };
      },
    }),
    defineCommand<AlertState, z.infer<typeof readAll>, AlertEvent>({
      name: 'alert.read-all',
      summary: 'Mark several alerts as read; the id is your own agentId',
      data: readAll,
      codes: {},
      decide(_state, data, context) {
        const agentId = reader(context.actor.agentId);
        if (context.id !== agentId) throw new Rejection(404, 'alert.not-found', 'There are no such alerts.');
        return { events: [{ type: 'alert.all-read', data: { agentId, alertIds: [...new Set(data.alertIds)], at: context.now } }] };
      },
    }),
  ],
};
