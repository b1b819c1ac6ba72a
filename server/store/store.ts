import type { Histogram } from 'prom-client';
import { v7 as uuidv7 } from 'uuid';
import type { Actor, EventMeta, RecordedEvent, StreamRef } from '../../domain/kernel/aggregate.ts';
import { isUuid } from '../../domain/kernel/ids.ts';
import { type FieldError, Rejection } from '../../domain/kernel/rejection.ts';
import type { Log } from '../log.ts';
import { Batcher, overloaded } from './batcher.ts';
import { type BulkOutcome, type BulkStream, bulkAppend } from './bulk.ts';
import type { Registered } from './command.ts';
import type { Connections } from './connections.ts';
import { type Catalogue, type EventRow, eventColumns, prepareKeys, recordedEventOf } from './decoding.ts';
import { type CommandAnswer, Execution } from './execution.ts';
import { Following } from './following.ts';
import type { KeyRing } from './keys.ts';
import { Lane, unavailable } from './lane.ts';
import { connectionLost, readRows } from './reading.ts';
import { commandHash, requireStorable, storableText } from './request-text.ts';
import { Standing } from './standing.ts';
import { States } from './states.ts';

export type { BulkOutcome, BulkStream } from './bulk.ts';
export type { CommandAnswer } from './execution.ts';

export interface CommandRequest {
  /** `lead.assign`. */
  type: string;
  organizationId: string;
  actor: Actor;
  /** The stream; for a creating command an id of the sender's making, if any. */
  id?: string | undefined;
  data: unknown;
  /** Idempotency key, any UUID. The same key, actor and organization get the same answer for 30 days. */
  commandId?: string | undefined;
  /** The version the sender saw: 409 `version.conflict` if it is another. */
  expectedVersion?: number | undefined;
  /** The sender's own stamp, echoed to watchers. */
  sentAt?: string | number | undefined;
  ip?: string | undefined;
  userAgent?: string | undefined;
  correlationId?: string | undefined;
  causationId?: string | undefined;
}

export interface StoreMetrics {
  /** Commands by name and outcome (the code of the refusal, or `accepted`), in seconds. */
  command?: Histogram<'command' | 'outcome'>;
  /** Seconds a batch was under way. */
  append?: Histogram;
  /** Commands in a batch. */
  batch?: Histogram;
}

export interface StoreParts {
  connections: Pick<Connections, 'appender' | 'projector' | 'listen'>;
  catalogue: Catalogue & { commandNamed(name: string): Registered | undefined };
  keys: KeyRing;
  /** Milliseconds since 1970. */
  clock: () => number;
  log: Log;
  metrics?: StoreMetrics;
  /** Folded states kept in memory. */
  statesKept?: number;
}

const lanes = 2;
/** How long answers are kept for repeated commands. */
const commandsKeptDays = 30;

/** The log and the one way into it. */
export class EventStore {
  readonly #parts: StoreParts;
  readonly #states: States;
  readonly #batcher: Batcher;
  readonly #standing: Standing;
  readonly #following: Following;
  /** Commands under way that carry a key of the sender's: a repeat waits for the first. */
  readonly #keyed = new Map<string, Promise<unknown>>();
  #started: Promise<void> | null = null;
  #closed = false;

