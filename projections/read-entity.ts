import { defineEntity } from '@mikro-orm/postgresql';

const p = defineEntity.properties;

/** Columns of every keyed read model, as `ddl.ts` makes them. */
export const keyedColumns = {
  organizationId: p.uuid().primary(),
  key: p.text().primary(),
  position: p.bigint('number'),
  version: p.integer(),
  scope: p.text().nullable(),
  status: p.text().nullable(),
  /** The row as JSON text, ready to be sent. */
  wire: p.text(),
};

const text = (expression: (table: string) => string) =>
  p
    .text()
    .formula((_, table) => `${expression(String(table))} collate "C"`)
    .lazy();

/**
 * A text column that sorts and compares as bytes, so that keyset pages agree with the order whatever the database's
 * locale. Worked out by the query, stored nowhere.
 */
export const bytesOf = (column: string) => text((table) => `${table}.${column}`);

/** What a list is ordered and paged by: a text column and, among equals, the key. */
export const orderedByText = (column: string) => ({ sort: bytesOf(column), sortKey: bytesOf('key') });

/** The same by an instant, as text of a fixed width. */
export const orderedByInstant = (column: string) => ({
  sort: text((table) => `to_char(${table}.${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')`),
  sortKey: bytesOf('key'),
});
