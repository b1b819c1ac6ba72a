import { ar } from './ar.ts';
import { en } from './en.ts';

/** A word that counts: one text for each plural form of the language, chosen by `count`. */
export type Plural = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };
export type Word = string | Plural;
export type Key = keyof typeof en;
/** Every language has a word for every key: a missing one is a type error. */
export type Words = Record<Key, Word>;

type Names<S> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;
type TextOf<W> = W extends string ? W : W extends Plural ? W['other'] : never;
type NamesOf<K extends Key> = Names<TextOf<(typeof en)[K]>> | ((typeof en)[K] extends string ? never : 'count');
export type Params<K extends Key> = [NamesOf<K>] extends [never] ? [] : [params: Record<NamesOf<K>, string | number>];

export const languages = { en: 'English', ar: 'العربية' } as const;
export type Language = keyof typeof languages;

const dictionaries: Record<Language, Words> = { en, ar };
const STORED = 'leadfloor.language';
const listeners = new Set<() => void>();
let current: Language = 'en';
let plurals = new Intl.PluralRules('en');

/** Western digits in both languages: phones, money and timers read alike on a mixed floor. */
export function locale(): string {
  return current === 'ar' ? 'ar-u-nu-latn' : 'en-GB';
}
export function language(): Language {
  return current;
}
export function direction(): 'ltr' | 'rtl' {
  return current === 'ar' ? 'rtl' : 'ltr';
}

/** The kept language, else the browser's, else English. Call once before anything is drawn. */
export function startLanguage(): void {
  const kept = localStorage.getItem(STORED);
  const wished = kept ?? navigator.language.slice(0, 2);
  show(wished === 'ar' ? 'ar' : 'en');
}

/** Changes the language for this browser; everything that listens draws itself again. */
export function setLanguage(next: Language): void {
  localStorage.setItem(STORED, next);
  show(next);
  for (const listener of listeners) listener();
}

export function onLanguageChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function show(next: Language): void {
  current = next;
  plurals = new Intl.PluralRules(next);
  document.documentElement.lang = next;
  document.documentElement.dir = direction();
}

/** The word for `key` in the person's language. Names in braces are filled in; `count` also chooses the plural form. */
export function t<K extends Key>(key: K, ...[params]: Params<K>): string {
  return fill(dictionaries[current][key], params);
}

type Named = 'stage' | 'source' | 'propertyType' | 'language' | 'field' | 'error';

/** A name that data brings (a stage, a source): its word if we have one, whatever its case, else the data's own label. */
export function named(group: Named, name: string, otherwise: string): string {
  const exact = `${group}.${name}`;
  const key = exact in en ? exact : exact.toLowerCase();
  return key in en ? fill(dictionaries[current][key as Key], undefined) : otherwise;
}

function fill(word: Word, params: Readonly<Record<string, string | number>> | undefined): string {
  const count = params?.['count'];
  const text = typeof word === 'string' ? word : (word[plurals.select(Number(count ?? 0))] ?? word.other);
  if (params === undefined) return text;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = params[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? value.toLocaleString(locale()) : value;
  });
}
