import { fetchJson } from '../sync/session.ts';

interface Page<Row> {
  rows: Row[];
  nextCursor: string | null;
  position: number;
}

/**
 * Lines of one lead, newest first, a page at a time. `refresh` brings what is new without losing older pages that
 * were opened; `atLeast` is a log position the answer must have reached.
 */
export class PagedLines<Row extends { position: number }> {
  rows: Row[] = [];
  next: string | null = null;
  loaded = false;
  readonly #path: string;
  readonly #keyOf: (row: Row) => string;
  #aborted = new AbortController();

  constructor(path: string, keyOf: (row: Row) => string) {
    this.#path = path;
    this.#keyOf = keyOf;
  }

  async refresh(atLeast: number | null): Promise<void> {
    this.#aborted.abort();
    this.#aborted = new AbortController();
    const page = await this.#fetch(null, atLeast, this.#aborted.signal);
    const fresh = new Set(page.rows.map(this.#keyOf));
    const known = new Set(this.rows.map(this.#keyOf));
    const overlaps = page.rows.some((row) => known.has(this.#keyOf(row)));
    // More news than a page: what was opened before no longer joins on.
    if (!overlaps) this.next = page.nextCursor;
    this.rows = overlaps ? [...page.rows, ...this.rows.filter((row) => !fresh.has(this.#keyOf(row)))] : page.rows;
    this.loaded = true;
  }

  async older(): Promise<void> {
    if (this.next === null) return;
    const page = await this.#fetch(this.next, null, this.#aborted.signal);
    const known = new Set(this.rows.map(this.#keyOf));
    this.rows = [...this.rows, ...page.rows.filter((row) => !known.has(this.#keyOf(row)))];
    this.next = page.nextCursor;
  }

  close(): void {
    this.#aborted.abort();
  }

  async #fetch(cursor: string | null, atLeast: number | null, signal: AbortSignal): Promise<Page<Row>> {
    const query = new URLSearchParams({ limit: '30', ...(cursor === null ? {} : { cursor }) });
    return (await fetchJson(`${this.#path}?${query}`, {
      signal,
      ...(atLeast === null ? {} : { headers: { 'min-position': String(atLeast) } }),
    })) as Page<Row>;
  }
}
