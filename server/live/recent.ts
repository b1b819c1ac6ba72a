import { ChangeText } from './change-text.ts';
import type { ChangeBatch } from './feed.ts';
import { effect, isView, type Target } from './target.ts';

interface Kept {
  from: number;
  /** `to` of the batch it came in. */
  to: number;
  text: ChangeText;
}

/** How much is kept: characters of rows over all organizations. At 600 a row this is some 30,000 changes. */
const budget = 24 * 1024 * 1024;

/**
 * The last changes, in memory: a socket that was away for seconds or minutes resumes from here without touching the
 * database, which is what makes a reconnect storm cheap.
 */
export class RecentChanges {
  readonly #views = new Map<string, Kept[]>();
  #batches: { to: number; size: number; places: string[] }[] = [];
  readonly #limit: number;
  #size = 0;
  #floor: number;

  /** `floor`: the position from which on everything will be kept. */
  constructor(floor: number, limit = budget) {
    this.#floor = floor;
    this.#limit = limit;
  }

  /** Changes after this position are all here. */
  get floor(): number {
    return this.#floor;
  }

  add(batch: ChangeBatch, texts: readonly ChangeText[]): void {
    let size = 100;
    const places: string[] = [];
    for (const text of texts) {
      const place = placeOf(text.change.organizationId, text.change.view);
      const kept = this.#views.get(place);
      const entry = { from: batch.from, to: batch.to, text };
      if (kept) kept.push(entry);
      else this.#views.set(place, [entry]);
      places.push(place);
      size += (text.change.wire?.length ?? 0) + 200;
    }
    this.#batches.push({ to: batch.to, size, places });
    this.#size += size;
    if (this.#size > this.#limit) this.#dropOldest();
  }

  /** Forgets everything up to a position: changes before it are not known here. */
  restart(floor: number): void {
    this.#views.clear();
    this.#batches = [];
    this.#size = 0;
    this.#floor = floor;
  }

  /**
   * What a target missed after `since`, one entry a key, the last one that matters to it. Ask only when `since` ≥ `floor`.
   *
   * A batch tells scopes before its first and after its last change. When `since` lies inside a batch (rows read from
   * the database while this node lagged, or resumed from another node), a row may have been visible in between only;
   * then its leaving is said to be safe.
   */
  since(target: Target, since: number): { text: ChangeText; gone: boolean }[] {
    const kept = this.#views.get(placeOf(target.organizationId, target.view)) ?? [];
    const found = new Map<string, { text: ChangeText; gone: boolean }>();
    for (let index = firstAfter(kept, since); index < kept.length; index += 1) {
      const entry = kept[index];
      if (entry === undefined || entry.text.change.position <= since) continue;
      const { text, from } = entry;
      const inside = from < since && (target.key === null || target.key === text.change.key);
      const meaning = effect(target, text.change) ?? (inside ? 'gone' : null);
      if (meaning === null) continue;
      found.delete(text.change.key);
      found.set(text.change.key, { text, gone: meaning === 'gone' });
    }
    return [...found.values()];
  }

  /** Drops an eighth at once, so that the arrays are cut rarely. */
  #dropOldest(): void {
    const counts = new Map<string, number>();
    let dropped = 0;
    for (const batch of this.#batches) {
      if (this.#size <= this.#limit * 0.875) break;
      for (const place of batch.places) counts.set(place, (counts.get(place) ?? 0) + 1);
      this.#size -= batch.size;
      this.#floor = batch.to;
      dropped += 1;
    }
    this.#batches.splice(0, dropped);
    for (const [place, count] of counts) {
      const kept = this.#views.get(place);
      kept?.splice(0, count);
      if (kept?.length === 0) this.#views.delete(place);
    }
  }
}

/** Which changes are kept at all: those of views somebody can watch. */
export function textsOf(batch: ChangeBatch): ChangeText[] {
  return batch.changes.filter((change) => isView(change.view)).map((change) => new ChangeText(change));
}

function placeOf(organizationId: string, view: string): string {
  return `${organizationId} ${view}`;
}

/** Index of the first kept change whose batch ends after `since`. */
function firstAfter(kept: readonly Kept[], since: number): number {
  let low = 0;
  let high = kept.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((kept[middle]?.to ?? 0) > since) high = middle;
    else low = middle + 1;
  }
  return low;
}
