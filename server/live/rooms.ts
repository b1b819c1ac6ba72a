import type { ChangeText } from './change-text.ts';
import { who } from './change-text.ts';
import type { Change, ChangeBatch, ChangeFeed, Scope } from './feed.ts';
import { MetricSums } from './metric-sums.ts';
import { RecentChanges, textsOf } from './recent.ts';
import { Room, type Watcher } from './room.ts';
import type { RowSource } from './source.ts';
import { effect, roomKey, scopesOf, type Target, visible } from './target.ts';
import { SelfClockedWindow } from './window.ts';

/** Rooms of one view of one organization, so that a change finds those it concerns without asking each. */
interface Place {
  /** Rooms that see every scope. */
  all: Set<Room>;
  byScope: Map<Scope, Set<Room>>;
  /** Rooms about one row. */
  byRow: Map<string, Set<Room>>;
}

export interface RoomsParts {
  feed: ChangeFeed;
  source: RowSource;
  /** Hears every change of a watchable view, after the rooms took it. */
  onChange: (change: Change) => void;
  /** The feed has a hole: nobody's rows can be trusted to follow any more. */
  onLost: () => void;
  /** Row deliveries of a flush, for the metrics. */
  onSent: (rows: number) => void;
}

/** Turns the change feed into frames: who is concerned, one text a row, one frame an audience, sent in a self-clocked window. */
export class Rooms {
  readonly recent: RecentChanges;
  readonly #parts: RoomsParts;
  readonly #rooms = new Map<string, Room>();
  readonly #places = new Map<string, Place>();
  readonly #metrics = new Map<string, MetricSums>();
  readonly #dirty = new Set<Room>();
  readonly #window: SelfClockedWindow;
  readonly #waiting = new Set<{ position: number; resolve: (reached: boolean) => void; timer: NodeJS.Timeout }>();
  readonly #unsubscribe: () => void;
  #position: number;
  #made = 0;

