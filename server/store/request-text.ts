import { createHmac, type KeyObject } from 'node:crypto';
import { type FieldError, Rejection } from '../../domain/kernel/rejection.ts';
import { storable } from '../../domain/kernel/text.ts';

/** Deeper nesting than any command needs; also keeps hostile input from exhausting the stack. */
const deepest = 64;

/**
 * Refuses what PostgreSQL cannot store or JSON cannot say: NUL, half a surrogate pair, numbers without a value.
 * @throws Rejection 400 `invalid`, naming each place.
 */
export function requireStorable(data: unknown): void {
  const errors: FieldError[] = [];
  collect(data, '', 0, errors);
  if (errors.length > 0) throw new Rejection(400, 'invalid', 'The data holds text or numbers that cannot be stored.', {}, errors);
}

function collect(value: unknown, path: string, depth: number, errors: FieldError[]): void {
  if (errors.length >= 20) return;
  if (typeof value === 'string') {
    if (!storable(value)) errors.push({ path, message: 'must not hold NUL or broken characters' });
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value)) errors.push({ path, message: 'must be a finite number' });
  } else if (typeof value === 'object' && value !== null) {
    if (depth >= deepest) {
      errors.push({ path, message: 'is nested too deeply' });
      return;
    }
    for (const [key, member] of Object.entries(value)) {
      const place = path === '' ? key : `${path}.${key}`;
      if (storable(key)) collect(member, place, depth + 1, errors);
      else errors.push({ path: path === '' ? '?' : `${path}.?`, message: 'a name must not hold NUL or broken characters' });
    }
  }
}

/** Metadata is not worth refusing a command over: broken characters are replaced, length is bounded. */
export function storableText(value: string, most: number): string {
  const plain = storable(value) ? value : value.toWellFormed().replaceAll('\0', '\ufffd');
  return plain.length <= most ? plain : plain.slice(0, most).toWellFormed();
}

/** JSON with members in one order, so that the same data gives the same text. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((each) => canonical(each ?? null)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(',')}}`;
}

/** Tells a repeated command from another one under the same key, without keeping what it said. `stream` is '' when the sender named none. */
export function commandHash(key: KeyObject, type: string, stream: string, data: unknown): Buffer {
  return createHmac('sha256', key)
    .update(`${type}\n${stream}\n${canonical(data)}`)
    .digest()
    .subarray(0, 16);
}
