import { z } from 'zod';
import { type Aggregate, type DomainEvent, defineCommand } from '../kernel/aggregate.ts';
import { uuid } from '../kernel/ids.ts';
import { Rejection } from '../kernel/rejection.ts';
import { line } from '../kernel/text.ts';

type Counts = Record<string, number>;

/** Work over many leads that takes a while and is watched: an import now, bulk commands and their undo by the same shape. */
export type OperationEvent =
  // The work began; `total` is what it will go through, as far as known.
  | DomainEvent<'operation.started', { kind: string; label: string; total: number; at: string }>
  // So much is done.
  | DomainEvent<'operation.progressed', { done: number; counts: Counts; at: string }>
  // The work ended; the counts add up to the total.
  | DomainEvent<
      'operation.completed',
      {
        kind: string;
        label: string;
        status: 'completed' | 'failed' | 'cancelled';
        total: number;
        done: number;
        counts: Counts;
        reason: string | null;
        at: string;
      }
    >;

export interface OperationState {
  kind: string;
  label: string;
  status: 'running' | 'completed' | 'failed' | 'cancelled';
  total: number;
  done: number;
  counts: Counts;
}

const counts = z
  .record(line(50).min(1), z.int().min(0))
  .describe('How many of each outcome: created, updated, duplicate, invalid, skipped.');

const start = z.strictObject({
  id: uuid.optional(),
  kind: line(50).min(1).meta({ example: 'import' }),
  label: line(255).describe('What people call it: the name of the file.'),
  total: z.int().min(0),
});
const progress = z.strictObject({ done: z.int().min(0), counts });
const complete = z.strictObject({
  status: z.enum(['completed', 'failed', 'cancelled']).default('completed'),
  total: z.int().min(0),
  counts,
  reason: line(500).nullable().optional(),
});

const over = { 'operation.over': { status: 409, title: 'The operation has ended' } };

function requireRunning(state: OperationState): void {
  if (state.status !== 'running') throw new Rejection(409, 'operation.over', 'This operation has ended.');
}

export const operation: Aggregate<OperationState, OperationEvent> = {
  name: 'operation',
  plural: 'operations',
  area: 'leads',
  initial: { kind: '', label: '', status: 'running', total: 0, done: 0, counts: {} },
  evolve(state, event) {
    switch (event.type) {
      case 'operation.started':
        return { kind: event.data.kind, label: event.data.label, status: 'running', total: event.data.total, done: 0, counts: {} };
      case 'operation.progressed':
        return { ...state, done: event.data.done, counts: event.data.counts };
      case 'operation.completed':
        return { ...state, status: event.data.status, total: event.data.total, done: event.data.done, counts: event.data.counts };
    }
  },
  events: {
    'operation.started': { schema: 1, fact: 'Work over many leads began.', undo: 'nothing: its own events are undone one by one' },
    'operation.progressed': { schema: 1, fact: 'So much of the work is done.', undo: 'nothing: a report of progress' },
    'operation.completed': {
      schema: 1,
      fact: 'The work ended, with counts that add up to its total.',
      undo: 'nothing: its own events are undone one by one',
    },
  },
  exists: (state) => state.kind !== '',
  commands: [
    defineCommand<OperationState, z.infer<typeof start>, OperationEvent>({
      name: 'operation.start',
      summary: 'Begin work over many leads',
      creates: true,
      data: start,
      codes: {},
      decide: (_state, data, context) => ({
        events: [{ type: 'operation.started', data: { kind: data.kind, label: data.label, total: data.total, at: context.now } }],
      }),
    }),
    defineCommand<OperationState, z.infer<typeof progress>, OperationEvent>({
      name: 'operation.progress',
      summary: 'Say how far the work has come',
      data: progress,
      codes: over,
      decide(state, data, context) {
        requireRunning(state);
        return {
          events:
            data.done === state.done
              ? []
              : [{ type: 'operation.progressed', data: { done: data.done, counts: data.counts, at: context.now } }],
        };
      },
    }),
    defineCommand<OperationState, z.infer<typeof complete>, OperationEvent>({
      name: 'operation.complete',
      summary: 'End the work, with what came of it',
      data: complete,
      codes: over,
      decide(state, data, context) {
        if (state.status === data.status) return { events: [] };
        requireRunning(state);
        const done = Object.values(data.counts).reduce((sum, count) => sum + count, 0);
        const { kind, label } = state;
        return {
          events: [
            {
              type: 'operation.completed',
              data: {
                kind,
                label,
                status: data.status,
                total: data.total,
                done,
                counts: data.counts,
                reason: data.reason ?? null,
                at: context.now,
              },
            },
          ],
        };
      },
    }),
  ],
};
