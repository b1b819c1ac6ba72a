import { aggregateNamed, commandNamed } from '../../domain/catalogue.ts';
import type { Actor, DomainEvent, Guard, StreamRef } from '../../domain/kernel/aggregate.ts';
import type { BulkStream } from '../store/store.ts';

/** An entry for the log with who did each event. */
export type Played = BulkStream & { by: Actor[] };

const keyOf = ({ type, id }: StreamRef) => `${type}/${id}`;

/**
 * Decides commands ahead of the log, at instants of one's own choosing: made-up and imported history goes through the
 * same rules as live commands, then into the log by the thousand. Rules across streams are left to the append, which
 * checks the guards.
 */
export class Rehearsal {
  readonly #organizationId: string;
  readonly #newId: (atMs: number) => string;
  readonly #states = new Map<string, unknown>();
  #script = new Map<string, Played>();

  constructor(organizationId: string, newId: (atMs: number) => string) {
    this.#organizationId = organizationId;
    this.#newId = newId;
  }

  /** Says how a stream stands that the log holds already. */
  know(ref: StreamRef, state: unknown): void {
    this.#states.set(keyOf(ref), state);
  }

  state<State>(type: string, id: string): State {
    return (this.#states.get(keyOf({ type, id })) ?? aggregateNamed(type)?.initial) as State;
  }

  /**
   * Decides one command and plays its events.
   * @throws Rejection when the rules refuse it; nothing is played then.
   */
  tell(actor: Actor, at: string, name: string, id: string, data: object): void {
    const found = commandNamed(name);
    if (!found) throw new Error(`no command ${name}`);
    const { aggregate, command } = found;
    const own = { type: aggregate.name, id };
    const decision = command.decide(this.state(own.type, id), command.data.parse(data), {
      now: at,
      organizationId: this.#organizationId,
      id,
      actor,
      newId: () => this.#newId(Date.parse(at)),
      read: <State>(type: string, other: string) => this.state<State>(type, other),
    });
    this.#play(actor, own, decision.events, decision.guards ?? []);
    for (const { stream, events } of decision.also ?? []) this.#play(actor, stream, events, []);
  }

  #play(actor: Actor, stream: StreamRef, events: DomainEvent[], guards: Guard[]): void {
    if (events.length === 0) return;
    const key = keyOf(stream);
    const fresh = !this.#states.has(key);
    const aggregate = aggregateNamed(stream.type);
    if (!aggregate) throw new Error(`no aggregate ${stream.type}`);
    this.#states.set(key, events.reduce(aggregate.evolve, this.state<unknown>(stream.type, stream.id)));
    const entry = this.#script.get(key) ?? { ...stream, fresh, events: [], by: [], guards: [] };
    this.#script.set(key, entry);
    entry.events.push(...events);
    entry.by.push(...events.map(() => actor));
    entry.guards = [...(entry.guards ?? []), ...guards];
  }

  /** What was played since the last time, one entry a stream, ready to be appended. */
  script(): Played[] {
    const entries = [...this.#script.values()];
    this.#script = new Map();
    return entries;
  }

  /** Forgets how leads stand, once their story is told: a million of them would not fit. */
  forgetLeads(): void {
    for (const key of this.#states.keys()) if (key.startsWith('lead/')) this.#states.delete(key);
  }
}
