import { Checksums } from './checksums.ts';
import type { Change } from './feed.ts';
import { frameOf } from './frame.ts';
import type { Rooms } from './rooms.ts';
import type { RowSource } from './source.ts';
import type { ViewName } from './target.ts';

/** Views whose rows are many enough that a difference could go unnoticed. */
const summed: ReadonlySet<ViewName> = new Set(['board', 'floor']);

/**
 * Tells every watch where the server stands and what the rows must sum up to there, so that a screen that differs finds
 * out by itself. Never moves the chain.
 */
export class Heartbeats {
  readonly #rooms: Rooms;
  readonly #source: RowSource;
  readonly #now: () => number;
  readonly #onFault: (error: unknown) => void;
  readonly #sums = new Map<string, Checksums>();
  readonly #loading = new Set<string>();

  constructor(rooms: Rooms, source: RowSource, now: () => number, onFault: (error: unknown) => void) {
    this.#rooms = rooms;
    this.#source = source;
    this.#now = now;
    this.#onFault = onFault;
  }

  take(change: Change): void {
    this.#sums.get(`${change.organizationId} ${change.view}`)?.take(change);
  }

  /** One heartbeat to every room. What waits is sent first, so that rows and sums mean the same position. */
  beat(): void {
    this.#rooms.flushNow();
    const { position } = this.#rooms;
    const watched = new Set<string>();
    for (const room of this.#rooms.all()) {
      const { organizationId, view } = room.target;
      const place = `${organizationId} ${view}`;
      watched.add(place);
      const sums = this.#sums.get(place)?.of(room.target, position) ?? null;
      if (summed.has(view)) this.#ensure(organizationId, view);
      room.tell(
        frameOf('heartbeat', JSON.stringify({ watch: room.watch, position, now: this.#now(), ...(sums === null ? {} : { sums }) })),
        position,
      );
    }
    for (const place of this.#sums.keys()) if (!watched.has(place)) this.#sums.delete(place);
  }

  /** Sums were kept over a feed that had a hole. */
  forget(): void {
    this.#sums.clear();
  }

  /** Loads the sums of a view once somebody watches it. */
  #ensure(organizationId: string, view: ViewName): void {
    const place = `${organizationId} ${view}`;
    if (this.#sums.has(place) || this.#loading.has(place)) return;
    this.#loading.add(place);
    this.#load(place, organizationId, view)
      .catch(this.#onFault)
      .finally(() => this.#loading.delete(place));
  }

  async #load(place: string, organizationId: string, view: ViewName): Promise<void> {
    const columns = view === 'board' ? await this.#source.openColumns(organizationId) : [''];
    const sums = new Checksums(this.#source, organizationId, view, columns);
    // In place before the rows are read: changes meanwhile are kept for it.
    this.#sums.set(place, sums);
    try {
      await sums.ready;
    } catch (error) {
      this.#sums.delete(place);
      throw error;
    }
  }
}
