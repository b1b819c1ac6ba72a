import { refuse } from '../http/problem.ts';
import { entry } from './change-text.ts';
import { JsonText } from './frame.ts';
import type { RecentChanges } from './recent.ts';
import type { Room, Watcher } from './room.ts';
import type { Rooms } from './rooms.ts';
import type { RowSource } from './source.ts';
import { roomKey, type Target } from './target.ts';

/** A node may lag behind the database (or behind the node a socket comes from) this long before a watch is refused. */
const patienceMs = 2_000;

interface Wish {
  target: Target;
  since: number | null;
  /** Rows of the board at most. */
  limit: number;
}

/** Rows as they were read. `mode` delta: null for a row that is gone. */
interface Rows {
  mode: 'snapshot' | 'delta';
  position: number;
  entries: readonly { key: string; wire: string | null }[];
  text: () => string;
  /** The answer's member `more`, with a comma before it, or nothing. */
  more: string;
}

/**
 * Starts watches: the answer with rows at a position, then the chain from exactly there. Rows come from the ring of
 * recent changes, else from `changed`, else whole from the read model, and whichever it was, what came after them is
 * sent before anything else.
 */
export class Watching {
  readonly #rooms: Rooms;
  readonly #source: RowSource;
  readonly #now: () => number;
  readonly #reading = new Map<string, Promise<Rows>>();
  readonly #read = new Map<string, Rows>();

  constructor(rooms: Rooms, source: RowSource, now: () => number) {
    this.#rooms = rooms;
    this.#source = source;
    this.#now = now;
  }

  /**
   * Answers through `ack` and joins the watcher, in one tick, so that no message of the watch precedes its answer.
   * @throws Rejection 503 `read-model.behind` when this node cannot catch up with the database
   */
  async start(watcher: Watcher, wish: Wish, ack: (answer: JsonText) => void): Promise<Room> {
    if (wish.target.view === 'metrics') return this.#startMetrics(watcher, wish.target, ack);
    if (wish.since !== null) {
      const resumed = await this.#resume(watcher, wish.target, wish.since, ack);
      if (resumed !== null) return resumed;
    }
    // A snapshot older than what the ring remembers cannot be followed up; that takes a very slow read under heavy load.
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const rows = await this.#snapshot(wish.target, wish.limit);
      if (await this.#canFollow(rows.position)) return this.#begin(watcher, wish.target, rows, ack);
    }
    throw refuse('read-model.behind', 'The rows cannot be followed at the moment. Try again.');
  }

  /** Forgets shared snapshots; called every few seconds, so that they cost memory only while many ask. */
  tidy(): void {
    this.#read.clear();
  }

  async #resume(watcher: Watcher, target: Target, since: number, ack: (answer: JsonText) => void): Promise<Room | null> {
    if (!(await this.#rooms.reached(since, patienceMs))) return null;
    if ((await this.#source.audienceSince(target)) > since) return null;
    if (this.#rooms.recent.floor <= since) return this.#begin(watcher, target, rowsOf('delta', since, [], ''), ack);
    const missed = await this.#source.missed(target, since);
    if (missed === null || !(await this.#canFollow(missed.position))) return null;
    return this.#begin(watcher, target, rowsOf('delta', missed.position, missed.rows, ''), ack);
  }

  /** Rows of a position can be followed once this node has heard of it and as long as it remembers what came after. */
  async #canFollow(position: number): Promise<boolean> {
    return (await this.#rooms.reached(position, patienceMs)) && this.#rooms.recent.floor <= position;
  }

  /**
   * The synchronous part: answers and joins in one tick, at the position this node stands at. What changed since the rows
   * were read is laid over them here, so the answer is the state and the next message is the next change.
   */
  #begin(watcher: Watcher, target: Target, rows: Rows, ack: (answer: JsonText) => void): Room {
    const room = this.#rooms.open(target);
    const later = this.#rooms.recent.since(target, rows.position);
    const now = this.#rooms.position;
    ack(this.#answer(room, rows.mode, now, later.length === 0 ? rows.text() : overlaid(rows, later), rows.more));
    room.join(watcher, now);
    return room;
  }

  async #startMetrics(watcher: Watcher, target: Target, ack: (answer: JsonText) => void): Promise<Room> {
    const sums = await this.#rooms.metrics(target.organizationId);
    if (!(await this.#rooms.reached(sums.loadedAt, patienceMs)))
      throw refuse('read-model.behind', 'The metrics cannot be followed at the moment. Try again.');
    const room = this.#rooms.open(target);
    const rows: string[] = [];
    for (const name of sums.names()) {
      const row = sums.sum(target, name);
      if (row !== null) rows.push(entry(name, row));
    }
    ack(this.#answer(room, 'snapshot', this.#rooms.position, rows.join(','), ''));
    room.join(watcher, this.#rooms.position);
    return room;
  }

  #answer(room: Room, mode: string, position: number, rows: string, more: string): JsonText {
    return new JsonText(`{"watch":"${room.watch}","mode":"${mode}","position":${position},"now":${this.#now()},"rows":[${rows}]${more}}`);
  }

  /** One read serves all who ask for the same rows while it runs, and afterwards until one of the rows changes. */
  async #snapshot(target: Target, limit: number): Promise<Rows> {
    const key = `${limit} ${roomKey(target)}`;
    const kept = this.#read.get(key);
    if (kept !== undefined) {
      if (kept.position >= this.#rooms.recent.floor && this.#rooms.recent.since(target, kept.position).length === 0) {
        kept.position = Math.max(kept.position, this.#rooms.position);
        return kept;
      }
      this.#read.delete(key);
    }
    let reading = this.#reading.get(key);
    if (reading === undefined) {
      reading = this.#readSnapshot(key, target, limit).finally(() => this.#reading.delete(key));
      this.#reading.set(key, reading);
    }
    return reading;
  }

  async #readSnapshot(key: string, target: Target, limit: number): Promise<Rows> {
    const { position, rows, more } = await this.#source.snapshot(target, limit);
    const read = rowsOf('snapshot', position, rows, more === null ? '' : `,"more":${JSON.stringify(more)}`);
    this.#read.set(key, read);
    return read;
  }
}

/** Rows with their text, joined when first asked for. */
function rowsOf(mode: Rows['mode'], position: number, entries: Rows['entries'], more: string): Rows {
  let text: string | null = null;
  return {
    mode,
    position,
    entries,
    text: () => {
      text ??= entries.map(({ key, wire }) => entry(key, wire)).join(',');
      return text;
    },
    more,
  };
}

/** The rows with later changes laid over them, as text: each key once. */
function overlaid(rows: Rows, later: ReturnType<RecentChanges['since']>): string {
  const wires = new Map(rows.entries.map(({ key, wire }) => [key, wire]));
  for (const { text, gone } of later) {
    const { key, wire } = text.change;
    wires.delete(key);
    // A snapshot starts from nothing, so what is gone need not be said.
    if (!gone || rows.mode === 'delta') wires.set(key, gone ? null : wire);
  }
  return [...wires].map(([key, wire]) => entry(key, wire)).join(',');
}
