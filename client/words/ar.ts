import { boardAr } from './board.ar.ts';
import { leadAr } from './lead.ar.ts';
import { shellAr } from './shell.ar.ts';
import type { Words } from './words.ts';

export const ar: Words = { ...shellAr, ...boardAr, ...leadAr };
