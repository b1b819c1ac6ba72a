import type { Change } from '../server/live/feed.ts';
import { arrays } from '../server/store/arrays.ts';
import type { Folded, Poison, Touched } from './fold.ts';
import { type LiveTables, tableOf } from './generations.ts';
import { byOf, type Column, type ColumnValue, type Facet, isKept, type Keyed, type Projection, type View } from './projection.ts';

/** One statement with its parameters; `name` is the same for the same text, so the server plans it once. */
export interface Statement {
  name: string;
  text: string;
  values: unknown[];
}

/** A row with its wire text made once, for the table and for the screens alike. */
interface Rendered {
  touched: Touched;
  wire: string | null;
}

const fixed: readonly { name: string; type: string }[] = [
  { name: 'organization_id', type: 'uuid' },
  { name: 'key', type: 'text' },
  { name: 'position', type: 'bigint' },
  { name: 'version', type: 'integer' },
  { name: 'scope', type: 'text' },
  { name: 'status', type: 'text' },
  { name: 'wire', type: 'text' },
  { name: 'state', type: 'text' },
];

const changedColumns: readonly { name: string; type: string }[] = [
  { name: 'organization_id', type: 'uuid' },
  { name: 'view', type: 'text' },
  { name: 'key', type: 'text' },
  { name: 'position', type: 'bigint' },
  { name: 'row_version', type: 'integer' },
  { name: 'status', type: 'text' },
  { name: 'audience_before', type: 'text' },
  { name: 'audience_after', type: 'text' },
  { name: 'by', type: 'text' },
  { name: 'at', type: 'timestamptz' },
  { name: 'sent', type: 'jsonb' },
  { name: 'keys', type: 'text[]' },
];

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** A list inside a list travels as an array literal, because unnest would flatten it; truth and JSON as text. */
function asText(value: ColumnValue): string | null {
  if (value === null || typeof value === 'string') return value;
  return Array.isArray(value) ? `{${value.map((item: string) => quoted(item)).join(',')}}` : String(value);
}

/** The array type that carries a column's values, and how they get into it. */
const carriers: Record<string, { array: string; encode: (values: readonly ColumnValue[]) => Buffer }> = {
  uuid: { array: 'uuid[]', encode: (values) => arrays.uuid(values as (string | null)[]) },
  bigint: { array: 'bigint[]', encode: (values) => arrays.int8(values as (number | null)[]) },
  integer: { array: 'integer[]', encode: (values) => arrays.int4(values as (number | null)[]) },
  'double precision': { array: 'float8[]', encode: (values) => arrays.float8(values as (number | null)[]) },
  timestamptz: {
    array: 'timestamptz[]',
    encode: (values) => arrays.timestamptz(values.map((value) => (typeof value === 'string' ? Date.parse(value) : null))),
  },
  text: { array: 'text[]', encode: (values) => arrays.text(values.map(asText)) },
};
const textCarrier = { array: 'text[]', encode: (values: readonly ColumnValue[]) => arrays.text(values.map(asText)) };

/** How a column is read back from the array that carried it. */
function read(column: { type: string }, index: number): string {
  return column.type in carriers ? `u.c${index}` : `u.c${index}::${column.type}`;
}

/** Collects the parameters of one statement. */
class Parameters {
  readonly values: unknown[] = [];

  add(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }

  /** `unnest($1::a[], $2::b[]) as u(c0, c1)` over columns of values. */
  rows(columns: readonly { name: string; type: string }[], values: readonly (readonly ColumnValue[])[]): string {
    const carried = columns.map((column, index) => {
      const { array, encode } = carriers[column.type] ?? textCarrier;
      return `${this.add(encode(values[index] ?? []))}::${array}`;
    });
    return `unnest(${carried.join(', ')}) as u(${columns.map((_, index) => `c${index}`).join(', ')})`;
  }
}

function readAll(columns: readonly { name: string; type: string }[]): string {
  return columns.map(read).join(', ');
}

function upsert(parameters: Parameters, table: string, projection: Keyed, rendered: readonly Rendered[], condition: string): string {
  const columns = [...fixed, ...projection.columns];
  const values: ColumnValue[][] = columns.map(() => []);
  for (const { touched, wire } of rendered) {
    const row = touched.row as object;
    const cells = [
      touched.organizationId,
      touched.key,
      touched.event.position,
      projection.rowVersion(row),
      projection.scope(row),
      projection.status(row),
      wire,
      projection.state ? projection.state(row) : null,
      ...projection.columns.map((column: Column<object>) => column.of(row)),
    ];
    cells.forEach((value, index) => {
      values[index]?.push(value);
    });
  }
  const names = columns.map((column) => column.name);
  const set = names.slice(2).map((name) => `${name} = excluded.${name}`);
  return `insert into ${table} as t (${names.join(', ')}) select ${readAll(columns)} from ${parameters.rows(columns, values)}${condition}
    on conflict (organization_id, key) do update set ${set.join(', ')} where t.position < excluded.position`;
}

