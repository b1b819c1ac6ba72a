import type { OperationEvent } from '../../domain/leads/operation.ts';
import { defineKeyed } from '../projection.ts';
import type { OperationRow } from './rows.ts';

/** Imports and other work over many leads, as it goes on. */
export const operation = defineKeyed<OperationRow>({
  name: 'operation',
  version: 1,
  view: 'operation',
  summary: 'Progress of imports and of other work over many leads.',
  reads: [],
  streams: ['operation'],
  columns: [{ name: 'started_at', type: 'timestamptz', of: (row) => row.startedAt }],
  indexes: ['(organization_id, started_at desc)'],
  keys: (event) => [event.stream.id],
  apply(row, event) {
    const fact = { type: event.type, data: event.data } as unknown as OperationEvent;
    if (fact.type === 'operation.started') {
      const { kind, total, at } = fact.data;
      return {
        id: event.stream.id,
        version: event.version,
        kind,
        status: 'running',
        total,
        done: 0,
        counts: {},
        startedAt: at,
        finishedAt: null,
      };
    }
    if (row === null) throw new Error(`${event.type} of an operation that never started`);
    if (fact.type === 'operation.progressed') return { ...row, version: event.version, done: fact.data.done, counts: fact.data.counts };
    const { status, total, done, counts, at } = fact.data;
    return { ...row, version: event.version, status, total, done, counts, finishedAt: at };
  },
  scope: () => 'everyone',
  status: (row) => row.status,
  rowVersion: (row) => row.version,
  wire: (row) => JSON.stringify(row),
  revive: (wire) => JSON.parse(wire) as OperationRow,
});
