import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';

const tries = 4;

/** The connection broke, or could not be made: whatever was asked may be asked again if it only reads. */
export function connectionLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code = '' } = error as Error & { code?: string };
  return (
    /^(ECONN|EPIPE|ENOENT|08|57P)/.test(code) ||
    /Connection terminated|not queryable|timeout exceeded when trying to connect/.test(error.message)
  );
}

/** A query that only reads, asked again on another connection when one breaks. */
export async function readRows<Row extends pg.QueryResultRow>(pool: pg.Pool, query: pg.QueryConfig): Promise<Row[]> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return (await pool.query<Row>(query)).rows;
    } catch (error) {
      if (attempt === tries || !connectionLost(error)) throw error;
      await sleep(20 * 4 ** (attempt - 1));
    }
  }
}