/** Rows and lines of a folded page as data-modifying parts of one statement; each runs only where `condition` holds. */
function parts(
  parameters: Parameters,
  projections: readonly Projection[],
  tables: LiveTables,
  folded: Pick<Folded, 'lines'>,
  rendered: ReadonlyMap<string, Rendered[]>,
  condition: string,
): string[] {
  const statements: string[] = [];
  for (const projection of projections.filter(isKept)) {
    const table = tableOf(tables, projection.name);
    if (projection.kind === 'appended') {
      const lines = folded.lines.get(projection.name);
      if (!lines) continue;
      const columns: readonly Column<object>[] = projection.columns;
      const all = [{ name: 'organization_id', type: 'uuid' }, ...columns];
      const values: ColumnValue[][] = [
        lines.map(({ event }) => event.organizationId),
        ...columns.map((column) => lines.map(({ line }) => column.of(line))),
      ];
      statements.push(
        `insert into ${table} (${all.map((column) => column.name).join(', ')}) select ${readAll(all)} from ${parameters.rows(all, values)}${condition} on conflict do nothing`,
      );
      continue;
    }
    const rows = rendered.get(projection.name);
    if (!rows) continue;
    const standing = rows.filter(({ touched }) => touched.row !== null);
    const gone = rows.filter(({ touched }) => touched.row === null);
    if (standing.length > 0) statements.push(upsert(parameters, table, projection, standing, condition));
    if (gone.length > 0) {
      const organizations = parameters.add(arrays.uuid(gone.map(({ touched }) => touched.organizationId)));
      const keys = parameters.add(arrays.text(gone.map(({ touched }) => touched.key)));
      statements.push(
        `delete from ${table} t using unnest(${organizations}::uuid[], ${keys}::text[]) as u(c0, c1)${condition || ' where true'} and t.organization_id = u.c0 and t.key = u.c1`,
      );
    }
  }
  return statements;
}

function render(projections: readonly Projection[], folded: Folded): Map<string, Rendered[]> {
  const rendered = new Map<string, Rendered[]>();
  for (const projection of projections) {
    const rows = folded.rows.get(projection.name);
    if (projection.kind !== 'keyed' || !rows) continue;
    rendered.set(
      projection.name,
      [...rows.values()].map((touched) => ({ touched, wire: touched.row === null ? null : projection.wire(touched.row) })),
    );
  }
  return rendered;
}

/** How a live view looks at the rows of a keyed projection: itself, or a facet of it. */
interface Look {
  view: string;
  scope: (row: object | null) => string | null;
  wire: (row: object, ready: string | null) => string | null;
}

function lookOf(of: Keyed, facet: Facet | null): Look | null {
  if (facet === null)
    return of.view === null ? null : { view: of.view, scope: (row) => (row === null ? null : of.scope(row)), wire: (_row, ready) => ready };
  if (facet.view === null) return null;
  return { view: facet.view, scope: (row) => (row !== null && facet.shows(row) ? of.scope(row) : null), wire: (row) => facet.wire(row) };
}

function changesOf(projections: readonly Projection[], rendered: ReadonlyMap<string, Rendered[]>): Change[] {
  const changes: Change[] = [];
  for (const projection of projections) {
    const of = projection.kind === 'facet' ? projections.find(({ name }) => name === projection.of) : projection;
    if (of?.kind !== 'keyed') continue;
    const look = lookOf(of, projection.kind === 'facet' ? projection : null);
    if (look === null) continue;
    for (const { touched, wire } of rendered.get(of.name) ?? []) {
      const { row, event } = touched;
      const before = look.scope(touched.before);
      const after = look.scope(row);
      // It did not show and does not show: nothing to tell.
      if (before === null && after === null) continue;
      const last = row ?? touched.before;
      changes.push({
        organizationId: touched.organizationId,
        view: look.view,
        key: touched.key,
        position: event.position,
        before,
        after,
        wire: after === null || row === null ? null : look.wire(row, wire),
        version: last === null ? 0 : of.rowVersion(last),
        status: after === null || row === null ? null : of.status(row),
        by: byOf(event),
        at: event.recordedAt,
        ...(event.meta.sentAt === undefined ? {} : { sent: event.meta.sentAt }),
      });
    }
  }
  return changes;
}

const names = new Map<string, string>();

function named(text: string, values: unknown[]): Statement {
  let name = names.get(text);
  if (name === undefined) {
    name = `projected_${names.size}`;
    names.set(text, name);
  }
  return { name, text, values };
}

/** A line of `changed`: one row's change, or those of many rows whose keys begin with their scope. */
interface Note {
  change: Change;
  keys: string[] | null;
}

