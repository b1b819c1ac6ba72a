import type pg from 'pg';
import { arrays } from './arrays.ts';

/** An event ready to be stored: JSON texts, personal members already sealed apart. */
export interface StoredEvent {
  type: string;
  schema: number;
  data: string;
  meta: string;
  personal: Buffer | null;
}

/** A guard ready to be checked: kinds t = take, w = take within seconds around an instant, f = free, c = count. */
export interface StoredGuard {
  kind: 't' | 'w' | 'f' | 'c';
  scope: string;
  /** Bounded in length; a keyed hash when personal. */
  key: string;
  /** Milliseconds since 1970. */
  at: number | null;
  seconds: number | null;
  by: number | null;
  limit: number | null;
}

/** The person's key that an item's events were sealed with; `wrapped` when it is born with this append. */
export interface KeyUse {
  personId: string;
  version: number;
  wrapped: Buffer | null;
}

export interface StreamAppend {
  type: string;
  id: string;
  /** Null: whatever it is. */
  expected: number | null;
  events: StoredEvent[];
}

/** What one command appends, all or nothing. */
export interface AppendItem {
  organizationId: string;
  actor: string;
  /** Null only in bulk, where nothing is remembered of the command. */
  commandId: string | null;
  hash: Buffer | null;
  /** JSON of the answer's members beside id, version and position. */
  answer: string | null;
  /** Milliseconds since 1970: recorded then rather than now, as far as the log's order allows. Bulk only. */
  at?: number | undefined;
  /** The command's own stream first. Guards are held by it. */
  streams: [StreamAppend, ...StreamAppend[]];
  keys: KeyUse[];
  guards: StoredGuard[];
}

export type Verdict =
  | { kind: 'accepted'; version: number; position: number }
  | { kind: 'known'; hash: string | null; id: string; version: number; position: number; answer: Record<string, unknown> | null }
  | { kind: 'conflict'; version: number }
  | { kind: 'guarded'; guard: number; holder?: string; count?: number }
  | { kind: 'again' };

export interface Appended {
  /** Positions after `base` up to `head` are new; equal when nothing was accepted. */
  base: number;
  head: number;
  verdicts: Verdict[];
}

interface AppendRow {
  base: string;
  verdicts: string;
  details: Detail[] | null;
}

interface Detail {
  i: number;
  version: number;
  position: number;
  hash: string | null;
  id: string;
  answer: Record<string, unknown> | null;
  guard: number;
  holder?: string;
  count?: number;
}

/** Writes a batch in one durable round trip. */
export async function append(client: pg.ClientBase, items: readonly AppendItem[]): Promise<Appended> {
  const [first] = items;
  const single =
    items.length === 1 &&
    first?.streams.length === 1 &&
    first.keys.length <= 1 &&
    first.commandId !== null &&
    first.streams[0].expected !== null;
  const result = await client.query<AppendRow>(single ? oneQuery(first) : batchQuery(items));
  const row = result.rows[0] as AppendRow;
  return judge(items, Number(row.base), row.verdicts, row.details ?? []);
}

function judge(items: readonly AppendItem[], base: number, letters: string, details: Detail[]): Appended {
  const noted = new Map(details.map((detail) => [detail.i, detail]));
  let head = base;
  const verdicts = items.map((item, i): Verdict => {
    const detail = noted.get(i);
    switch (letters[i]) {
      case 'o': {
        for (const stream of item.streams) head += stream.events.length;
        const main = item.streams[0];
        return { kind: 'accepted', version: (main.expected ?? detail?.version ?? 0) + main.events.length, position: head };
      }
      case 'd':
        return { kind: 'known', ...(detail as Detail) };
      case 'x':
        return { kind: 'conflict', version: detail?.version ?? 0 };
      case 'g':
        return { kind: 'guarded', ...(detail as Detail) };
      default:
        return { kind: 'again' };
    }
  });
  return { base, head, verdicts };
}

const parameters = (count: number) => Array.from({ length: count }, (_, i) => `$${i + 1}`).join(', ');

const oneText = `select base, verdicts, details from append_one(${parameters(23)})`;
const batchText = `select base, verdicts, details from append(${parameters(42)})`;

