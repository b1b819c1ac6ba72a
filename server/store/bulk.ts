import type { KeyObject } from 'node:crypto';
import type pg from 'pg';
import type { Actor, DomainEvent, EventMeta, Guard, StreamRef } from '../../domain/kernel/aggregate.ts';
import { Rejection } from '../../domain/kernel/rejection.ts';
import { type AppendItem, append, type KeyUse, type Verdict } from './append.ts';
import { refusalOf, versionConflict } from './command.ts';
import { type Catalogue, noteOf } from './decoding.ts';
import { storedGuard } from './execution.ts';
import type { KeyRing, OrganizationKeys } from './keys.ts';
import { requireStorable, storableText } from './request-text.ts';
import { isPersonal, sealEvent } from './sealing.ts';
import type { States } from './states.ts';

/** Events for one stream. Several entries for one stream are appended in their order. */
export interface BulkStream {
  type: string;
  id: string;
  events: DomainEvent[];
  guards?: Guard[];
  /** Who did each event, if others than the one the whole is appended for. */
  by?: readonly Actor[];
  /** The stream begins with this: refused with `id.in-use` if it is there. */
  fresh?: boolean;
  /**
   * ISO 8601: recorded as of then rather than now. The log's instants never go back, so it holds only where
   * everything before it is older: entries come sorted by it, on a log that has nothing newer.
   */
  at?: string;
}

/** What became of an entry: appended, or refused with nothing of it in the log. */
export type BulkOutcome = { ok: true; version: number; position: number } | { ok: false; rejection: Error };

interface BulkParts {
  pool: pg.Pool;
  catalogue: Catalogue;
  keys: KeyRing;
  states: States;
  committed: (base: number, head: number) => void;
}

const mostItems = 1_000;
const mostBytes = 4_000_000;

/** Appends the streams' events by the thousand, under the same lock, guards and sealing as commands. */
export async function bulkAppend(
  parts: BulkParts,
  organizationId: string,
  meta: EventMeta,
  streams: readonly BulkStream[],
): Promise<BulkOutcome[]> {
  const keys = await parts.keys.organization(organizationId);
  const versions = await versionsOf(parts.pool, organizationId, streams);
  const outcomes: BulkOutcome[] = [];
  const client = await parts.pool.connect();
  const broken: Error[] = [];
  const onError = (error: Error) => broken.push(error);
  client.on('error', onError);
  try {
    let next = await chunkFrom(parts, keys, organizationId, meta, streams, 0, versions);
    while (next.items.length > 0) {
      const chunk = next;
      const appending = append(client, chunk.items);
      // The next chunk is sealed while this one is written; keys that this one makes are known to both.
      const preparing = chunkFrom(parts, keys, organizationId, meta, streams, outcomes.length + chunk.items.length, versions);
      const [result, prepared] = await Promise.all([appending, preparing]);
      for (const [i, verdict] of result.verdicts.entries())
        outcomes.push(outcomeOf(parts, organizationId, chunk.items[i] as AppendItem, streams[outcomes.length] as BulkStream, verdict));
      if (result.head > result.base) parts.committed(result.base, result.head);
      next = prepared;
    }
  } catch (error) {
    broken.push(error as Error);
    throw error;
  } finally {
    client.off('error', onError);
    client.release(broken[0]);
  }
  return outcomes;
}

function outcomeOf(parts: BulkParts, organizationId: string, item: AppendItem, stream: BulkStream, verdict: Verdict): BulkOutcome {
  const ref: StreamRef = { type: stream.type, id: stream.id };
  if (verdict.kind === 'accepted') {
    parts.states.seen(organizationId, ref, verdict.version);
    return { ok: true, version: verdict.version, position: verdict.position };
  }
  for (const use of item.keys) parts.keys.forgetPerson(organizationId, use.personId);
  if (verdict.kind === 'guarded') return { ok: false, rejection: refusalOf(stream.guards?.[verdict.guard], verdict) };
  if (verdict.kind === 'conflict' && item.streams[0].expected === 0) {
    return { ok: false, rejection: new Rejection(409, 'id.in-use', 'This id is in use already.', { existing: { id: stream.id } }) };
  }
  return { ok: false, rejection: versionConflict(verdict.kind === 'conflict' ? verdict.version : 0) };
}

