import { boardEn } from './board.en.ts';
import { insightEn } from './insight.en.ts';
import { leadEn } from './lead.en.ts';
import { namesEn } from './names.en.ts';
import { shellEn } from './shell.en.ts';

/** Every string of the screens. English fixes the keys; the other languages must have them all. */
export const en = { ...shellEn, ...namesEn, ...boardEn, ...leadEn, ...insightEn } as const;
