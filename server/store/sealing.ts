import type { KeyObject } from 'node:crypto';
import type { DomainEvent, EventNote } from '../../domain/kernel/aggregate.ts';
import { type KeyRing, type PersonKey, seal, unseal } from './keys.ts';

/** Where an event stands, as far as its sealed part is bound to it: moved elsewhere, it does not open. */
interface Place {
  organizationId: string;
  streamId: string;
  type: string;
}

const format = 1;
const headLength = 3;

const bound = (place: Place, version: number) => `${place.organizationId}|${place.streamId}|${place.type}|${version}`;

/** Whether an event carries anything personal. */
export function isPersonal(note: EventNote, event: DomainEvent): boolean {
  return note.personal?.some((member) => present(Reflect.get(event.data, member))) ?? false;
}

const present = (value: unknown) => value !== undefined && value !== null;

/** Splits an event's data into what may stand in the open, as JSON, and one sealed blob of what is personal. */
export function sealEvent(
  note: EventNote,
  event: DomainEvent,
  place: Place,
  key: (PersonKey & { key: KeyObject }) | null,
): { data: string; personal: Buffer | null } {
  if (key === null || !isPersonal(note, event)) return { data: JSON.stringify(event.data), personal: null };
  const open: Record<string, unknown> = {};
  const personal: Record<string, unknown> = {};
  for (const [member, value] of Object.entries(event.data)) {
    if (note.personal?.includes(member) && present(value)) personal[member] = value;
    else open[member] = value;
  }
  const sealed = seal(key.key, JSON.stringify(personal), bound(place, key.version));
  const head = Buffer.alloc(headLength);
  head.writeUInt8(format, 0);
  head.writeUInt16BE(key.version, 1);
  return { data: JSON.stringify(open), personal: Buffer.concat([head, sealed]) };
}

/**
 * The personal members of a stored event, null when the person's key was destroyed. The keys must be at hand
 * (`KeyRing.prepare`).
 * @throws when the blob was changed or belongs elsewhere: then the log was tampered with.
 */
export function openPersonal(keys: KeyRing, place: Place, blob: Buffer): Record<string, unknown> | null {
  const key = keys.known(place.organizationId, place.streamId);
  if (!key) throw new Error(`The key of ${place.streamId} is missing.`);
  if (key.key === 'erased') return null;
  if (blob.readUInt8(0) !== format) throw new Error(`A sealed part of ${place.type} has an unknown format.`);
  return JSON.parse(unseal(key.key, blob.subarray(headLength), bound(place, blob.readUInt16BE(1))).toString('utf8')) as Record<
    string,
    unknown
  >;
}