async function versionsOf(pool: pg.Pool, organizationId: string, streams: readonly BulkStream[]): Promise<Map<string, number>> {
  const versions = new Map<string, number>();
  for (let from = 0; from < streams.length; from += 10_000) {
    const some = streams.slice(from, from + 10_000);
    const { rows } = await pool.query<{ type: string; stream_id: string; version: number }>(
      `select s.type, s.stream_id, s.version from unnest($1::text[], $2::uuid[]) u(type, id)
       cross join lateral (select * from streams s where s.organization_id = $3 and s.type = u.type and s.stream_id = u.id) s`,
      [some.map((each) => each.type), some.map((each) => each.id), organizationId],
    );
    for (const row of rows) versions.set(`${row.type}|${row.stream_id}`, row.version);
  }
  return versions;
}

/** As many entries as fit one append, each stream at most once; `versions` moves on as if all were accepted. */
async function chunkFrom(
  parts: BulkParts,
  keys: OrganizationKeys,
  organizationId: string,
  meta: EventMeta,
  streams: readonly BulkStream[],
  from: number,
  versions: Map<string, number>,
): Promise<{ items: AppendItem[] }> {
  const chosen: BulkStream[] = [];
  const inChunk = new Set<string>();
  for (let i = from; i < streams.length && chosen.length < mostItems; i += 1) {
    const stream = streams[i] as BulkStream;
    // One id is one person: two streams of one id wait for each other's key.
    if (inChunk.has(stream.id)) break;
    inChunk.add(stream.id);
    chosen.push(stream);
  }
  await parts.keys.prepare(
    chosen.filter((stream) => hasPersonal(parts.catalogue, stream)).map((stream) => ({ organizationId, personId: stream.id })),
  );
  const items: AppendItem[] = [];
  let bytes = 0;
  const text = JSON.stringify(meta);
  for (const stream of chosen) {
    if (bytes > mostBytes) break;
    const item = itemOf(parts, keys, organizationId, meta, text, stream, versions);
    for (const event of item.streams[0].events) bytes += event.data.length + text.length + (event.personal?.length ?? 0);
    items.push(item);
  }
  return { items };
}

function hasPersonal(catalogue: Catalogue, stream: BulkStream): boolean {
  return stream.events.some((event) => isPersonal(noteOf(catalogue, stream.type, event.type), event));
}

function itemOf(
  parts: BulkParts,
  keys: OrganizationKeys,
  organizationId: string,
  meta: EventMeta,
  text: string,
  stream: BulkStream,
  versions: Map<string, number>,
): AppendItem {
  const { type, id } = stream;
  const before = versions.get(`${type}|${id}`) ?? 0;
  versions.set(`${type}|${id}`, before + stream.events.length);
  let use: KeyUse | null = null;
  if (hasPersonal(parts.catalogue, stream)) {
    const known = parts.keys.known(organizationId, id);
    if (known?.key === 'erased')
      throw new Rejection(422, 'person.erased', 'The data of this person were erased; nothing more is kept about them.');
    if (known) use = { personId: id, version: known.version, wrapped: null };
    else {
      const fresh = parts.keys.fresh(organizationId, id);
      parts.keys.keep(organizationId, id, fresh.key);
      use = fresh.use;
    }
  }
  const key = use === null ? null : (parts.keys.known(organizationId, id) as { version: number; key: KeyObject });
  const events = stream.events.map((event, i) => {
    requireStorable(event.data);
    const note = noteOf(parts.catalogue, type, event.type);
    const sealed = sealEvent(note, event, { organizationId, streamId: id, type: event.type }, key);
    return {
      type: event.type,
      schema: note.schema,
      data: sealed.data,
      meta: metaText(meta, text, stream.by?.[i]),
      personal: sealed.personal,
    };
  });
  return {
    organizationId,
    actor: meta.actor,
    commandId: null,
    hash: null,
    answer: null,
    at: stream.at === undefined ? undefined : Date.parse(stream.at),
    streams: [{ type, id, expected: stream.fresh ? 0 : before, events }],
    keys: use ? [use] : [],
    guards: (stream.guards ?? []).map((guard) => storedGuard(parts.keys, keys, guard)),
  };
}

function metaText(meta: EventMeta, text: string, actor: Actor | undefined): string {
  if (actor === undefined) return text;
  return JSON.stringify({ ...meta, actor: actor.id, agentId: actor.agentId, actorName: storableText(actor.name, 200) });
}
