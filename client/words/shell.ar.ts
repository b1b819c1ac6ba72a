import type { shellEn } from './shell.en.ts';
import type { Word } from './words.ts';

export const shellAr: Record<keyof typeof shellEn, Word> = {
  'app.name': 'ليدفلور',
  'nav.main': 'الرئيسية',
  'nav.board': 'اللوحة',
  'nav.floor': 'الفريق',
  'nav.dashboard': 'المؤشرات',
  'nav.alerts': 'التنبيهات',
  'nav.skip': 'انتقل إلى المحتوى',
  'do.cancel': 'إلغاء',
  'do.close': 'إغلاق',
  'do.save': 'حفظ',
  'do.undo': 'تراجع',
  'do.retry': 'حاول مجددًا',
  'do.more': 'المزيد',
  'do.dismiss': 'إخفاء',
  'do.search': 'بحث',
  'menu.none': 'لا توجد نتائج',
  'menu.filter': 'اكتب للتصفية',
  'toast.region': 'الرسائل',
  'format.upTo': 'حتى {value}',
  'format.from': 'من {value}',
  'connection.live': 'مباشر',
  'connection.catchingUp': 'يلحق بالأحداث',
  'connection.offline': 'غير متصل',
};
