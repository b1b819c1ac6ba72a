import { LRUCache } from 'lru-cache';
import type pg from 'pg';
import type { DomainEvent, StreamRef } from '../../domain/kernel/aggregate.ts';
import { type Catalogue, domainEventOf, type EventRow, eventColumns, prepareKeys } from './decoding.ts';
import { Gather } from './gather.ts';
import type { KeyRing } from './keys.ts';
import { readRows } from './reading.ts';

/** A stream folded up to a version. */
export interface Folded {
  state: unknown;
  version: number;
  /** Position of the last event folded, 0 when there is none. */
  position: number;
}

interface Wanted {
  organizationId: string;
  ref: StreamRef;
  since: Folded;
}

const keyOf = (organizationId: string, ref: StreamRef) => `${organizationId}|${ref.type}|${ref.id}`;

/**
 * Folded states of the streams used lately. What this process appends is folded in at once; what others append makes
 * `seen` drop the state, and the append's version check catches whatever slips between.
 */
export class States {
  readonly #catalogue: Catalogue;
  readonly #pool: pg.Pool;
  readonly #keys: KeyRing;
  readonly #kept: LRUCache<string, Folded>;
  /** Versions that others reached: what was read before and arrives after is not kept. */
  readonly #elsewhere = new LRUCache<string, number>({ max: 10_000 });
  readonly #fetch: Gather<Wanted, Folded>;

  constructor(catalogue: Catalogue, pool: pg.Pool, keys: KeyRing, most = 50_000) {
    this.#catalogue = catalogue;
    this.#pool = pool;
    this.#keys = keys;
    this.#kept = new LRUCache({ max: most });
    this.#fetch = new Gather(256, (wanted) => this.#read(wanted));
  }

  /** The state if it is at hand. */
  known(organizationId: string, ref: StreamRef): Folded | undefined {
    return this.#kept.get(keyOf(organizationId, ref));
  }

  /** What a stream is before its first event. @throws when no aggregate has that name. */
  initial(type: string): Folded {
    const aggregate = this.#catalogue.aggregateNamed(type);
    if (!aggregate) throw new Error(`No aggregate is named ${type}.`);
    return { state: aggregate.initial, version: 0, position: 0 };
  }

  /** The folded state: from memory when it is there. */
  async load(organizationId: string, ref: StreamRef): Promise<Folded> {
    return this.known(organizationId, ref) ?? this.refresh(organizationId, ref);
  }

  /** As `load`, with whatever was appended since it was folded. */
  async refresh(organizationId: string, ref: StreamRef): Promise<Folded> {
    const since = this.known(organizationId, ref) ?? this.initial(ref.type);
    const folded = await this.#fetch.answer({ organizationId, ref, since });
    const now = this.known(organizationId, ref);
    if (now && now.version >= folded.version) return now;
    const key = keyOf(organizationId, ref);
    if (folded.version > 0 && folded.version >= (this.#elsewhere.get(key) ?? 0)) this.#kept.set(key, folded);
    return folded;
  }

  /** Folds in what was just appended after `version`; a state of another version is dropped instead. */
  appended(
    organizationId: string,
    ref: StreamRef,
    before: Folded | undefined,
    events: readonly DomainEvent[],
    version: number,
    position: number,
  ): void {
    const key = keyOf(organizationId, ref);
    const aggregate = this.#catalogue.aggregateNamed(ref.type);
    if (!before || !aggregate || before.version + events.length !== version) {
      this.#kept.delete(key);
      return;
    }
    this.#kept.set(key, { state: events.reduce(aggregate.evolve, before.state), version, position });
  }

  /** Another process appended up to that version. */
  seen(organizationId: string, ref: StreamRef, version: number): void {
    const key = keyOf(organizationId, ref);
    this.#elsewhere.set(key, version);
    const kept = this.#kept.peek(key);
    if (kept && kept.version < version) this.#kept.delete(key);
  }

  drop(organizationId: string, ref: StreamRef): void {
    this.#kept.delete(keyOf(organizationId, ref));
  }

  /** Whatever was folded from events of this person. */
  dropPerson(organizationId: string, personId: string): void {
    for (const aggregate of this.#catalogue.aggregates) this.drop(organizationId, { type: aggregate.name, id: personId });
  }

  clear(): void {
    this.#kept.clear();
  }

  async #read(wanted: Wanted[]): Promise<Folded[]> {
    const rows = await readRows<EventRow & { i: string }>(this.#pool, {
      name: 'load_streams',
      text: `select u.i, ${eventColumns}
             from unnest($1::uuid[], $2::text[], $3::uuid[], $4::int[]) with ordinality u(org, type, id, version, i)
             cross join lateral (select * from events s where s.organization_id = u.org and s.stream_type = u.type and s.stream_id = u.id and s.version > u.version order by s.version) e
             order by u.i, e.version`,
      values: [
        wanted.map((each) => each.organizationId),
        wanted.map((each) => each.ref.type),
        wanted.map((each) => each.ref.id),
        wanted.map((each) => each.since.version),
      ],
    });
    await prepareKeys(this.#keys, rows);
    const answers = wanted.map((each) => each.since);
    for (const row of rows) {
      const i = Number(row.i) - 1;
      const before = answers[i] as Folded;
      const aggregate = this.#catalogue.aggregateNamed(row.stream_type);
      if (!aggregate) throw new Error(`No aggregate is named ${row.stream_type}.`);
      answers[i] = {
        state: aggregate.evolve(before.state, domainEventOf(this.#catalogue, this.#keys, row)),
        version: row.version,
        position: Number(row.position),
      };
    }
    return answers;
  }
}
