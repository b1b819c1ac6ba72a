import type { Touch } from '../sync/chain.ts';
import { Signal } from '../sync/signal.ts';

/** What a card shows beside its row, kept apart from rows so that a card alone redraws: which has the focus, which just changed. */

/** How long a remote change stays tinted. */
export const FRESH_MS = 1_500;

/** The one card of the board that the keyboard acts on; the others are left out of the tab order. */
class ActiveCard {
  key: string | null = null;
  readonly changed = new Signal<void>();

  set(key: string | null): void {
    if (key === this.key) return;
    this.key = key;
    this.changed.tell();
  }
}
export const activeCard = new ActiveCard();

/** Past this many remote changes within the tint's time nothing is tinted any more: it would only flicker. */
const MANY_FRESH = 40;
const fresh = new Map<string, { by: string; since: number }>();

/** Marks what somebody else just changed. */
export function markFresh(touched: ReadonlyMap<string, Touch>, mine: ReadonlySet<string>, now: number): void {
  for (const [key, mark] of fresh) if (now - mark.since > FRESH_MS) fresh.delete(key);
  for (const [key, touch] of touched) {
    if (mine.has(touch.by)) fresh.delete(key);
    else if (fresh.size < MANY_FRESH) fresh.set(key, { by: touch.by, since: now });
  }
}

/** Who changed a card a moment ago, and how long ago (ms); null when nobody did. */
export function freshness(key: string, now: number): { by: string; age: number } | null {
  const mark = fresh.get(key);
  if (mark === undefined || now - mark.since > FRESH_MS) return null;
  return { by: mark.by, age: now - mark.since };
}
