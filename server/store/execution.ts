import type { KeyObject } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { Actor, DomainEvent, EventMeta, Guard, StreamRef } from '../../domain/kernel/aggregate.ts';
import { Rejection } from '../../domain/kernel/rejection.ts';
import type { AppendItem, KeyUse, StoredGuard, StreamAppend, Verdict } from './append.ts';
import type { Batcher, Job, Prepared } from './batcher.ts';
import { decide, Missing, notFound, type Registered, refusalOf, streamsOf, versionConflict } from './command.ts';
import { type Catalogue, noteOf } from './decoding.ts';
import type { KeyRing, OrganizationKeys, PersonKey } from './keys.ts';
import { isPersonal, sealEvent } from './sealing.ts';
import type { KnownCommand, Standing } from './standing.ts';
import type { Folded, States } from './states.ts';

export interface CommandAnswer {
  /** The stream. */
  id: string;
  version: number;
  /** The log position of the last event; queries that wait for it show the change. */
  position: number;
  created: boolean;
  /** The command was executed before; this is the answer it got then. */
  repeated: boolean;
  [extra: string]: unknown;
}

/** What an execution works with; one for all. */
export interface Machinery {
  catalogue: Catalogue;
  states: States;
  keys: KeyRing;
  batcher: Batcher;
  standing: Standing;
  clock: () => number;
}

export interface Order {
  registered: Registered;
  organizationId: string;
  id: string;
  /** The sender did not name the stream, so nothing can be there yet. */
  idIsOurs: boolean;
  actor: Actor;
  data: unknown;
  commandId: string;
  /** Null when the command id is ours: nobody can repeat it. */
  hash: Buffer | null;
  expectedVersion: number | undefined;
  meta: EventMeta;
}

/** Decisions against a state that others changed are made again this often. */
const attempts = 3;

/** The work of one decision that is on its way. */
interface Pending {
  streams: { ref: StreamRef; events: DomainEvent[]; before: Folded | undefined }[];
  guards: readonly Guard[];
  freshKeys: { personId: string; key: PersonKey }[];
  created: boolean;
  answer: Record<string, unknown>;
}

/**
 * One command from decision to answer. It decides when its batch leaves, against the newest state; it decides again
 * when somebody else was faster; and before it refuses, it makes sure that the state it looked at still stands.
 */
export class Execution implements Job {
  readonly lock: string;
  readonly #order: Order;
  readonly #with: Machinery;
  readonly #ref: StreamRef;
  /** States that were loaded for this command; those at hand in `states` are newer. */
  readonly #loaded = new Map<string, Folded>();
  #conflicts = 0;
  #loads = 0;
  #pending: Pending | null = null;
  #resolve!: (answer: CommandAnswer) => void;
  #reject!: (error: unknown) => void;

  constructor(machinery: Machinery, order: Order) {
    this.#with = machinery;
    this.#order = order;
    this.#ref = { type: order.registered.aggregate.name, id: order.id };
    this.lock = lockOf(order.organizationId, order.id);
  }

