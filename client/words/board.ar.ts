import type { boardEn } from './board.en.ts';
import type { Word } from './words.ts';

export const boardAr: Record<keyof typeof boardEn, Word> = {
  'board.title': 'اللوحة',
  'board.newLead': 'عميل جديد',
};
