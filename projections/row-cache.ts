/** Identifies a row across organizations: cheap to make, unique because organization ids have one length. */
export function rowId(organizationId: string, key: string): string {
  return organizationId + key;
}

/**
 * The rows a projector touched last, so that an event on a warm lead costs no query. `null` means "known to be absent".
 * Two generations of rows: what is asked for moves to the young one; when that is half of the capacity, the old one is
 * let go whole. That keeps recent rows without noting the order of each; whatever leaves is in the table.
 */
export class RowCache {
  readonly #capacity: number;
  #young = new Map<string, object | null>();
  #old = new Map<string, object | null>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Undefined: not cached, ask the table. */
  get(id: string): object | null | undefined {
    const row = this.#young.get(id);
    if (row !== undefined) return row;
    const older = this.#old.get(id);
    if (older !== undefined) this.#young.set(id, older);
    return older;
  }

  set(id: string, row: object | null): void {
    this.#young.set(id, row);
  }

  /** Lets old rows go if there are too many. Called between pages, so that what a page needs stays. */
  trim(): void {
    if (this.#young.size < this.#capacity / 2) return;
    this.#old = this.#young;
    this.#young = new Map();
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }
}