function notesOf(projections: readonly Projection[], changes: readonly Change[], to: number): Note[] {
  const gathered = new Set(
    projections.flatMap((projection) => (projection.kind === 'keyed' && projection.scopeInKey ? [projection.view] : [])),
  );
  const notes: Note[] = [];
  const lines = new Map<string, string[]>();
  for (const change of changes) {
    if (!gathered.has(change.view as View)) {
      notes.push({ change, keys: null });
      continue;
    }
    const line = `${change.view}|${change.organizationId}`;
    let keys = lines.get(line);
    if (!keys) {
      keys = [];
      lines.set(line, keys);
      notes.push({ change: { ...change, key: '', position: to, before: null, after: null }, keys });
    }
    keys.push(`${change.before === null ? '+' : '='}${change.key}`);
  }
  return notes;
}

export interface Batch {
  statement: Statement;
  changes: Change[];
}

/** Where the leader stands: its writes count only while all of this is still so. */
export interface Standing {
  position: number;
  epoch: number;
}

/**
 * A whole page as one statement, thus one transaction and one round trip: checkpoint by compare-and-set, rows, lines,
 * changes and parked streams. Answers one row when it held; none when another leader or a swap came first, and then
 * nothing at all was written.
 */
export function batchOf(projections: readonly Projection[], tables: LiveTables, standing: Standing, folded: Folded): Batch {
  const parameters = new Parameters();
  const rendered = render(projections, folded);
  const changes = changesOf(projections, rendered);
  const checkpoint = `update checkpoints set position = ${parameters.add(folded.to)}::bigint where version = ${parameters.add(tables.version)}::integer
    and position = ${parameters.add(standing.position)}::bigint and epoch = ${parameters.add(standing.epoch)}::bigint and stamp = ${parameters.add(tables.stamp)}::bigint returning position`;
  const held = ' where exists (select 1 from held)';
  const statements = parts(parameters, projections, tables, folded, rendered, held);
  if (changes.length > 0) {
    const notes = notesOf(projections, changes, folded.to);
    const values = [
      notes.map(({ change }) => change.organizationId),
      notes.map(({ change }) => change.view),
      notes.map(({ change }) => change.key),
      notes.map(({ change }) => change.position),
      notes.map(({ change }) => change.version),
      notes.map(({ change }) => change.status),
      notes.map(({ change }) => change.before),
      notes.map(({ change }) => change.after),
      notes.map(({ change }) => change.by),
      notes.map(({ change }) => change.at),
      notes.map(({ change }) => (change.sent === undefined ? null : JSON.stringify(change.sent))),
      notes.map(({ keys }) => keys),
    ];
    const source = parameters.rows(changedColumns, values);
    statements.push(
      `insert into changed (version, ${changedColumns.map((column) => column.name).join(', ')})
       select ${parameters.add(tables.version)}::integer, ${readAll(changedColumns)} from ${source}${held} on conflict do nothing`,
    );
  }
  if (folded.poison.length > 0) statements.push(parking(parameters, tables.version, folded.poison, held));
  const text = `with held as (${checkpoint})${statements.map((statement, index) => `, w${index} as (${statement})`).join('')}
    select pg_notify('changed', position::text) from held`;
  return { statement: named(text, parameters.values), changes };
}

function parking(parameters: Parameters, version: number, poison: readonly Poison[], condition: string): string {
  const columns = [
    { name: 'projection', type: 'text' },
    { name: 'organization_id', type: 'uuid' },
    { name: 'stream_type', type: 'text' },
    { name: 'stream_id', type: 'text' },
    { name: 'position', type: 'bigint' },
    { name: 'event_type', type: 'text' },
    { name: 'error', type: 'text' },
  ];
  const values = [
    poison.map((each) => each.projection),
    poison.map((each) => each.event.organizationId),
    poison.map((each) => each.event.stream.type),
    poison.map((each) => each.event.stream.id),
    poison.map((each) => each.event.position),
    poison.map((each) => each.event.type),
    poison.map((each) => each.error.message.slice(0, 2000)),
  ];
  return `insert into parked (version, ${columns.map((column) => column.name).join(', ')})
    select ${parameters.add(version)}::integer, ${readAll(columns)} from ${parameters.rows(columns, values)}${condition} on conflict do nothing`;
}

/** Rows and lines only, for a generation that nobody reads yet; null when there is nothing to write. */
export function loadOf(projections: readonly Projection[], tables: LiveTables, folded: Pick<Folded, 'rows' | 'lines'>): Statement | null {
  const parameters = new Parameters();
  const rendered = render(projections, { to: 0, poison: [], ...folded });
  const statements = parts(parameters, projections, tables, folded, rendered, '');
  const last = statements.pop();
  if (last === undefined) return null;
  const text =
    statements.length === 0 ? last : `with ${statements.map((statement, index) => `w${index} as (${statement})`).join(', ')} ${last}`;
  return named(text, parameters.values);
}

/** Parks streams found poisonous while a generation was built. */
export function parkingOf(version: number, poison: readonly Poison[]): Statement {
  const parameters = new Parameters();
  return named(parking(parameters, version, poison, ''), parameters.values);
}
