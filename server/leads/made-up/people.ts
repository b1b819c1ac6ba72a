import type { Chance } from './chance.ts';

export interface Person {
  firstName: string;
  lastName: string;
  /** Local part of an address, Latin letters. */
  handle: string;
  arabic: boolean;
}

// Latin and Arabic spelling of the same names: some people fill in forms in one, some in the other.
const arabicFirst = [
  ['Ahmed', 'أحمد'],
  ['Fatima', 'فاطمة'],
  ['Mohammed', 'محمد'],
  ['Mariam', 'مريم'],
  ['Khalid', 'خالد'],
  ['Noura', 'نورة'],
  ['Omar', 'عمر'],
  ['Layla', 'ليلى'],
  ['Yousef', 'يوسف'],
  ['Amal', 'أمل'],
  ['Hamad', 'حمد'],
  ['Salma', 'سلمى'],
  ['Rashid', 'راشد'],
  ['Huda', 'هدى'],
  ['Tariq', 'طارق'],
  ['Reem', 'ريم'],
  ['Saeed', 'سعيد'],
  ['Dana', 'دانة'],
  ['Ibrahim', 'إبراهيم'],
  ['Zainab', 'زينب'],
  ['Sultan', 'سلطان'],
  ['Aisha', 'عائشة'],
] as const;
const arabicLast = [
  ['Al Mansoori', 'المنصوري'],
  ['Al Hashimi', 'الهاشمي'],
  ['Haddad', 'حداد'],
  ['Al Suwaidi', 'السويدي'],
  ['Khoury', 'خوري'],
  ['Al Maktoum', 'آل مكتوم'],
  ['Nasser', 'ناصر'],
  ['Al Zaabi', 'الزعابي'],
  ['Farouk', 'فاروق'],
  ['Al Ketbi', 'الكتبي'],
  ['Darwish', 'درويش'],
  ['Al Shamsi', 'الشامسي'],
  ['Saleh', 'صالح'],
  ['Al Marri', 'المري'],
  ['Habib', 'حبيب'],
] as const;
const worldFirst = (
  'Olivia Liam Emma Noah Ava Ethan Sophia Lucas Isabella Mason Mia Logan Charlotte James Amelia Benjamin Harper Elijah Evelyn Henry ' +
  'Priya Arjun Ananya Rohan Wei Mei Hiroshi Yuki Chidi Ngozi Kwame Zuri Ingrid Lars Søren Zoë Renée Jürgen Chloé Mateo Lucía Joaquín ' +
  'Anastasia Dmitri Katarzyna Piotr Giulia Marco Aoife Ciarán'
).split(' ');
const worldLast = (
  'Smith Johnson Williams Brown Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Wilson Anderson Thomas Taylor Moore Jackson Lee ' +
  "Thompson White Harris Clark Lewis Walker Young Patel Sharma Kapoor Chen Wang Tanaka Sato Okafor Mensah O'Connor Núñez Müller Bergström " +
  'Østergaard Dubois Rossi Kowalski Ivanova Fernández Nguyen Kim Haddad-Reyes van-der-Berg'
).split(' ');

/** Longer than any card is wide: every floor has one. */
export const longNamed: Person = {
  firstName: 'Maximiliana-Alexandrina Josefin',
  lastName: 'Featherstonehaugh-Cholmondeley',
  handle: 'maximiliana',
  arabic: false,
};

const ascii = (text: string) =>
  text
    .normalize('NFD')
    .replace(/[^A-Za-z]/g, '')
    .toLowerCase();

/** Somebody, by the share of people with Arabic names; of those, a share writes them in Arabic. */
export function somebody(chance: Chance, arabicShare: number, inArabicScript: number): Person {
  if (!chance.chance(arabicShare)) {
    const firstName = chance.pick(worldFirst);
    const lastName = chance.pick(worldLast).replaceAll('-', ' ');
    return { firstName, lastName, handle: `${ascii(firstName)}.${ascii(lastName)}`, arabic: false };
  }
  const first = chance.pick(arabicFirst);
  const last = chance.pick(arabicLast);
  const handle = `${ascii(first[0])}.${ascii(last[0])}`;
  return chance.chance(inArabicScript)
    ? { firstName: first[1], lastName: last[1], handle, arabic: true }
    : { firstName: first[0], lastName: last[0], handle, arabic: true };
}

/** The `index`th mobile number of the Emirates, scattered; no two alike below 60 million. */
export function emiratesMobile(index: number): string {
  const prefix = ['50', '52', '54', '55', '56', '58'][index % 6] ?? '50';
  return `+971${prefix}${scattered(Math.floor(index / 6), 10_000_000)
    .toString()
    .padStart(7, '0')}`;
}

const areaCodes = [212, 213, 305, 312, 404, 415, 512, 602, 617, 702, 713, 206, 303, 503, 619, 704, 813, 919, 216, 314, 412, 504, 615, 816];

/** The `index`th number of the 555 exchanges, which are kept for such uses; no two alike below 240,000. */
export function americanPhone(index: number): string {
  const area = areaCodes[index % areaCodes.length] ?? 212;
  return `+1${area}555${scattered(Math.floor(index / areaCodes.length), 10_000)
    .toString()
    .padStart(4, '0')}`;
}

/** Neighbours apart: a fixed permutation of 0 … size − 1, since 7,919 is prime to powers of ten. */
function scattered(index: number, size: number): number {
  return Number((BigInt(index) * 7919n + 1234n) % BigInt(size));
}
