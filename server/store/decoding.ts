import type { Aggregate, DomainEvent, EventMeta, EventNote, RecordedEvent } from '../../domain/kernel/aggregate.ts';
import type { KeyRing } from './keys.ts';
import { openPersonal } from './sealing.ts';

/** The registry of what can happen. */
export interface Catalogue {
  aggregates: readonly Aggregate[];
  aggregateNamed(type: string): Aggregate | undefined;
}

/** An event as the tables hold it. `recorded` is in milliseconds. */
export interface EventRow {
  position: string;
  organization_id: string;
  stream_type: string;
  stream_id: string;
  version: number;
  type: string;
  schema: number;
  data: Record<string, unknown>;
  meta: EventMeta;
  personal: Buffer | null;
  recorded: number;
}

export const eventColumns = `e.position, e.organization_id, e.stream_type, e.stream_id, e.version, e.type, e.schema, e.data, e.meta, e.personal,
  floor(extract(epoch from e.recorded_at) * 1000)::float8 as recorded`;

/** @throws when the log holds an event that this version of the code does not know. */
export function noteOf(catalogue: Catalogue, streamType: string, type: string): EventNote {
  const note = catalogue.aggregateNamed(streamType)?.events[type];
  if (!note) throw new Error(`No aggregate ${streamType} declares the event ${type}.`);
  return note;
}

/** The data of a stored event in its present schema, personal members opened. The keys must be at hand. */
function dataOf(note: EventNote, keys: KeyRing, row: EventRow): { data: Record<string, unknown>; erased: boolean } {
  let { data } = row;
  let erased = false;
  if (row.personal !== null) {
    const personal = openPersonal(keys, { organizationId: row.organization_id, streamId: row.stream_id, type: row.type }, row.personal);
    if (personal === null) erased = true;
    else data = { ...data, ...personal };
  }
  if (row.schema < note.schema && note.upcast) data = note.upcast(data, row.schema);
  return { data, erased };
}

/** Brings the keys to hand that a page of events needs. */
export async function prepareKeys(keys: KeyRing, rows: readonly EventRow[]): Promise<void> {
  await keys.prepare(
    rows.filter((row) => row.personal !== null).map((row) => ({ organizationId: row.organization_id, personId: row.stream_id })),
  );
}

/** What a fold needs of an event. */
export function domainEventOf(catalogue: Catalogue, keys: KeyRing, row: EventRow): DomainEvent {
  return { type: row.type, data: dataOf(noteOf(catalogue, row.stream_type, row.type), keys, row).data };
}

/** An event as readers of the log get it. One of an unknown type (written by newer code) comes as it is stored. */
export function recordedEventOf(catalogue: Catalogue, keys: KeyRing, row: EventRow): RecordedEvent {
  const note = catalogue.aggregateNamed(row.stream_type)?.events[row.type] ?? { schema: row.schema, fact: '', undo: '' };
  const { data, erased } = dataOf(note, keys, row);
  const event: RecordedEvent = {
    position: Number(row.position),
    organizationId: row.organization_id,
    stream: { type: row.stream_type, id: row.stream_id },
    version: row.version,
    type: row.type,
    data,
    meta: row.meta,
    recordedAt: new Date(row.recorded).toISOString(),
  };
  if (erased) event.erased = true;
  return event;
}