  constructor(parts: StoreParts) {
    const { connections, catalogue, keys, log, metrics } = parts;
    this.#parts = parts;
    this.#states = new States(catalogue, connections.appender, keys, parts.statesKept);
    this.#standing = new Standing(connections.appender);
    this.#batcher = new Batcher(
      Array.from({ length: lanes }, () => new Lane(connections.appender, log)),
      log,
      (base, head) => this.#following.committed(base, head),
      {
        batch: (items, seconds) => {
          metrics?.batch?.observe(items);
          metrics?.append?.observe(seconds);
        },
      },
    );
    this.#following = new Following({
      pool: connections.projector,
      listen: connections.listen,
      log,
      busy: () => this.#batcher.underWay > 0,
      onSeen: (organizationId, ref, version) => this.#states.seen(organizationId, ref, version),
      onForgotten: (person) => {
        if (person === null) {
          keys.forgetPersons();
          this.#states.clear();
        } else {
          keys.forgetPerson(person.organizationId, person.personId);
          this.#states.dropPerson(person.organizationId, person.personId);
        }
      },
    });
  }

  /** Follows what other processes append. Called by whatever needs it first; safe to call again. */
  start(): Promise<void> {
    this.#started ??= this.#following.start().catch((error: unknown) => {
      this.#started = null;
      throw error;
    });
    return this.#started;
  }

  /**
   * Checks, decides and appends one command; resolves when it is durable.
   * @throws Rejection with the codes of the contract and those the command declares.
   */
  async execute(request: CommandRequest): Promise<CommandAnswer> {
    const began = performance.now();
    let outcome = 'failed';
    try {
      const answer = await this.#execute(request);
      outcome = answer.repeated ? 'repeated' : 'accepted';
      return answer;
    } catch (error) {
      if (error instanceof Rejection) outcome = error.code;
      throw connectionLost(error) ? unavailable() : error;
    } finally {
      const command = this.#parts.catalogue.commandNamed(request.type) ? request.type : 'unknown';
      this.#parts.metrics?.command?.observe({ command, outcome }, (performance.now() - began) / 1000);
    }
  }

  async #execute(request: CommandRequest): Promise<CommandAnswer> {
    if (this.#closed) throw unavailable();
    if (this.#batcher.full) throw overloaded();
    const { catalogue, keys } = this.#parts;
    const { organizationId, actor } = request;
    const registered = catalogue.commandNamed(request.type);
    if (!registered) throw new Rejection(404, 'command.unknown', 'There is no such command.');
    requireStorable(request.data);
    const parsed = registered.command.data.safeParse(request.data ?? {});
    if (!parsed.success) throw invalid(parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })));
    const given = request.id ?? idIn(parsed.data, registered);
    if (given !== undefined && !isUuid(given)) throw invalid([{ path: 'id', message: 'must be a UUID' }]);
    if (given === undefined && !registered.command.creates) throw invalid([{ path: 'id', message: 'required' }]);
    if (request.commandId !== undefined && !isUuid(request.commandId)) throw invalid([{ path: 'commandId', message: 'must be a UUID' }]);

    if (!this.#started) await this.start();
    const organizationKeys = keys.opened(organizationId) ?? (await keys.organization(organizationId));
    const commandId = request.commandId?.toLowerCase() ?? uuidv7();
    const order = {
      registered,
      organizationId,
      id: given?.toLowerCase() ?? uuidv7(),
      idIsOurs: given === undefined,
      actor,
      data: parsed.data,
      commandId,
      hash:
        request.commandId === undefined
          ? null
          : commandHash(organizationKeys.commands, request.type, given?.toLowerCase() ?? '', request.data ?? {}),
      expectedVersion: request.expectedVersion,
      meta: metaOf(request, commandId),
    };
    const machinery = { catalogue, states: this.#states, keys, batcher: this.#batcher, standing: this.#standing, clock: this.#parts.clock };
    const run = () => new Execution(machinery, order).run();
    return order.hash === null ? run() : this.#inTurn(`${organizationId}|${actor.id}|${commandId}`, run);
  }

  /** The same key twice at once: the second begins when the first is answered, and then finds its answer. */
  async #inTurn(key: string, run: () => Promise<CommandAnswer>): Promise<CommandAnswer> {
    for (let before = this.#keyed.get(key); before; before = this.#keyed.get(key)) await before;
    const running = run();
    const done = running.then(
      () => undefined,
      () => undefined,
    );
    this.#keyed.set(key, done);
    try {
      return await running;
    } finally {
      this.#keyed.delete(key);
    }
  }

  /** The folded state of a stream; its aggregate's `initial` at version 0 when nothing happened there. */
  async load<S>(organizationId: string, ref: StreamRef): Promise<{ state: S; version: number }> {
    await this.start();
    const { state, version } = await this.#states.refresh(organizationId, ref);
    return { state: state as S, version };
  }

  /** Events after a position in order, decoded, in their present schema, personal data opened (`erased` where the key is gone). */
  async read(after: number, limit: number): Promise<RecordedEvent[]> {
    const { connections, keys, catalogue } = this.#parts;
    const rows = await readRows<EventRow>(connections.projector, {
      name: 'read_log',
      text: `select ${eventColumns} from events e where e.position > $1 order by e.position limit $2`,
      values: [after, limit],
    });
    await prepareKeys(keys, rows);
    return rows.map((row) => recordedEventOf(catalogue, keys, row));
  }

  /** Position of the last committed event. */
  async head(): Promise<number> {
    const rows = await readRows<{ position: string }>(this.#parts.connections.projector, {
      name: 'head',
      text: 'select position from head',
    });
    return Number(rows[0]?.position ?? 0);
  }

  /** Calls with the log's position after own commits at once, after those of other processes within a second at most. */
  onCommit(listener: (position: number) => void): () => void {
    this.start().catch((error: unknown) => this.#parts.log.warn({ err: error }, 'the log is not followed yet'));
    return this.#following.onCommit(listener);
  }

  /**
   * Appends many events at once, by the thousand in a transaction: for seeding, demo data and imports of new things.
   * Guards hold as for commands; one refused entry fails no other. The outcomes come in the order of `streams`.
   */
  async bulkAppend(organizationId: string, actor: Actor, streams: readonly BulkStream[]): Promise<BulkOutcome[]> {
    await this.start();
    const { connections, catalogue, keys } = this.#parts;
    const parts = {
      pool: connections.appender,
      catalogue,
      keys,
      states: this.#states,
      committed: (base: number, head: number) => this.#following.committed(base, head),
    };
    return bulkAppend(parts, organizationId, metaOf({ actor }, uuidv7()), streams);
  }

  /** Destroys the key of a person: what their events say of them can never be read again, here or in a backup of the log. */
  async forget(organizationId: string, personId: string): Promise<void> {
    await this.#parts.keys.destroy(organizationId, personId);
    this.#states.dropPerson(organizationId, personId);
    // Other processes drop what they hold in memory when they hear of it.
    await this.#parts.connections.appender.query(`select pg_notify('forgotten', $1)`, [`${organizationId}|${personId}`]);
  }

  /** Forgets answers older than 30 days, some thousands at a time. Answers how many. */
  async forgetOldCommands(): Promise<number> {
    let total = 0;
    for (;;) {
      const { rowCount } = await this.#parts.connections.appender.query(
        `delete from commands where ctid = any (array(
           select ctid from commands where at < to_timestamp($1) limit 5000))`,
        [this.#parts.clock() / 1000 - commandsKeptDays * 86_400],
      );
      total += rowCount ?? 0;
      if ((rowCount ?? 0) < 5_000) return total;
    }
  }

  /** Lets what is under way finish; new commands are answered 503. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#batcher.close();
    await this.#following.close();
  }
}

const invalid = (errors: FieldError[]) =>
  new Rejection(400, 'invalid', 'The data does not have the form that the command takes.', {}, errors);

/** Creating commands may carry the id of their stream in their data. */
function idIn(data: unknown, registered: Registered): string | undefined {
  if (!registered.command.creates || typeof data !== 'object' || data === null) return undefined;
  const id: unknown = Reflect.get(data, 'id');
  return typeof id === 'string' ? id : undefined;
}

function metaOf(
  request: Pick<CommandRequest, 'actor' | 'correlationId' | 'causationId' | 'ip' | 'userAgent' | 'sentAt'>,
  commandId: string,
): EventMeta {
  const { actor, correlationId, causationId, ip, userAgent, sentAt } = request;
  const meta: EventMeta = { actor: actor.id, agentId: actor.agentId, actorName: storableText(actor.name, 200), commandId };
  if (correlationId !== undefined) meta.correlationId = storableText(correlationId, 200);
  if (causationId !== undefined) meta.causationId = storableText(causationId, 200);
  if (ip !== undefined) meta.ip = storableText(ip, 64);
  if (userAgent !== undefined) meta.userAgent = storableText(userAgent, 400);
  if (sentAt !== undefined) meta.sentAt = typeof sentAt === 'string' ? storableText(sentAt, 64) : sentAt;
  return meta;
}
