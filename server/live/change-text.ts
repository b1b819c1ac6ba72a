import type { Change } from './feed.ts';

/**
 * A change with its texts, each joined at most once however many audiences see it. The row itself is spliced as the
 * projector stored it, so it is byte-identical in snapshot, change and resume.
 */
export class ChangeText {
  readonly change: Change;
  #row: string | null = null;
  #gone: string | null = null;

  constructor(change: Change) {
    this.change = change;
  }

  /** Entry of a `changes` message for those who see the row now. */
  get row(): string {
    this.#row ??= `{"key":${JSON.stringify(this.change.key)},"row":${this.change.wire ?? 'null'},${this.#who()}}`;
    return this.#row;
  }

  /** Entry for those who saw it before and do not any more. */
  get gone(): string {
    this.#gone ??= `{"key":${JSON.stringify(this.change.key)},"gone":true,${this.#who()}}`;
    return this.#gone;
  }

  #who(): string {
    return who(this.change);
  }
}

/** The members of an entry that say who did it and when, with the sender's own stamp echoed. */
export function who(change: Pick<Change, 'by' | 'at' | 'sent'>): string {
  const sent = change.sent === undefined ? '' : `,"sent":${JSON.stringify(change.sent)}`;
  return `"by":${JSON.stringify(change.by)},"at":${JSON.stringify(change.at)}${sent}`;
}

/** Entry of a `watch` answer. */
export function entry(key: string, wire: string | null): string {
  return wire === null ? `{"key":${JSON.stringify(key)},"gone":true}` : `{"key":${JSON.stringify(key)},"row":${wire}}`;
}
