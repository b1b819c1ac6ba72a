import { boardAr } from './board.ar.ts';
import { insightAr } from './insight.ar.ts';
import { leadAr } from './lead.ar.ts';
import { namesAr } from './names.ar.ts';
import { shellAr } from './shell.ar.ts';
import type { Words } from './words.ts';

export const ar: Words = { ...shellAr, ...namesAr, ...boardAr, ...leadAr, ...insightAr };
