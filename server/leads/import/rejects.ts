import { type FileHandle, open } from 'node:fs/promises';
import type { Cell, SheetRow } from './sheet.ts';

/** A cell as CSV. What a spreadsheet would take for a formula gets an apostrophe, so that opening the file runs nothing. */
export function csvCell(cell: Cell): string {
  if (cell === null) return '';
  const text = String(cell);
  const safe = typeof cell === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n;]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/**
 * The file of rows that brought no lead: line, reason, then the row as it was, so that it can be mended and imported
 * again. Made with the first such row; no rejects, no file.
 */
export class Rejects {
  readonly path: string;
  readonly #headings: readonly string[];
  #file: FileHandle | null = null;
  #written = 0;

  constructor(path: string, headings: readonly string[]) {
    this.path = path;
    this.#headings = headings;
  }

  get count(): number {
    return this.#written;
  }

  async add(row: SheetRow, reason: string): Promise<void> {
    if (this.#file === null) {
      this.#file = await open(this.path, 'w', 0o600);
      // The mark lets spreadsheets read Arabic and accents right.
      await this.#write(['\ufeffline', 'reason', ...this.#headings].map((heading) => heading));
    }
    await this.#write([row.line, reason, ...row.cells]);
    this.#written += 1;
  }

  async #write(cells: readonly Cell[]): Promise<void> {
    await this.#file?.appendFile(`${cells.map(csvCell).join(',')}\r\n`);
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = null;
  }
}
