import type { FieldError } from '../../domain/kernel/rejection.ts';
import { refuse } from './problem.ts';

/** Arrays and objects inside each other; our deepest schema has four. */
const maxDepth = 32;
const maxMembers = 5000;

class Unsound extends Error {
  readonly path: string;

  constructor(path: string, message: string) {
    super(message);
    this.path = path;
  }
}

function checkText(text: string, path: string): void {
  if (text.includes('\u0000')) throw new Unsound(path, 'must not contain the character NUL');
  if (!text.isWellFormed()) throw new Unsound(path, 'contains half of a character (a lone surrogate)');
}

/** Checks everything inside `value`; answers the number of object members it holds. */
function walk(value: unknown, path: string, depth: number): number {
  if (typeof value === 'string') {
    checkText(value, path);
    return 0;
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new Unsound(path, 'is a number too large to be kept');
    return 0;
  }
  if (value === null || typeof value !== 'object') return 0;
  if (depth === maxDepth) throw new Unsound('', `is nested deeper than ${maxDepth} levels`);
  let members = 0;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1)
      members += walk(value[index], path === '' ? `${index}` : `${path}.${index}`, depth + 1);
    return members;
  }
  for (const [key, inner] of Object.entries(value)) {
    const at = path === '' ? key : `${path}.${key}`;
    if (key === '__proto__') throw new Unsound(path, 'must not have a member named __proto__');
    checkText(key, path);
    members += 1 + walk(inner, at, depth + 1);
  }
  if (members > maxMembers) throw new Unsound(path, `has more than ${maxMembers} members`);
  return members;
}

/** Colons outside strings: one for each member as written, so more than the parsed value has means a name came twice. */
function membersWritten(text: string): number {
  let colons = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === 92) index += 1;
      else if (code === 34) inString = false;
    } else if (code === 34) inString = true;
    else if (code === 58) colons += 1;
  }
  return colons;
}

function refuseJson(detail: string, errors: FieldError[] = []): never {
  throw refuse('json.invalid', detail, {}, errors);
}

/**
 * Parses a JSON body strictly. Refused are: bytes that are not UTF-8, text the database cannot keep exactly (NUL, lone
 * surrogates), numbers that are none (`1e400`), more than 32 levels, and a member named twice, because readers disagree
 * about which of the two counts.
 * @throws Rejection 400 `json.invalid`
 */
export function parseJson(bytes: Uint8Array<ArrayBuffer> | ArrayBuffer): unknown {
  const buffer = bytes instanceof Uint8Array ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) : Buffer.from(bytes);
  if (buffer.length === 0) refuseJson('The body is empty; send a JSON object, {} at the least.');
  const text = buffer.toString('utf8');
  if (text.includes('\uFFFD') && !isExactUtf8(buffer)) refuseJson('The body is not valid UTF-8.');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return refuseJson('The body is not valid JSON.');
    throw error;
  }
  try {
    if (walk(value, '', 0) !== membersWritten(text)) refuseJson('An object in the body has the same member twice.');
  } catch (error) {
    if (error instanceof Unsound) refuseJson(`The body ${error.message}.`, [{ path: error.path, message: error.message }]);
    throw error;
  }
  return value;
}

/** A replacement character may have been sent as such; only undecodable bytes are refused. */
function isExactUtf8(buffer: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(buffer);
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}
