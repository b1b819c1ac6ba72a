import { type Frame, frameOf } from './frame.ts';
import type { Target } from './target.ts';

/** A socket as a room sees it. */
export interface Watcher {
  write(frame: Frame): void;
}

interface Waiting {
  position: number;
  text: () => string;
}

/** Rows of one message go up to this many characters; a bulk change travels as several messages that chain. */
const frameBudget = 96 * 1024;

/**
 * All watchers of one target: they hold the same rows, so one frame serves them all. The chain: every message's `from`
 * is the last one's `to`. A newcomer holds another position than the room; its first message starts there, carries only
 * what it lacks, and brings it to the room's position, after which it is a member like all others.
 */
export class Room {
  /** The watch id, shared by all members so that the frame can be. */
  readonly watch: string;
  readonly target: Target;
  /** `to` of the last message to the members. */
  cursor: number;
  readonly #members = new Set<Watcher>();
  readonly #newcomers = new Map<Watcher, number>();
  readonly #pending = new Map<string, Waiting>();

  constructor(watch: string, target: Target, cursor: number) {
    this.watch = watch;
    this.target = target;
    this.cursor = cursor;
  }

  get size(): number {
    return this.#members.size + this.#newcomers.size;
  }

  get idle(): boolean {
    return this.#pending.size === 0;
  }

  has(watcher: Watcher): boolean {
    return this.#members.has(watcher) || this.#newcomers.has(watcher);
  }

  /** Takes a watcher whose rows stand at `position` (which may be ahead of the room). */
  join(watcher: Watcher, position: number): void {
    this.leave(watcher);
    if (position === this.cursor) this.#members.add(watcher);
    else this.#newcomers.set(watcher, position);
  }

  leave(watcher: Watcher): void {
    this.#members.delete(watcher);
    this.#newcomers.delete(watcher);
  }

  /** A row to send with the next flush; the last one of a key wins. */
  put(key: string, position: number, text: () => string): void {
    // Deleted first, so that rows stay ordered by position.
    this.#pending.delete(key);
    this.#pending.set(key, { position, text });
  }

  /** Sends what waits; afterwards members stand at `to`. Answers the number of row deliveries. */
  flush(to: number): number {
    if (this.#pending.size === 0) return 0;
    const rows = [...this.#pending.values()];
    this.#pending.clear();
    let sent = 0;
    if (this.#members.size > 0) {
      for (const frame of framesOf(this.watch, this.cursor, to, rows)) for (const member of this.#members) member.write(frame);
      sent += rows.length * this.#members.size;
    }
    for (const [position, watchers] of this.#newcomersByPosition()) {
      const lacking = rows.filter((row) => row.position > position);
      // Nothing it lacks: it stays where it is, and its chain with it.
      if (lacking.length === 0) continue;
      const frames = framesOf(this.watch, position, to, lacking);
      for (const watcher of watchers) {
        for (const frame of frames) watcher.write(frame);
        this.#newcomers.delete(watcher);
        this.#members.add(watcher);
      }
      sent += lacking.length * watchers.length;
    }
    this.cursor = to;
    return sent;
  }

  /** Sends something outside the chain to everyone whose rows stand exactly as the room's do at `position`. */
  tell(frame: Frame, position: number): void {
    for (const member of this.#members) member.write(frame);
    for (const [newcomer, at] of this.#newcomers) if (at <= position) newcomer.write(frame);
  }

  #newcomersByPosition(): Map<number, Watcher[]> {
    const groups = new Map<number, Watcher[]>();
    for (const [watcher, position] of this.#newcomers) {
      const group = groups.get(position);
      if (group) group.push(watcher);
      else groups.set(position, [watcher]);
    }
    return groups;
  }
}

/**
 * The messages that bring a watch from one position to another. Rows are ordered by position, so when they do not fit
 * into one message the chain can be cut after the last position that is complete.
 */
function framesOf(watch: string, from: number, to: number, rows: readonly Waiting[]): Frame[] {
  const ordered = [...rows].sort((a, b) => a.position - b.position);
  const frames: Frame[] = [];
  let texts: string[] = [];
  let size = 0;
  let start = from;
  ordered.forEach((row, index) => {
    const text = row.text();
    texts.push(text);
    size += text.length;
    const next = ordered[index + 1];
    if (next !== undefined && (size < frameBudget || next.position === row.position)) return;
    const end = next === undefined ? to : row.position;
    frames.push(frameOf('changes', `{"watch":"${watch}","from":${start},"to":${end},"rows":[${texts.join(',')}]}`));
    texts = [];
    size = 0;
    start = end;
  });
  return frames;
}
