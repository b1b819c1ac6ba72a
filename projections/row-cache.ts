/** Identifies a row across organizations: cheap to make, unique because organization ids have one length. */
export function rowId(organizationId: string, key: string): string {
  return organizationId + key;
}

/**
 * The rows a projector touched last, so that an event on a warm lead costs no query. `null` means "known to be absent".
 * Rows that were not changed for longest leave first; whatever leaves is in the table.
 */
export class RowCache {
  readonly #capacity: number;
  readonly #rows = new Map<string, object | null>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#rows.size;
  }

  /** Undefined: not cached, ask the table. */
  get(id: string): object | null | undefined {
    return this.#rows.get(id);
  }

  set(id: string, row: object | null): void {
    this.#rows.delete(id);
    this.#rows.set(id, row);
  }

  /** Lets the oldest rows go until the capacity holds again. */
  trim(): void {
    for (const id of this.#rows.keys()) {
      if (this.#rows.size <= this.#capacity) return;
      this.#rows.delete(id);
    }
  }

  clear(): void {
    this.#rows.clear();
  }
}
