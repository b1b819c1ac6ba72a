import { isUuid } from '../../../domain/kernel/ids.ts';
import { email } from '../../../domain/kernel/text.ts';
import type { Cell, Sheet } from './sheet.ts';

/** What the cells of a column are like, over the whole file. */
export interface Column {
  index: number;
  heading: string;
  /** Cells that say something. */
  filled: number;
  /** No two filled cells are the same. */
  unique: boolean;
  /** Shares of the filled cells, 0 to 1. */
  numbers: number;
  truths: number;
  emails: number;
  phones: number;
  uuids: number;
  longest: number;
  /** Up to 50 different values. */
  examples: string[];
}

export interface Profile {
  columns: Column[];
  /** Data rows with at least one filled cell. */
  rows: number;
  /** Data rows without any. */
  empty: number;
}

const truthWords = new Set(['yes', 'no', 'true', 'false', 'نعم', 'لا']);
const exampleCount = 50;

/** A plain number as spreadsheets write them; nothing with leading zeros, which are codes. */
export function numberIn(cell: Cell): number | undefined {
  if (typeof cell === 'number') return cell;
  if (typeof cell !== 'string' || !/^-?(0|[1-9]\d{0,14})(\.\d{1,15})?$/.test(cell)) return undefined;
  return Number(cell);
}

export function truthIn(cell: Cell): boolean | undefined {
  if (typeof cell === 'boolean') return cell;
  if (typeof cell !== 'string' || !truthWords.has(cell.toLowerCase())) return undefined;
  return ['yes', 'true', 'نعم'].includes(cell.toLowerCase());
}

interface Tally extends Omit<Column, 'numbers' | 'truths' | 'emails' | 'phones' | 'uuids' | 'examples'> {
  seen: Set<string> | null;
  counts: { numbers: number; truths: number; emails: number; phones: number; uuids: number };
  examples: Set<string>;
}

/** Reads the file once to learn its columns, its length, and so how to read it. */
export async function profileOf(sheet: Sheet): Promise<Profile> {
  const tallies = sheet.headings.map(
    (heading, index): Tally => ({
      index,
      heading,
      filled: 0,
      unique: true,
      longest: 0,
      seen: new Set(),
      counts: { numbers: 0, truths: 0, emails: 0, phones: 0, uuids: 0 },
      examples: new Set(),
    }),
  );
  let rows = 0;
  let empty = 0;
  for await (const { cells } of sheet.rows()) {
    if (cells.every((cell) => cell === null)) {
      empty += 1;
      continue;
    }
    rows += 1;
    for (const tally of tallies) note(tally, cells[tally.index] ?? null);
  }
  return { rows, empty, columns: tallies.map(columnOf) };
}

function note(tally: Tally, cell: Cell): void {
  if (cell === null) return;
  const text = String(cell);
  tally.filled += 1;
  if (text.length > tally.longest) tally.longest = text.length;
  if (tally.seen?.has(text)) {
    tally.unique = false;
    // Once two are alike nothing more is to be learned, and a million texts need not be kept.
    tally.seen = null;
  } else tally.seen?.add(text);
  if (tally.examples.size < exampleCount) tally.examples.add(text);
  const { counts } = tally;
  if (numberIn(cell) !== undefined) counts.numbers += 1;
  else if (truthIn(cell) !== undefined) counts.truths += 1;
  else if (text.includes('@')) counts.emails += email.safeParse(text).success ? 1 : 0;
  else if (isUuid(text)) counts.uuids += 1;
  if (/^\+?[\d\s().-]{7,20}$/.test(text)) counts.phones += 1;
}

function columnOf({ seen: _seen, counts, examples, ...column }: Tally): Column {
  const share = (count: number) => (column.filled === 0 ? 0 : count / column.filled);
  return {
    ...column,
    numbers: share(counts.numbers),
    truths: share(counts.truths),
    emails: share(counts.emails),
    phones: share(counts.phones),
    uuids: share(counts.uuids),
    examples: [...examples],
  };
}
