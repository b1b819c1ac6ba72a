import { type Applied, ConfirmedRows, type Touch } from './chain.ts';
import { differingColumns, sumByColumn } from './checksum.ts';
import type { Link } from './link.ts';
import { Overlay, type Viewer } from './overlay.ts';
import { serverLink } from './socket.ts';
import { type Changes, type Heartbeat, isProblem, type Problem, type WatchAck } from './wire.ts';

/** Pending commands of the whole page: the board and the drawer show the same expectation. */
export const pendingCommands = new Overlay();

/** What a change of rows is about, beside the keys. */
export interface RowNews {
  /** Rows were replaced as a whole (first answer, or a snapshot after a long absence). */
  reset: boolean;
  /** Who changed a key remotely or here; only for live changes. */
  touched: ReadonlyMap<string, Touch>;
}

export type RowListener = (changed: ReadonlySet<string>, news: RowNews) => void;

/** Which aggregate's commands change the rows of a view. */
const nounOfView: Record<string, string> = { board: 'lead', lead: 'lead', floor: 'agent', alerts: 'alert', operation: 'operation' };

/** Runs once in the next frame; hidden pages get no frames, so they are served by a timer. */
export type Frame = (run: () => void) => void;

const nextFrame: Frame = (run) => {
  if (document.visibilityState === 'visible') requestAnimationFrame(run);
  else setTimeout(run, 250);
};

/** A busy server is asked for the rows again after this long. */
const BUSY_WAIT_MS = 1_500;

/** How often a watch found itself different from the server's checksum and healed by a new snapshot. */
export const healed = { count: 0 };

/**
 * The rows of one live view, as this person should see them: confirmed rows with the person's own pending commands
 * laid over. They survive reconnects by resuming from their log position. Listeners are told once per animation
 * frame, with all keys that changed since the last.
 */
export class LiveRows<Row extends object> implements Viewer {
  /** Rows as shown. */
  readonly rows = new Map<string, Row>();
  readonly noun: string | null;
  /** Why the server refuses the watch, null otherwise. */
  refused: Problem | null = null;
  private readonly confirmed = new ConfirmedRows<Row>();
  private readonly hashes = new WeakMap<object, number>();
  private readonly listeners = new Set<RowListener>();
  private readonly keyListeners = new Map<string, Set<() => void>>();
  private readonly endings: (() => void)[];
  private readonly view: string;
  private readonly params: object;
  private readonly link: Link;
  private readonly overlay: Overlay;
  private readonly frame: Frame;
  private readonly later: (run: () => void, ms: number) => void;
  private watch: string | null = null;
  /** Grows with each attempt to watch, so that a late answer of an earlier one is recognized. */
  private attempt = 0;
  private heard = 0;
  private dirty = new Set<string>();
  private touched = new Map<string, Touch>();
  private reset = false;
  private scheduled = false;
  private closed = false;

  constructor(
    view: string,
    params: object = {},
    link: Link = serverLink,
    overlay: Overlay = pendingCommands,
    frame: Frame = nextFrame,
    later: (run: () => void, ms: number) => void = (run, ms) => void setTimeout(run, ms),
  ) {
    this.view = view;
    this.params = params;
    this.link = link;
    this.overlay = overlay;
    this.frame = frame;
    this.later = later;
    this.noun = nounOfView[view] ?? null;
    this.endings = [
      overlay.attach(this),
      link.onChanges((batch) => this.take(batch as Changes<Row>)),
      link.onHeartbeat((beat) => this.verify(beat)),
      link.onOpen((fresh) => void this.begin(fresh)),
      link.onClose(() => this.lose()),
    ];
    link.report(this, { waiting: true, behind: null });
    if (link.connected()) void this.begin(false);
  }

  /** Whether the first answer has come. */
  get ready(): boolean {
    return this.confirmed.position !== null;
  }

  /** Rows beyond the limit, by column; empty when all are held. */
  get more(): Readonly<Record<string, number>> {
    return this.confirmed.more;
  }

  /** The log position up to which rows are known. */
  get position(): number | null {
    return this.confirmed.position;
  }

  subscribe(listener: RowListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Tells of one row only: for a card or a drawer. */
  subscribeKey(key: string, listener: () => void): () => void {
    const listeners = this.keyListeners.get(key) ?? new Set();
    listeners.add(listener);
    this.keyListeners.set(key, listeners);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.keyListeners.delete(key);
    };
  }

