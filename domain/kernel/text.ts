import { z } from 'zod';

// Invisible characters that let one name pass for another or turn the text around it: bidirectional embeddings,
// overrides and isolates, zero width space and byte order mark. Joiners stay: Persian and emoji need them.
const deceptive = /[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const controlInLine = /[\u0001-\u001f\u007f]+/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const controlInBlock = /[\u0001-\u0008\u000b-\u001f\u007f]/g;

/** One line as people mean it: NFC, no control or deceiving characters, no space at the ends. NUL stays, to be refused. */
export function cleanLine(value: string): string {
  return value.normalize('NFC').replace(controlInLine, ' ').replace(deceptive, '').trim();
}

/** Several lines: as `cleanLine`, but tabs and line ends stay. */
export function cleanBlock(value: string): string {
  return value.normalize('NFC').replace(/\r\n?/g, '\n').replace(controlInBlock, '').replace(deceptive, '').trim();
}

/** Text a database can store: neither NUL nor half a surrogate pair. */
export function storable(value: string): boolean {
  return value.isWellFormed() && !value.includes('\0');
}

const message = 'must not hold NUL or broken characters';

/** A line of at most `max` characters. */
export function line(max: number) {
  return z.string().refine(storable, message).overwrite(cleanLine).max(max);
}

/** A text of several lines, at most `max` characters. */
export function block(max: number) {
  return z.string().refine(storable, message).overwrite(cleanBlock).max(max);
}

/** An e-mail address in lower case, at most 255 characters. Checked for form only; whether it answers is known by writing to it. */
export const email = line(255)
  .overwrite((value) => value.toLowerCase())
  .refine((value) => value === '' || isEmail(value), 'must be an e-mail address')
  .meta({ format: 'email', example: 'amal@example.com' });

function isEmail(value: string): boolean {
  const at = value.lastIndexOf('@');
  const domain = value.slice(at + 1);
  return (
    at > 0 &&
    at <= 64 &&
    !/[\s<>()[\]\\,;:"]/.test(value) &&
    /^[^.@](?:[^@]*[^.@])?$/.test(domain) &&
    domain.includes('.') &&
    !domain.includes('..')
  );
}

/** How a value compares where case and accents of letters do not count. */
export function folded(value: string): string {
  return cleanLine(value).toLowerCase();
}

/** The entry of a list that a text means, whatever its case, as the list spells it. */
export function oneOf(list: readonly string[], value: string): string | undefined {
  const wanted = folded(value);
  return list.find((entry) => folded(entry) === wanted);
}