function oneQuery(item: AppendItem): pg.QueryConfig {
  const [stream] = item.streams;
  const { events } = stream;
  const key = item.keys[0];
  return {
    name: 'append_one',
    text: oneText,
    values: [
      item.organizationId,
      item.actor,
      item.commandId,
      item.hash,
      item.answer,
      stream.type,
      stream.id,
      stream.expected,
      arrays.text(events.map((event) => event.type)),
      arrays.int4(events.map((event) => event.schema)),
      arrays.jsonb(events.map((event) => event.data)),
      events[0]?.meta ?? null,
      arrays.bytea(events.map((event) => event.personal)),
      key?.personId ?? null,
      key?.version ?? null,
      key?.wrapped ?? null,
      ...guardColumns(item.guards),
    ],
  };
}

function guardColumns(guards: readonly StoredGuard[]): Buffer[] {
  return [
    arrays.letter(guards.map((guard) => guard.kind)),
    arrays.text(guards.map((guard) => guard.scope)),
    arrays.text(guards.map((guard) => guard.key)),
    arrays.timestamptz(guards.map((guard) => guard.at)),
    arrays.float8(guards.map((guard) => guard.seconds)),
    arrays.int8(guards.map((guard) => guard.by)),
    arrays.int8(guards.map((guard) => guard.limit)),
  ];
}

/** Places are numbered from 1, as PostgreSQL counts. */
function batchQuery(items: readonly AppendItem[]): pg.QueryConfig {
  const main: number[] = [];
  const totals: number[] = [];
  const streams: { item: number; organizationId: string; stream: StreamAppend }[] = [];
  const events: { item: number; stream: number; nth: number; organizationId: string; of: StreamAppend; event: StoredEvent }[] = [];
  const keys: { item: number; organizationId: string; use: KeyUse }[] = [];
  const guards: { item: number; organizationId: string; stream: StreamAppend; guard: StoredGuard }[] = [];
  for (const [i, { organizationId, streams: own, keys: uses, guards: held }] of items.entries()) {
    const item = i + 1;
    main.push(streams.length + 1);
    const before = events.length;
    for (const stream of own) {
      streams.push({ item, organizationId, stream });
      for (const [k, event] of stream.events.entries())
        events.push({ item, stream: streams.length, nth: k + 1, organizationId, of: stream, event });
    }
    totals.push(events.length - before);
    for (const use of uses) keys.push({ item, organizationId, use });
    for (const guard of held) guards.push({ item, organizationId, stream: own[0], guard });
  }
  const remembered = items[0]?.commandId !== null;
  const dated = items.some((item) => item.at !== undefined);
  return {
    name: 'append',
    text: batchText,
    values: [
      arrays.uuid(items.map((item) => item.organizationId)),
      arrays.text(items.map((item) => item.actor)),
      remembered ? arrays.uuid(items.map((item) => item.commandId)) : null,
      arrays.bytea(items.map((item) => item.hash)),
      arrays.jsonb(items.map((item) => item.answer)),
      dated ? arrays.timestamptz(items.map((item) => item.at ?? null)) : null,
      arrays.uuid(items.map((item) => item.streams[0].id)),
      arrays.int4(main),
      arrays.int4(totals),
      arrays.int4(streams.map((each) => each.item)),
      arrays.uuid(streams.map((each) => each.organizationId)),
      arrays.text(streams.map((each) => each.stream.type)),
      arrays.uuid(streams.map((each) => each.stream.id)),
      arrays.int4(streams.map((each) => each.stream.expected)),
      arrays.int4(streams.map((each) => each.stream.events.length)),
      arrays.int4(events.map((each) => each.item)),
      arrays.int4(events.map((each) => each.stream)),
      arrays.int4(events.map((each) => each.nth)),
      arrays.uuid(events.map((each) => each.organizationId)),
      arrays.text(events.map((each) => each.of.type)),
      arrays.uuid(events.map((each) => each.of.id)),
      arrays.text(events.map((each) => each.event.type)),
      arrays.int4(events.map((each) => each.event.schema)),
      arrays.jsonb(events.map((each) => each.event.data)),
      arrays.jsonb(events.map((each) => each.event.meta)),
      arrays.bytea(events.map((each) => each.event.personal)),
      arrays.int4(keys.map((each) => each.item)),
      arrays.uuid(keys.map((each) => each.organizationId)),
      arrays.uuid(keys.map((each) => each.use.personId)),
      arrays.int4(keys.map((each) => each.use.version)),
      arrays.bytea(keys.map((each) => each.use.wrapped)),
      arrays.int4(guards.map((each) => each.item)),
      arrays.uuid(guards.map((each) => each.organizationId)),
      arrays.text(guards.map((each) => each.stream.type)),
      arrays.uuid(guards.map((each) => each.stream.id)),
      ...guardColumns(guards.map((each) => each.guard)),
    ],
  };
}
