import type { Change, ChangeFeed, Scope } from '../../server/live/feed.ts';

/** What one who hears every change knows: scope and wire text of each row that shows. Complains when the chain or a scope does not fit. */
export class Watcher {
  readonly rows = new Map<string, { scope: Scope; wire: string; version: number; status: string | null }>();
  readonly complaints: string[] = [];
  batches = 0;
  #position: number;

  constructor(feed: ChangeFeed) {
    this.#position = feed.position();
    feed.subscribe((batch) => {
      this.batches += 1;
      if (batch.lost) this.complaints.push(`changes from ${batch.from} to ${batch.to} are lost`);
      if (batch.from !== this.#position) this.complaints.push(`from ${batch.from} after ${this.#position}`);
      if (batch.to <= batch.from) this.complaints.push(`from ${batch.from} to ${batch.to}`);
      this.#position = batch.to;
      for (const change of batch.changes) this.#take(change, batch.from, batch.to);
    });
  }

  #take(change: Change, from: number, to: number): void {
    const id = `${change.view}|${change.organizationId}|${change.key}`;
    const known = this.rows.get(id)?.scope ?? null;
    if (change.before !== known) this.complaints.push(`${id} was said to show to ${change.before}, it did to ${known}`);
    if (change.position <= from || change.position > to)
      this.complaints.push(`${id} at ${change.position} in a batch from ${from} to ${to}`);
    if (change.after === null || change.wire === null) {
      if (change.after !== null || change.wire !== null) this.complaints.push(`${id} half gone`);
      this.rows.delete(id);
    } else this.rows.set(id, { scope: change.after, wire: change.wire, version: change.version, status: change.status });
  }
}
