import type { insightEn } from './insight.en.ts';
import type { Word } from './words.ts';

export const insightAr: Record<keyof typeof insightEn, Word> = {
  'floor.title': 'الفريق',
};
