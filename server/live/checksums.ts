import type { Change, Scope } from './feed.ts';
import type { RowSource } from './source.ts';
import { Standing, type Stood } from './standing.ts';
import { type Target, type ViewName, visible } from './target.ts';

export interface ColumnSum {
  count: number;
  /** Sum of `rowHash` over the column's rows, modulo 2^32. */
  sum: number;
}

/** More rows than this in one organization are not summed: no screen holds such a column whole anyway. */
const mostRows = 60_000;

const encoder = new TextEncoder();

/** FNV-1a (32 bit) of `key:version`; screens compute the same over the rows they hold. */
export function rowHash(key: string, version: number): number {
  let hash = 2166136261;
  for (const byte of encoder.encode(`${key}:${version}`)) hash = Math.imul(hash ^ byte, 16777619);
  return hash >>> 0;
}

/**
 * Sums over the rows of one view of one organization, by scope and column, so that the sum an audience should hold is
 * a few additions. They let a screen notice by itself that it differs.
 */
export class Checksums {
  readonly #standing: Standing;
  readonly #sums = new Map<Scope, Map<string, ColumnSum>>();
  readonly #columns: ReadonlySet<string>;

  /** `columns`: those that screens hold whole; rows of others are not counted. `['']` for views without columns. */
  constructor(source: RowSource, organizationId: string, view: ViewName, columns: readonly string[]) {
    this.#columns = new Set(columns);
    this.#standing = new Standing(source.standing(organizationId, view, mostRows), false, (before, after) => {
      if (before !== null) this.#add(before, -1);
      if (after !== null) this.#add(after, 1);
    });
  }

  get ready(): Promise<boolean> {
    return this.#standing.ready;
  }

  take(change: Change): void {
    this.#standing.take(change);
  }

  /** What a target's rows must sum up to at `position`, or null when that cannot be said (not loaded, or loaded later). */
  of(target: Target, position: number): Record<string, ColumnSum> | null {
    if (!this.#standing.loaded || this.#standing.position > position) return null;
    const total: Record<string, ColumnSum> = {};
    for (const column of this.#columns) total[column] = { count: 0, sum: 0 };
    for (const [scope, columns] of this.#sums) {
      if (!visible(target, scope)) continue;
      for (const [column, part] of columns) {
        const sum = total[column];
        if (sum === undefined) continue;
        sum.count += part.count;
        sum.sum = (sum.sum + part.sum) >>> 0;
      }
    }
    return total;
  }

  #add(row: Stood, sign: 1 | -1): void {
    const column = this.#columns.has('') ? '' : (row.status ?? '');
    if (!this.#columns.has(column)) return;
    let columns = this.#sums.get(row.scope);
    if (columns === undefined) {
      columns = new Map();
      this.#sums.set(row.scope, columns);
    }
    const part = columns.get(column) ?? { count: 0, sum: 0 };
    part.count += sign;
    part.sum = (part.sum + sign * rowHash(row.key, row.version)) >>> 0;
    columns.set(column, part);
  }
}