  constructor(parts: RoomsParts) {
    this.#parts = parts;
    this.#position = parts.feed.position();
    this.recent = new RecentChanges(this.#position);
    this.#window = new SelfClockedWindow(() => this.#flush());
    this.#unsubscribe = parts.feed.subscribe((batch) => this.#take(batch));
  }

  /** What this node has heard of. */
  get position(): number {
    return this.#position;
  }

  get count(): number {
    return this.#rooms.size;
  }

  all(): Iterable<Room> {
    return this.#rooms.values();
  }

  /** The rooms of a view of an organization. */
  of(organizationId: string, view: string): Room[] {
    return [...this.#rooms.values()].filter((room) => room.target.organizationId === organizationId && room.target.view === view);
  }

  /** True once this node has heard of a position; false when that takes longer. */
  reached(position: number, timeoutMs: number): Promise<boolean> {
    if (position <= this.#position) return Promise.resolve(true);
    return new Promise((resolve) => {
      const waiter = {
        position,
        resolve: (reached: boolean) => {
          clearTimeout(waiter.timer);
          this.#waiting.delete(waiter);
          resolve(reached);
        },
        timer: setTimeout(() => waiter.resolve(false), timeoutMs),
      };
      this.#waiting.add(waiter);
    });
  }

  /** The room of a target; made when it is the first watch of its kind. */
  open(target: Target): Room {
    const key = roomKey(target);
    const found = this.#rooms.get(key);
    if (found) return found;
    this.#made += 1;
    const room = new Room(`${target.view}-${this.#made.toString(36)}`, target, this.#position);
    this.#rooms.set(key, room);
    const place = this.#place(target);
    if (target.key !== null) into(place.byRow, target.key, room);
    else {
      const scopes = scopesOf(target);
      if (scopes === null) place.all.add(room);
      else for (const scope of scopes) into(place.byScope, scope, room);
    }
    return room;
  }

  leave(room: Room, watcher: Watcher): void {
    room.leave(watcher);
    if (room.size > 0) return;
    const { target } = room;
    if (!this.#rooms.delete(roomKey(target))) return;
    this.#dirty.delete(room);
    const place = this.#place(target);
    place.all.delete(room);
    if (target.key !== null) outOf(place.byRow, target.key, room);
    for (const scope of scopesOf(target) ?? []) outOf(place.byScope, scope, room);
    if (place.all.size + place.byScope.size + place.byRow.size === 0) {
      this.#places.delete(`${target.organizationId} ${target.view}`);
      if (target.view === 'metrics') this.#metrics.delete(target.organizationId);
    }
  }

  /** The metrics of an organization, loaded with the first who asks and dropped with the last room. */
  async metrics(organizationId: string): Promise<MetricSums> {
    let sums = this.#metrics.get(organizationId);
    if (sums === undefined) {
      sums = new MetricSums(this.#parts.source, organizationId);
      this.#metrics.set(organizationId, sums);
      sums.ready.catch(() => this.#metrics.delete(organizationId));
    }
    await sums.ready;
    return sums;
  }

  /** Sends what waits without waiting for the window. */
  flushNow(): void {
    this.#window.now();
  }

  close(): void {
    this.#unsubscribe();
    this.#window.stop();
    for (const waiter of [...this.#waiting]) waiter.resolve(false);
  }

  #take(batch: ChangeBatch): void {
    if (batch.from !== this.#position || batch.lost) {
      this.#position = batch.to;
      this.recent.restart(batch.to);
      this.#metrics.clear();
      this.#parts.onLost();
      return;
    }
    const texts = textsOf(batch);
    this.#position = batch.to;
    // Metrics are summed anew for whoever comes back.
    this.recent.add(
      batch,
      texts.filter((text) => text.change.view !== 'metrics'),
    );
    for (const text of texts) {
      this.#dispatch(text);
      this.#parts.onChange(text.change);
    }
    for (const waiter of [...this.#waiting]) if (waiter.position <= batch.to) waiter.resolve(true);
    if (this.#dirty.size > 0) this.#window.mark();
  }

  #dispatch(text: ChangeText): void {
    const { change } = text;
    if (change.view === 'metrics') {
      this.#dispatchMetric(change);
      return;
    }
    const place = this.#places.get(`${change.organizationId} ${change.view}`);
    if (place === undefined) return;
    for (const room of roomsFor(place, change)) {
      const meaning = effect(room.target, change);
      if (meaning === null) continue;
      room.put(change.key, change.position, meaning === 'row' ? () => text.row : () => text.gone);
      this.#dirty.add(room);
    }
  }

  #dispatchMetric(change: Change): void {
    const sums = this.#metrics.get(change.organizationId);
    const name = sums?.take(change) ?? null;
    const place = this.#places.get(`${change.organizationId} metrics`);
    if (place === undefined || sums === undefined || name === null) return;
    for (const room of roomsFor(place, change)) {
      if (!visible(room.target, change.before) && !visible(room.target, change.after)) continue;
      // Summed when it is sent: of many parts changed in one window only the last total travels.
      room.put(name, change.position, () => {
        const sum = sums.sum(room.target, name);
        return `{"key":${JSON.stringify(name)},${sum === null ? '"gone":true' : `"row":${sum}`},${who(change)}}`;
      });
      this.#dirty.add(room);
    }
  }

  #flush(): void {
    let sent = 0;
    for (const room of this.#dirty) sent += room.flush(this.#position);
    this.#dirty.clear();
    if (sent > 0) this.#parts.onSent(sent);
  }

  #place(target: Target): Place {
    const name = `${target.organizationId} ${target.view}`;
    let place = this.#places.get(name);
    if (place === undefined) {
      place = { all: new Set(), byScope: new Map(), byRow: new Map() };
      this.#places.set(name, place);
    }
    return place;
  }
}

function roomsFor(place: Place, change: Change): Iterable<Room> {
  const found = new Set(place.all);
  for (const room of place.byRow.get(change.key) ?? []) found.add(room);
  for (const scope of [change.before, change.after]) {
    if (scope !== null) for (const room of place.byScope.get(scope) ?? []) found.add(room);
  }
  return found;
}

function into<Key>(rooms: Map<Key, Set<Room>>, key: Key, room: Room): void {
  const set = rooms.get(key);
  if (set) set.add(room);
  else rooms.set(key, new Set([room]));
}

function outOf<Key>(rooms: Map<Key, Set<Room>>, key: Key, room: Room): void {
  const set = rooms.get(key);
  set?.delete(room);
  if (set?.size === 0) rooms.delete(key);
}
