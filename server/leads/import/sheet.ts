import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { parse } from 'csv-parse';
import { parse as parseNow } from 'csv-parse/sync';
import { readSheet } from 'read-excel-file/node';
import { Refusal } from '../../refusal.ts';

/** A cell as the file has it; null: empty, or a word that means so. */
export type Cell = string | number | boolean | null;

export interface SheetRow {
  /** The line of the file, or the row of the spreadsheet, as people count: from 1, headings included. */
  line: number;
  cells: Cell[];
}

/** A table of leads in a file, recognised by its content whatever its name. Rows can be read again and again. */
export interface Sheet {
  name: string;
  kind: 'csv' | 'xlsx';
  /** SHA-256 of the file, hex. */
  hash: string;
  headings: string[];
  /** Data rows, empty ones too. */
  rows(): AsyncIterable<SheetRow>;
}

const emptyWords = new Set(['', '-', 'n/a', '#n/a', 'null', 'select']);
const sampleBytes = 65_536;

/** What a cell says, without the words that say nothing. `Select` is what drop-downs hold that nobody touched. */
function said(cell: unknown): Cell {
  if (typeof cell === 'number' || typeof cell === 'boolean') return cell;
  if (cell instanceof Date) return cell.toISOString().replace(/T00:00:00\.000Z$/, '');
  if (typeof cell !== 'string') return null;
  const text = cell.trim();
  if (emptyWords.has(text.toLowerCase())) return null;
  // An apostrophe before a formula sign is how spreadsheets (and our own rejects) mark text.
  return /^'[=+\-@]/.test(text) ? text.slice(1) : text;
}

/** Headings as they stand; empty ones get a name, repeated ones a number. */
function headingsOf(cells: unknown[]): string[] {
  const seen = new Map<string, number>();
  return cells.map((cell, index) => {
    const text = cell === null || cell === undefined ? '' : String(cell).normalize('NFC').replace(/\s+/g, ' ').trim();
    const heading = (text === '' ? `Column ${index + 1}` : text).slice(0, 100);
    const count = (seen.get(heading) ?? 0) + 1;
    seen.set(heading, count);
    return count === 1 ? heading : `${heading} (${count})`;
  });
}

/** @throws Refusal with one line when the file is not there or holds no table. */
export async function openSheet(path: string): Promise<Sheet> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new Refusal(`${path} cannot be read (${error.code ?? error.message}).`);
  });
  if (!found.isFile()) throw new Refusal(`${path} is not a file.`);
  if (found.size === 0) throw new Refusal(`${path} is empty.`);
  const head = await headOf(path);
  const isZip = head.subarray(0, 4).equals(Buffer.from('PK\u0003\u0004', 'latin1'));
  if (head.subarray(0, 4).equals(Buffer.from([0xd0, 0xcf, 0x11, 0xe0]))) {
    throw new Refusal(`${path} is a spreadsheet in the old .xls form: save it as .xlsx or .csv.`);
  }
  return isZip ? openXlsx(path) : openCsv(path, head);
}

async function headOf(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(sampleBytes), 0, sampleBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function openXlsx(path: string): Promise<Sheet> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  const table = (await readSheet(path).catch((error: Error) => {
    throw new Refusal(`${path} is no spreadsheet that can be read (${error.message}).`);
  })) as unknown[][];
  const [first, ...rest] = table;
  if (!first) throw new Refusal(`${path} holds no rows.`);
  return {
    name: basename(path),
    kind: 'xlsx',
    hash: hash.digest('hex'),
    headings: headingsOf(first),
    async *rows() {
      for (const [index, cells] of rest.entries()) yield { line: index + 2, cells: cells.map(said) };
    },
  };
}

async function openCsv(path: string, head: Buffer): Promise<Sheet> {
  const hash = createHash('sha256');
  const strict = new TextDecoder('utf-8', { fatal: true });
  let isUtf8 = true;
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk as Buffer);
    if (!isUtf8) continue;
    try {
      strict.decode(chunk as Buffer, { stream: true });
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      isUtf8 = false;
    }
  }
  const encoding = encodingOf(head, isUtf8);
  const sample = new TextDecoder(encoding).decode(head);
  if (sample.includes('\0')) throw new Refusal(`${path} is neither a CSV file nor a spreadsheet.`);
  const delimiter = delimiterOf(sample);
  const options = { delimiter, bom: true, relax_column_count: true, relax_quotes: true, skip_empty_lines: true, info: true } as const;
  async function* records(): AsyncGenerator<{ record: string[]; info: { lines: number } }> {
    const parser = parse(options);
    // A failure of the source or of the parser ends the parser with that error, and so the loop over it.
    pipeline(Readable.from(decoded(path, encoding)), parser, () => undefined);
    yield* parser as AsyncIterable<{ record: string[]; info: { lines: number } }>;
  }
  let headings: string[] | null = null;
  for await (const { record } of records()) {
    headings = headingsOf(record);
    break;
  }
  if (!headings) throw new Refusal(`${path} holds no rows.`);
  return {
    name: basename(path),
    kind: 'csv',
    hash: hash.digest('hex'),
    headings,
    async *rows() {
      let first = true;
      for await (const { record, info } of records()) {
        if (first) first = false;
        else yield { line: info.lines, cells: record.map(said) };
      }
    },
  };
}

async function* decoded(path: string, encoding: string): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 })) yield decoder.decode(chunk as Buffer, { stream: true });
  yield decoder.decode();
}

/** By mark of byte order, then by validity; else the code page that Windows writes, Arabic where its letters prevail. */
function encodingOf(head: Buffer, isUtf8: boolean): string {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  if (isUtf8) return 'utf-8';
  const high = head.filter((byte) => byte >= 0xc0).length;
  const latin = head.filter((byte) => (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a)).length;
  return high > latin / 4 ? 'windows-1256' : 'windows-1252';
}

/** The sign that cuts the first lines into the most columns, each line alike. */
function delimiterOf(sample: string): string {
  let best = { delimiter: ',', columns: 1 };
  for (const delimiter of [',', ';', '\t', '|']) {
    const options = { delimiter, bom: true, relax_column_count: true, relax_quotes: true, skip_empty_lines: true, to: 12 };
    const whole = sample.length < sampleBytes / 2 ? sample : sample.slice(0, sample.lastIndexOf('\n') + 1) || sample;
    const widths = (parseNow(whole, options) as string[][]).slice(0, 11).map((record) => record.length);
    const [width = 1] = widths;
    const alike = widths.filter((each) => each === width).length / Math.max(1, widths.length);
    if (width > best.columns && alike > 0.7) best = { delimiter, columns: width };
  }
  return best.delimiter;
}
