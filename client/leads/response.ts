import { clock, span } from '../words/format.ts';
import { t } from '../words/words.ts';

const MINUTE = 60_000;
/** From here on a running response timer asks for attention. */
export const SOON_MS = 5 * MINUTE;

/** A response timer as text and the strict meaning of its colour: amber soon, red late, quiet otherwise. */
export interface ResponseTimer {
  text: string;
  tone: 'later' | 'soon' | 'late';
}

/** How long somebody still has to answer (`4:12 left`), or how late it is (`late 2m`). `now` is the server's, epoch ms. */
export function responseTimer(respondBy: string, now: number): ResponseTimer {
  const left = Date.parse(respondBy) - now;
  if (left < 0) return { text: t('board.timer.late', { time: span(-left) }), tone: 'late' };
  return { text: t('board.timer.left', { time: left < 60 * MINUTE ? clock(left) : span(left) }), tone: left < SOON_MS ? 'soon' : 'later' };
}
