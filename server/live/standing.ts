import type { Change, Scope } from './feed.ts';
import type { StoredRow } from './source.ts';

/** A row the hub keeps in mind: its place and what a reader of it needs. */
export interface Stood {
  key: string;
  position: number;
  version: number;
  status: string | null;
  scope: Scope;
  /** Empty when the reader does not need it. */
  wire: string;
}

/**
 * The rows of one view of one organization as the feed has told them, for what is computed over rows (checksums, sums
 * by audience). Loaded once, then kept by changes; a change that the load already contained is recognised by position.
 */
export class Standing {
  readonly rows = new Map<string, Stood>();
  /** Resolves once loaded; false when there are too many rows to keep in mind. */
  readonly ready: Promise<boolean>;
  /** Position of the load; sums over the rows hold from here on. */
  position = 0;
  loaded = false;
  #early: Change[] | null = [];
  readonly #onChange: (before: Stood | null, after: Stood | null) => void;

  readonly #keepWire: boolean;

  constructor(
    load: Promise<{ position: number; rows: StoredRow[] } | null>,
    keepWire: boolean,
    onChange: (before: Stood | null, after: Stood | null) => void,
  ) {
    this.#keepWire = keepWire;
    this.#onChange = onChange;
    this.ready = load.then((found) => {
      const early = this.#early ?? [];
      this.#early = null;
      if (found === null) return false;
      this.position = found.position;
      for (const row of found.rows) if (row.scope !== null) this.#set({ ...row, scope: row.scope });
      this.loaded = true;
      for (const change of early) this.take(change);
      return true;
    });
  }

  /** Follows a change; before the load is there it is kept for then. */
  take(change: Change): void {
    if (this.#early !== null) {
      this.#early.push(change);
      return;
    }
    if (!this.loaded || change.position <= this.position) return;
    const { key, position, version, status, after, wire } = change;
    if (wire === null || after === null) this.#remove(key);
    else this.#set({ key, position, version, status, scope: after, wire });
  }

  #set(row: Stood): void {
    const before = this.rows.get(row.key) ?? null;
    const kept = this.#keepWire ? row : { ...row, wire: '' };
    this.rows.set(row.key, kept);
    this.#onChange(before, kept);
  }

  #remove(key: string): void {
    const before = this.rows.get(key);
    if (before === undefined) return;
    this.rows.delete(key);
    this.#onChange(before, null);
  }
}
