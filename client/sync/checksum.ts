import type { ColumnSum } from './wire.ts';

const encoder = new TextEncoder();

/** FNV-1a (32 bit) of `key:version`, as the server sums it in its heartbeats. */
export function rowHash(key: string, version: number): number {
  let hash = 2166136261;
  for (const byte of encoder.encode(`${key}:${version}`)) hash = Math.imul(hash ^ byte, 16777619);
  return hash >>> 0;
}

/** The column a row counts in: its status, or the single column `''` of views without one. */
export function columnOf(row: object): string {
  return 'status' in row && typeof row.status === 'string' ? row.status : '';
}

/** The version a row carries, null for rows without one (metrics). */
export function versionOf(row: object): number | null {
  return 'version' in row && typeof row.version === 'number' ? row.version : null;
}

/** Sums of all rows by column. A hash per row is kept by the caller's cache, since hashing 20,000 ids is what costs. */
export function sumByColumn<Row extends object>(rows: ReadonlyMap<string, Row>, hashes: WeakMap<object, number>): Map<string, ColumnSum> {
  const sums = new Map<string, ColumnSum>();
  for (const [key, row] of rows) {
    const version = versionOf(row);
    if (version === null) continue;
    let hash = hashes.get(row);
    if (hash === undefined) {
      hash = rowHash(key, version);
      hashes.set(row, hash);
    }
    const column = columnOf(row);
    const sum = sums.get(column);
    if (sum === undefined) sums.set(column, { count: 1, sum: hash });
    else {
      sum.count += 1;
      sum.sum = (sum.sum + hash) >>> 0;
    }
  }
  return sums;
}

/**
 * The columns in which our rows differ from what the server says we should hold. Columns of `more` are skipped: of
 * those we hold a part. Columns the server does not name are not compared.
 */
export function differingColumns(
  ours: ReadonlyMap<string, ColumnSum>,
  server: Readonly<Record<string, ColumnSum>>,
  more: Readonly<Record<string, number>>,
): string[] {
  return Object.entries(server)
    .filter(([column, theirs]) => {
      if (column in more) return false;
      const mine = ours.get(column) ?? { count: 0, sum: 0 };
      return mine.count !== theirs.count || mine.sum !== theirs.sum;
    })
    .map(([column]) => column);
}
