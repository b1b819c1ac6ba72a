import type { RecordedEvent } from '../domain/kernel/aggregate.ts';
import type { Scope } from '../server/live/feed.ts';

/**
 * A read model is declared, not programmed: which events touch which rows, how a row follows from the row before and
 * the event, and how it looks as columns and on the wire. The engine does the rest (loading, folding a page in
 * memory, one set-based write, the checkpoint, announcing, rebuilding), so every projection has the same guarantees.
 *
 * Handlers are pure over (row, event, rows of projections folded before): the same events always give the same rows,
 * however they were cut into pages. That is what makes a rebuild equal to what was kept live.
 */

/** What the change feed speaks of; each is the table of the same name. The last three are for the server's own caches, not for screens. */
export type View = 'board' | 'lead' | 'floor' | 'metrics' | 'alerts' | 'operation' | 'organizations' | 'members' | 'teams';

export type ColumnType = 'text' | 'text[]' | 'uuid' | 'bigint' | 'integer' | 'double precision' | 'boolean' | 'timestamptz' | 'json';

export type ColumnValue = string | number | boolean | null | readonly string[];

/** A typed column kept beside the wire text because a query filters, sorts or sums by it. */
export interface Column<Row> {
  name: string;
  type: ColumnType;
  of: (row: Row) => ColumnValue;
}

/** Looks at rows of the projections folded before this one, as they stood around an event. */
export interface Page {
  /** The row just before the event, null when absent. */
  before<Row>(projection: string, event: RecordedEvent, key: string): Row | null;
  /** The row just after the event. */
  after<Row>(projection: string, event: RecordedEvent, key: string): Row | null;
}

/** A row of another projection that a handler will look at: loaded before the page is folded. */
export interface Reference {
  projection: string;
  key: string;
}

interface Common {
  /** Also the table's name. */
  name: string;
  /** Raise it when a handler changes what it makes of the same events; DDL changes are noticed by themselves. */
  version: number;
  /** One sentence for the documents. */
  summary: string;
  /** Projections whose rows the handlers look at; they are folded first. */
  reads: readonly string[];
  /** Projections that are rebuilt and swapped with this one, because something in the database looks at both. */
  companions?: readonly string[];
  /** Rows to have at hand beside those that `keys` names. */
  refersTo?: (event: RecordedEvent) => readonly Reference[];
  /** Stream types whose events can matter; all others are passed over. */
  streams: readonly string[];
  /** Index definitions: what follows `create index on <table> `. */
  indexes: readonly string[];
  /** Further statements for a generation, with `{schema}` standing for its name (search functions). */
  extra?: readonly string[];
  /** The `auth` role may read it (sign-in happens before an organization is chosen). */
  forSignIn?: boolean;
}

/** Asks a table of the same generation set: the text names it as `{name}`. */
export type Ask = <Answer extends object>(text: string, values: unknown[]) => Promise<Answer[]>;

/** One row a key, rewritten as events arrive. */
export interface KeyedProjection<Row extends object> extends Common {
  kind: 'keyed';
  view: View | null;
  columns: readonly Column<Row>[];
  /** The rows an event touches. */
  keys: (event: RecordedEvent, page: Page) => readonly string[];
  /** The row after the event; the same object when nothing changed (then nothing is written), null when there is none. */
  apply: (row: Row | null, event: RecordedEvent, key: string, page: Page) => Row | null;
  scope: (row: Row) => Scope | null;
  status: (row: Row) => string | null;
  rowVersion: (row: Row) => number;
  /** JSON text of the row as it travels. */
  wire: (row: Row) => string;
  /** What `apply` needs beyond the wire row, as JSON text. */
  state?: (row: Row) => string;
  /** The row again, from what was stored. */
  revive: (wire: string, state: string | null, key: string) => Row;
  /**
   * The key is `<scope>|…` and the scope never changes. Where one event changes many such rows, their changes are noted
   * for the other processes in one line for the batch.
   */
  scopeInKey?: true;
  /** Completes rows just loaded with what is derived from another table, instead of storing it twice. */
  complete?: (rows: Map<string, Row>, ask: Ask) => Promise<void>;
  /** The row is a pure function of a row it reads under the same key (so it is never loaded): its value before the event. */
  mirrors?: (event: RecordedEvent, key: string, page: Page) => Row | null;
}

/** Lines that are only ever added: a timeline, a history. */
export interface AppendedProjection<Line extends object> extends Common {
  kind: 'appended';
  view: null;
  /** The first `identity` columns after the organization make the primary key. */
  columns: readonly Column<Line>[];
  identity: readonly string[];
  lines: (event: RecordedEvent, page: Page) => readonly Line[];
}

/**
 * Another look at the rows of one projection: a database view over its table, so a second read model costs no second
 * write. It is rebuilt and swapped with the projection it is of.
 */
export interface FacetProjection<Row extends object> {
  kind: 'facet';
  name: string;
  version: number;
  summary: string;
  /** The projection it looks at. */
  of: string;
  reads: readonly string[];
  /** The query behind the view, with `{schema}` standing for the generation's. */
  select: string;
  view: View | null;
  /** For a live view: whether a row shows at all, and its own wire text. */
  shows: (row: Row) => boolean;
  wire: (row: Row) => string;
}

/** What the catalogue holds and the engine runs: definitions with their row types folded away. */
export type Keyed = KeyedProjection<object>;
export type Appended = AppendedProjection<object>;
export type Facet = FacetProjection<object>;
/** What has a table of its own. */
export type Kept = Keyed | Appended;
export type Projection = Kept | Facet;

/** Keeps a definition exact while letting the catalogue hold rows of every type. */
export function defineKeyed<Row extends object>(projection: Omit<KeyedProjection<Row>, 'kind'>): Keyed {
  return { kind: 'keyed', ...projection } as unknown as Keyed;
}

/** The same for lines that are only added. */
export function defineAppended<Line extends object>(projection: Omit<AppendedProjection<Line>, 'kind' | 'view'>): Appended {
  return { kind: 'appended', view: null, ...projection } as unknown as Appended;
}

/** And for looks at another's rows. */
export function defineFacet<Row extends object>(facet: Omit<FacetProjection<Row>, 'kind' | 'reads'>): Facet {
  return { kind: 'facet', reads: [facet.of], ...facet } as unknown as Facet;
}

/** Those that are folded and written. */
export function isKept(projection: Projection): projection is Kept {
  return projection.kind !== 'facet';
}

/** Who an event is by, as the change feed says it: the agent, else the user, else `system:<policy>`. */
export function byOf(event: RecordedEvent): string {
  return event.meta.agentId ?? event.meta.actor;
}
