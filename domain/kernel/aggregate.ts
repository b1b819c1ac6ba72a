import type { z } from 'zod';
import type { Audience } from '../identity/audience.ts';
import type { Rejection } from './rejection.ts';

/** Identifies one stream inside one organization. `type` is the aggregate's name (`lead`). */
export interface StreamRef {
  type: string;
  id: string;
}

/** An event as a decider makes it: its type (`lead.assigned`) and its facts. Instants are ISO 8601 strings, money whole minor units. */
export interface DomainEvent<Type extends string = string, Data extends object = object> {
  type: Type;
  data: Data;
}

export type Role = 'owner' | 'admin' | 'manager' | 'agent' | 'assistant' | 'viewer';

/** Who acts. `id` is the user's id, or `system:<policy>`; `agentId` is the member's id in the organization. */
export interface Actor {
  id: string;
  agentId: string | null;
  name: string;
  role: Role;
  /** Which leads they see; commands on others answer 404. */
  audience: Audience;
}

/**
 * What a decision may look at beside the stream's own state. There is no clock and no randomness in the domain:
 * both come in here, so a decision can be replayed.
 */
export interface Context {
  /** The instant of the decision, ISO 8601 UTC. */
  now: string;
  organizationId: string;
  /** The id of the stream the command is for. */
  id: string;
  actor: Actor;
  /** Fresh UUIDv7s for things born inside the stream (a note, an activity). */
  newId(): string;
  /** Folded state of a stream that the command named in `reads`; its aggregate's `initial` when nothing happened there yet. */
  read<State>(type: string, id: string): State;
}

/**
 * A rule across streams, checked and applied in the append itself, under its lock, so that it holds under
 * concurrency. `key` values that are personal are stored as keyed hashes only.
 */
export type Guard =
  /** Refused if another stream holds (scope, key): ever, or within `within.seconds` around `within.at`. Else this stream holds it. */
  | {
      kind: 'take';
      scope: string;
      key: string;
      personal?: boolean;
      within?: { seconds: number; at: string };
      refuse: (holder: string) => Rejection;
    }
  /** This stream gives (scope, key) back. */
  | { kind: 'free'; scope: string; key: string; personal?: boolean }
  /** Adds `by` to a counter; refused if the result would pass `limit` (null: no limit). */
  | { kind: 'count'; scope: string; key: string; by: number; limit: number | null; refuse: (count: number) => Rejection };

export interface Decision<Event extends DomainEvent = DomainEvent> {
  /** Nothing to record (the same command twice) is an empty list: accepted, version unchanged. */
  events: Event[];
  guards?: Guard[];
  /** Further streams changed in the same atomic append. */
  also?: { stream: StreamRef; events: DomainEvent[] }[];
  /** Members added to the answer beside id, version and position. */
  answer?: Record<string, unknown>;
}

/** A refusal a command may answer with, for the documents and the tests. */
export interface CodeNote {
  status: number;
  title: string;
}

/** One command: what it takes, what it may refuse, and the pure rule. The name is also permission, metric label and route. */
export interface Command<State = unknown, Data = unknown, Event extends DomainEvent = DomainEvent> {
  name: string;
  summary: string;
  /** A creating command makes its stream: `POST /api/<nouns>`, answered 201. */
  creates?: boolean;
  data: z.ZodType<Data>;
  codes: Record<string, CodeNote>;
  /** Other streams whose state the decision looks at. The organization's own stream (`organization`, `pipeline`) is always readable. */
  reads?: (data: Data, state: State, actor: Actor) => StreamRef[];
  /** Decided even where the actor does not see the thing (any more): the loser of a claim must be told who won. */
  beyondSight?: boolean;
  decide: (state: State, data: Data, context: Context) => Decision<Event>;
}

/** What the log, the documents and undo need to know about an event type. */
export interface EventNote {
  schema: number;
  /** Which fact this is, in one sentence. */
  fact: string;
  /** Members of `data` that are personal: stored as one encrypted blob under the key of the person (the stream's id). */
  personal?: readonly string[];
  /** The command that compensates it, or why nothing can. */
  undo: string;
  /** Brings data of an older schema to the present one. */
  upcast?: (data: Record<string, unknown>, schema: number) => Record<string, unknown>;
}

export interface Aggregate<State = unknown, Event extends DomainEvent = DomainEvent> {
  /** The noun: `lead`. */
  name: string;
  /** The plural in routes: `leads`. */
  plural: string;
  area: string;
  initial: State;
  evolve: (state: State, event: Event) => State;
  events: Record<string, EventNote>;
  /** Commands of every data type; `defineCommand` keeps each one exact. */
  commands: Command<State, never, Event>[];
  /** Whether the stream stands for a live thing: an absent or erased one answers 404. */
  exists: (state: State) => boolean;
  /** The agent who owns the thing, for permissions by ownership: an agentId, null when unowned, undefined when ownership has no meaning here. */
  owner?: (state: State) => string | null;
}

/** Keeps the data type exact while letting the registry hold commands of every type. */
export function defineCommand<State, Data, Event extends DomainEvent>(command: Command<State, Data, Event>): Command<State, never, Event> {
  return command as unknown as Command<State, never, Event>;
}

/** An event as the log gives it back: decoded, decrypted, at its place. */
export interface RecordedEvent {
  /** Gapless, in commit order, over all organizations. */
  position: number;
  organizationId: string;
  stream: StreamRef;
  version: number;
  type: string;
  data: Record<string, unknown>;
  meta: EventMeta;
  /** ISO 8601, ordered as positions are. */
  recordedAt: string;
  /** The person's key was destroyed: personal members are absent. */
  erased?: boolean;
}

export interface EventMeta {
  /** User id, or `system:<policy>`. */
  actor: string;
  agentId: string | null;
  actorName?: string;
  commandId: string;
  correlationId?: string;
  causationId?: string;
  ip?: string;
  userAgent?: string;
  /** The sender's own stamp, echoed to watchers untouched so that one clock measures command to screen. */
  sentAt?: string | number;
}
