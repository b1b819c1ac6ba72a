import { versionOf } from './checksum.ts';

/**
 * What a pending command is expected to do to a row, in one line. It answers null when the fact it builds on no
 * longer holds (a move from `new` when the lead stands elsewhere): then the row is shown as the server has it.
 */
export type Patch<Row extends object = object> = (row: Row) => Row | null;

/** One command on its way, or accepted and not yet seen in the rows. */
export interface Pending {
  commandId: string;
  noun: string;
  key: string;
  patch: Patch | null;
  /** Set once accepted: what the rows must have reached before the patch is let go. */
  accepted: { version: number; position: number } | null;
}

/** Something that shows rows of a noun and knows how far it has come; the overlay keeps a patch until all have. */
export interface Viewer {
  noun: string | null;
  seenPosition(): number;
  repaint(key: string): void;
}

/**
 * Pending commands over confirmed rows. Nothing is ever written into the confirmed rows: a view is computed from
 * the row as it stands plus the patches still pending, so each change undoes and redoes them, and a refused command
 * returns exactly its own card.
 */
export class Overlay {
  private readonly pending = new Map<string, Pending[]>();
  private readonly viewers = new Set<Viewer>();

  /** Registers a viewer; answers a function that takes it out again. */
  attach(viewer: Viewer): () => void {
    this.viewers.add(viewer);
    return () => {
      this.viewers.delete(viewer);
      this.settle();
    };
  }

  add(entry: Pending): void {
    const slot = slotOf(entry.noun, entry.key);
    this.pending.set(slot, [...(this.pending.get(slot) ?? []), entry]);
    this.repaint(entry);
  }

  accept(entry: Pending, version: number, position: number): void {
    entry.accepted = { version, position };
    this.settle();
    this.repaint(entry);
  }

  /** Takes a refused (or given up) command back: only its own card changes. */
  refuse(entry: Pending): void {
    this.remove(entry);
    this.repaint(entry);
  }

  /** The row as the person should see it: confirmed, with what they did since. */
  project<Row extends object>(noun: string | null, key: string, confirmed: Row | undefined): Row | undefined {
    if (confirmed === undefined || noun === null) return confirmed;
    const entries = this.pending.get(slotOf(noun, key));
    if (entries === undefined) return confirmed;
    const reached = versionOf(confirmed);
    let row: Row = confirmed;
    for (const { patch, accepted } of entries) {
      if (patch === null || (accepted !== null && reached !== null && reached >= accepted.version)) continue;
      row = (patch(row) as Row | null) ?? row;
    }
    return row;
  }

  /** Whether a command on this row still waits for its answer. */
  isPending(noun: string | null, key: string): boolean {
    if (noun === null) return false;
    return this.pending.get(slotOf(noun, key))?.some((entry) => entry.accepted === null) ?? false;
  }

  /** Lets go of accepted commands that every viewer of their noun has seen in its rows. Called as positions advance. */
  settle(): void {
    if (this.pending.size === 0) return;
    const seen = new Map<string, number>();
    for (const viewer of this.viewers) {
      if (viewer.noun === null) continue;
      seen.set(viewer.noun, Math.min(seen.get(viewer.noun) ?? Number.POSITIVE_INFINITY, viewer.seenPosition()));
    }
    for (const entries of [...this.pending.values()]) {
      for (const entry of entries) {
        if (entry.accepted !== null && entry.accepted.position <= (seen.get(entry.noun) ?? Number.POSITIVE_INFINITY)) this.remove(entry);
      }
    }
  }

  clear(): void {
    this.pending.clear();
  }

  private remove(entry: Pending): void {
    const slot = slotOf(entry.noun, entry.key);
    const rest = (this.pending.get(slot) ?? []).filter((other) => other !== entry);
    if (rest.length === 0) this.pending.delete(slot);
    else this.pending.set(slot, rest);
  }

  private repaint(entry: Pending): void {
    for (const viewer of this.viewers) if (viewer.noun === entry.noun) viewer.repaint(entry.key);
  }
}

function slotOf(noun: string, key: string): string {
  return `${noun} ${key}`;
}
