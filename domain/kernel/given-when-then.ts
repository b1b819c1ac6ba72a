import { everything } from '../identity/audience.ts';
import type { Actor, Aggregate, Context, Decision, DomainEvent, Guard } from './aggregate.ts';
import { uuidv5 } from './ids.ts';
import { Rejection } from './rejection.ts';

/** Streams a decision may read: `type/id` → state. */
export type Surroundings = Readonly<Record<string, unknown>>;

export interface Circumstances {
  now?: string;
  actor?: Partial<Actor>;
  id?: string;
  organizationId?: string;
  surroundings?: Surroundings;
}

export const someOrganization = '00000000-0000-7000-8000-000000000001';
export const someStream = '00000000-0000-7000-8000-0000000000aa';
export const someInstant = '2026-11-21T08:00:00.000Z';

export const someOwner: Actor = {
  id: '00000000-0000-7000-8000-0000000000b1',
  agentId: '00000000-0000-7000-8000-0000000000b2',
  name: 'Olga Owner',
  role: 'owner',
  audience: everything,
};

export interface Outcome {
  decision: Decision | null;
  refusal: Rejection | null;
  events: DomainEvent[];
  guards: Guard[];
}

export function fold<State, Event extends DomainEvent>(
  aggregate: Aggregate<State, Event>,
  events: readonly Event[],
  from: State = aggregate.initial,
): State {
  return events.reduce(aggregate.evolve, from);
}

/**
 * A specification: given what happened, when a command comes, then this. The command goes through its schema first,
 * as it does in the store; what a decision reads besides comes from `surroundings`, an unknown stream being untouched.
 * A stream that the command did not name in `reads` cannot be read, so that a forgotten name fails here.
 */
export function given<State, Event extends DomainEvent>(aggregate: Aggregate<State, Event>, ...events: Event[]) {
  return {
    when(command: string, data: unknown = {}, circumstances: Circumstances = {}): Outcome {
      const found = aggregate.commands.find(({ name }) => name === command);
      if (!found) throw new Error(`${aggregate.name} knows no command ${command}`);
      const state = fold(aggregate, events);
      const organizationId = circumstances.organizationId ?? someOrganization;
      const actor: Actor = { ...someOwner, ...circumstances.actor };
      const parsed = found.data.parse(data);
      const readable = new Set([`organization/${organizationId}`, `pipeline/${organizationId}`]);
      for (const ref of found.reads?.(parsed, state, actor) ?? []) readable.add(`${ref.type}/${ref.id}`);
      let born = 0;
      const context: Context = {
        now: circumstances.now ?? someInstant,
        organizationId,
        id: circumstances.id ?? someStream,
        actor,
        newId() {
          born += 1;
          return uuidv5(someStream, `born ${born}`);
        },
        read<Other>(type: string, id: string): Other {
          const key = `${type}/${id}`;
          if (!readable.has(key)) throw new Error(`${command} reads ${key} without naming it`);
          const standing = circumstances.surroundings?.[key] ?? circumstances.surroundings?.[type];
          if (standing === undefined) throw new Error(`the specification says nothing of ${key}`);
          return standing as Other;
        },
      };
      try {
        const decision = found.decide(state, parsed, context);
        return { decision, refusal: null, events: decision.events, guards: decision.guards ?? [] };
      } catch (error) {
        if (error instanceof Rejection) return { decision: null, refusal: error, events: [], guards: [] };
        throw error;
      }
    },
  };
}