  run(): Promise<CommandAnswer> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      try {
        this.#with.batcher.submit(this);
      } catch (error) {
        reject(error);
      }
    });
  }

  refuse(error: Error): void {
    this.#reject(error);
  }

  #known(ref: StreamRef): Folded | undefined {
    return this.#with.states.known(this.#order.organizationId, ref) ?? this.#loaded.get(`${ref.type}|${ref.id}`);
  }

  prepare(): Prepared | null {
    try {
      return this.#prepare();
    } catch (error) {
      if (error instanceof Missing) this.#continueAfter(this.#load(error.refs));
      else if (error instanceof Rejection) this.#continueAfter(this.#refuseIfItStands(error));
      else this.#reject(error);
      return null;
    }
  }

  #prepare(): Prepared | null {
    const { catalogue, clock } = this.#with;
    const { organizationId, id, idIsOurs, actor, data, commandId, registered, expectedVersion, hash, meta } = this.#order;
    let main = this.#known(this.#ref);
    // A creating command takes its stream for new; if it is not, the append says so.
    if (!main && (idIsOurs || (registered.command.creates && this.#conflicts === 0))) main = this.#with.states.initial(this.#ref.type);
    if (!main) throw new Missing([this.#ref]);
    const now = new Date(clock()).toISOString();
    const context = { now, organizationId, id, actor, newId: () => uuidv7() };
    const { decision, read } = decide({ registered, data, expectedVersion, main, known: (ref) => this.#known(ref), context });
    const created = registered.command.creates === true && main.version === 0;
    const answer = { ...decision.answer };
    const streams = streamsOf(this.#ref, decision).map(({ ref, events }, i) => ({
      ref,
      events,
      before: i === 0 ? main : (read.get(`${ref.type}|${ref.id}`) ?? this.#known(ref)),
    }));
    const nothing = streams.every((stream) => stream.events.length === 0) && (decision.guards ?? []).length === 0;
    if (nothing && hash === null) {
      this.#resolve({ ...answer, id, version: main.version, position: main.position, created: false, repeated: false });
      return null;
    }

    const keys = this.#with.keys.opened(organizationId) as OrganizationKeys;
    const text = JSON.stringify(meta);
    const uses: KeyUse[] = [];
    const freshKeys: Pending['freshKeys'] = [];
    const personKeys = new Map<string, PersonKey & { key: KeyObject }>();
    const keyOf = (ref: StreamRef, before: Folded | undefined): PersonKey & { key: KeyObject } => {
      const chosen = personKeys.get(ref.id);
      if (chosen) return chosen;
      const known = this.#with.keys.known(organizationId, ref.id);
      if (known) {
        const { version, key } = known;
        if (key === 'erased') throw notFound(ref.type);
        uses.push({ personId: ref.id, version, wrapped: null });
        personKeys.set(ref.id, { version, key });
        return { version, key };
      }
      // Whoever has a history has a key, unless none of it was personal.
      if (before && before.version > 0 && !this.#loaded.has(`key|${ref.id}`)) throw new Missing([{ type: 'key', id: ref.id }]);
      const fresh = this.#with.keys.fresh(organizationId, ref.id);
      uses.push(fresh.use);
      freshKeys.push({ personId: ref.id, key: fresh.key });
      personKeys.set(ref.id, fresh.key);
      return fresh.key;
    };
    const stored = streams.map(
      ({ ref, events, before }): StreamAppend => ({
        type: ref.type,
        id: ref.id,
        expected: before ? before.version : null,
        events: events.map((event) => {
          const note = noteOf(catalogue, ref.type, event.type);
          const key = isPersonal(note, event) ? keyOf(ref, before) : null;
          const sealed = sealEvent(note, event, { organizationId, streamId: ref.id, type: event.type }, key);
          return { type: event.type, schema: note.schema, data: sealed.data, meta: text, personal: sealed.personal };
        }),
      }),
    );
    const guards = decision.guards ?? [];
    const item: AppendItem = {
      organizationId,
      actor: actor.id,
      commandId,
      hash,
      answer: created || decision.answer ? JSON.stringify({ ...answer, created }) : null,
      streams: stored as AppendItem['streams'],
      keys: uses,
      guards: guards.map((guard) => storedGuard(this.#with.keys, keys, guard)),
    };
    this.#pending = { streams, guards, freshKeys, created, answer };
    const also = [...new Set(streams.slice(1).map(({ ref }) => lockOf(organizationId, ref.id)))].filter((lock) => lock !== this.lock);
    return { item, also };
  }

  settle(outcome: Verdict | Error, prepared: Prepared): void {
    const pending = this.#pending as Pending;
    this.#pending = null;
    if (outcome instanceof Error) {
      this.#forget(pending);
      this.#reject(outcome);
      return;
    }
    const { organizationId, id } = this.#order;
    switch (outcome.kind) {
      case 'accepted': {
        for (const { personId, key } of pending.freshKeys) this.#with.keys.keep(organizationId, personId, key);
        for (const [i, { ref, events, before }] of pending.streams.entries()) {
          if (events.length === 0) continue;
          const version = i === 0 ? outcome.version : (before?.version ?? Number.NaN) + events.length;
          this.#with.states.appended(organizationId, ref, before, events, version, outcome.position);
        }
        this.#resolve({
          ...pending.answer,
          id,
          version: outcome.version,
          position: outcome.position,
          created: pending.created,
          repeated: false,
        });
        return;
      }
      case 'known':
        this.#forget(pending);
        this.#answerAgain(outcome);
        return;
      case 'guarded':
        this.#reject(refusalOf(pending.guards[outcome.guard], outcome));
        return;
      case 'conflict':
        this.#forget(pending);
        this.#conflicts += 1;
        if (this.#order.expectedVersion !== undefined && outcome.version !== this.#order.expectedVersion)
          this.#reject(versionConflict(outcome.version));
        else if (this.#conflicts > attempts) this.#reject(versionConflict(outcome.version));
        else this.#continueAfter(this.#load(pending.streams.map((stream) => stream.ref)));
        return;
      case 'again':
        this.#forget(pending);
        this.#conflicts += 1;
        for (const use of prepared.item.keys) this.#with.keys.forgetPerson(organizationId, use.personId);
        if (this.#conflicts > attempts) this.#reject(versionConflict(0));
        else
          this.#continueAfter(
            this.#load([
              ...pending.streams.map((stream) => stream.ref),
              ...prepared.item.keys.map((use) => ({ type: 'key', id: use.personId })),
            ]),
          );
    }
  }

  /** What the decision rested on is in doubt. */
  #forget(pending: Pending): void {
    for (const { ref } of pending.streams) this.#with.states.drop(this.#order.organizationId, ref);
    this.#loaded.clear();
  }

  #answerAgain(known: KnownCommand): void {
    if (this.#order.hash !== null && known.hash !== this.#order.hash.toString('hex')) {
      this.#reject(new Rejection(409, 'command.reused', 'This idempotency key was used for another command.'));
      return;
    }
    const { id, version, position, answer } = known;
    this.#resolve({ ...answer, id, version, position, created: answer?.created === true, repeated: this.#order.hash !== null });
  }

  #continueAfter(work: Promise<'again' | 'settled'>): void {
    work.then(
      (next) => {
        if (next === 'again') this.#with.batcher.submit(this, true);
      },
      (error: unknown) => this.#reject(error),
    );
  }

  async #load(refs: readonly StreamRef[]): Promise<'again'> {
    this.#loads += 1;
    if (this.#loads > 20)
      throw new Rejection(503, 'overloaded', 'The streams of this command do not stay in memory. Try again in a moment.', {
        retryAfter: 1,
      });
    const { organizationId } = this.#order;
    await Promise.all(
      refs.map(async (ref) => {
        if (ref.type === 'key') {
          await this.#with.keys.person(organizationId, ref.id);
          this.#loaded.set(`key|${ref.id}`, { state: null, version: 0, position: 0 });
        } else this.#loaded.set(`${ref.type}|${ref.id}`, await this.#with.states.load(organizationId, ref));
      }),
    );
    return 'again';
  }

  /** A refusal counts only if the state stands and the command was not executed before. */
  async #refuseIfItStands(rejection: Rejection): Promise<'again' | 'settled'> {
    const { organizationId, actor, commandId, hash } = this.#order;
    const decidedOn = this.#known(this.#ref)?.version ?? 0;
    const { version, command } = await this.#with.standing.look({
      organizationId,
      ref: this.#ref,
      actor: actor.id,
      commandId: hash === null ? null : commandId,
    });
    if (command) {
      this.#answerAgain(command);
      return 'settled';
    }
    if (version > decidedOn && this.#conflicts < attempts) {
      this.#conflicts += 1;
      this.#loaded.clear();
      this.#loaded.set(`${this.#ref.type}|${this.#ref.id}`, await this.#with.states.refresh(organizationId, this.#ref));
      return 'again';
    }
    this.#reject(rejection);
    return 'settled';
  }
}

/** One lock for all streams of one id: a member and its agent share a person, and with it a key. */
export const lockOf = (organizationId: string, id: string) => `${organizationId}|${id}`;

const longestGuardKey = 120;

/** How a guard is stored: personal keys as keyed hashes, and long ones too, so that every key fits its index. */
export function storedGuard(ring: KeyRing, keys: OrganizationKeys, guard: Guard): StoredGuard {
  const hashed = ('personal' in guard && guard.personal === true) || guard.key.length > longestGuardKey;
  const key = hashed ? ring.guardKey(keys, guard.scope, guard.key) : guard.key;
  const stored: StoredGuard = { kind: 'f', scope: guard.scope, key, at: null, seconds: null, by: null, limit: null };
  if (guard.kind === 'free') return stored;
  if (guard.kind === 'count') return { ...stored, kind: 'c', by: guard.by, limit: guard.limit };
  if (!guard.within) return { ...stored, kind: 't' };
  return { ...stored, kind: 'w', at: Date.parse(guard.within.at), seconds: guard.within.seconds };
}
