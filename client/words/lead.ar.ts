import type { leadEn } from './lead.en.ts';
import type { Word } from './words.ts';

export const leadAr: Record<keyof typeof leadEn, Word> = {
  'lead.call': 'اتصال',
};
