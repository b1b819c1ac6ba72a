import type { Changes, Entry, WatchAck } from './wire.ts';

/** What happened to a key in a batch, beside the row itself. */
export interface Touch {
  by: string;
  at: string;
}

/** What one message changed. */
export interface Applied {
  changed: Set<string>;
  /** Who changed a key; empty for snapshots and catch-up deltas, which are nobody's doing on this screen. */
  touched: Map<string, Touch>;
  /** The rows were replaced as a whole. */
  reset: boolean;
}

/**
 * The rows of one watch as the server has confirmed them, and the log position they stand at. Batches chain: the first
 * `from` equals the watch answer's position, every later `from` the last `to`. A hole means a lost message and is
 * answered by watching again from our position.
 */
export class ConfirmedRows<Row extends object> {
  readonly rows = new Map<string, Row>();
  more: Record<string, number> = {};
  /** Null until the first answer. */
  position: number | null = null;

  /** Takes the answer to `watch`: a snapshot empties the rows first, a delta is laid over them. */
  begin(ack: WatchAck<Row>): Applied {
    const reset = ack.mode === 'snapshot';
    const changed = new Set<string>();
    if (reset) {
      for (const key of this.rows.keys()) changed.add(key);
      this.rows.clear();
      this.more = ack.more ?? {};
    }
    for (const entry of ack.rows) this.put(entry, changed);
    this.position = ack.position;
    return { changed, touched: new Map(), reset };
  }

  /**
   * Takes a live batch, or answers null when something between ours and it is missing. What we have already (another
   * watch of the same rows on this page is brought up to date) changes nothing; an overlap is harmless, since rows
   * come whole.
   */
  advance(batch: Changes<Row>): Applied | null {
    if (this.position === null || batch.from > this.position) return null;
    const changed = new Set<string>();
    const touched = new Map<string, Touch>();
    if (batch.to <= this.position) return { changed, touched, reset: false };
    for (const entry of batch.rows) {
      this.put(entry, changed);
      touched.set(entry.key, { by: entry.by, at: entry.at });
    }
    this.position = batch.to;
    return { changed, touched, reset: false };
  }

  private put(entry: Entry<Row>, changed: Set<string>): void {
    changed.add(entry.key);
    if (entry.gone === true) this.rows.delete(entry.key);
    else this.rows.set(entry.key, entry.row);
  }
}