  /** Whether a command on this row still waits for its answer. */
  isPending(key: string): boolean {
    return this.overlay.isPending(this.noun, key);
  }

  /** The row as the server has it, without pending commands. */
  confirmedRow(key: string): Row | undefined {
    return this.confirmed.rows.get(key);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    if (this.watch !== null) this.link.unwatch(this.watch);
    for (const end of this.endings) end();
    this.link.report(this, null);
    this.listeners.clear();
    this.keyListeners.clear();
  }

  seenPosition(): number {
    return Math.max(this.heard, this.confirmed.position ?? 0);
  }

  repaint(key: string): void {
    this.dirty.add(key);
    this.schedule();
  }

  private async begin(fresh: boolean): Promise<void> {
    const attempt = ++this.attempt;
    const since = fresh ? null : this.confirmed.position;
    this.watch = null;
    this.link.report(this, { waiting: true, behind: null });
    let reply: WatchAck<Row> | Problem;
    try {
      reply = (await this.link.watch({ view: this.view, params: this.params, ...(since === null ? {} : { since }) })) as
        | WatchAck<Row>
        | Problem;
    } catch {
      // The line broke or stayed silent. If it still stands, ask again; else the next opening does.
      if (attempt === this.attempt && !this.closed && this.link.connected()) void this.begin(fresh);
      return;
    }
    if (attempt !== this.attempt || this.closed) {
      if (!isProblem(reply)) this.link.unwatch(reply.watch);
      return;
    }
    if (isProblem(reply) && (reply.status === 503 || reply.status === 429)) {
      this.later(() => attempt === this.attempt && !this.closed && void this.begin(fresh), BUSY_WAIT_MS);
      return;
    }
    if (isProblem(reply)) {
      this.refused = reply;
      this.link.report(this, null);
      this.schedule();
      return;
    }
    this.refused = null;
    this.watch = reply.watch;
    this.apply(this.confirmed.begin(reply));
    this.link.report(this, { waiting: false, behind: 0 });
  }

  private lose(): void {
    this.attempt += 1;
    this.watch = null;
    this.link.report(this, { waiting: true, behind: null });
  }

  private take(batch: Changes<Row>): void {
    if (batch.watch !== this.watch) return;
    const applied = this.confirmed.advance(batch);
    if (applied !== null) this.apply(applied);
    else void this.restart(false);
  }

  /** Compares columns held whole with the server's sums; a difference is healed by a new snapshot, and counted. */
  private verify(beat: Heartbeat): void {
    if (beat.watch !== this.watch || this.confirmed.position === null || beat.position < this.confirmed.position) return;
    this.heard = beat.position;
    this.overlay.settle();
    if (beat.sums === undefined) return;
    const differing = differingColumns(sumByColumn(this.confirmed.rows, this.hashes), beat.sums, this.confirmed.more);
    if (differing.length === 0) return;
    healed.count += 1;
    console.warn(`Rows of ${this.view} differed from the server in ${differing.join(', ')} at ${beat.position}; loading them anew`);
    void this.restart(true);
  }

  private async restart(fresh: boolean): Promise<void> {
    if (this.watch !== null) this.link.unwatch(this.watch);
    await this.begin(fresh);
  }

  private apply(applied: Applied): void {
    for (const key of applied.changed) this.dirty.add(key);
    for (const [key, touch] of applied.touched) this.touched.set(key, touch);
    this.reset ||= applied.reset;
    this.overlay.settle();
    this.schedule();
  }

  private schedule(): void {
    if (this.scheduled || this.closed) return;
    this.scheduled = true;
    this.frame(() => this.flush());
  }

  private flush(): void {
    this.scheduled = false;
    if (this.closed) return;
    const { dirty: changed, touched, reset } = this;
    this.dirty = new Set();
    this.touched = new Map();
    this.reset = false;
    for (const key of changed) {
      const row = this.overlay.project(this.noun, key, this.confirmed.rows.get(key));
      if (row === undefined) this.rows.delete(key);
      else this.rows.set(key, row);
    }
    for (const listener of [...this.listeners]) listener(changed, { reset, touched });
    if (this.keyListeners.size === 0) return;
    for (const key of changed) for (const listener of [...(this.keyListeners.get(key) ?? [])]) listener();
  }
}
