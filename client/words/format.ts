import { locale, t } from './words.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const made = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();
function numberFormat(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `n${locale()}${JSON.stringify(options)}`;
  const kept = made.get(key);
  if (kept instanceof Intl.NumberFormat) return kept;
  // British usage writes "4.5m"; a floor reads millions as 4.5M.
  const fresh = new Intl.NumberFormat(options.notation === 'compact' && locale() === 'en-GB' ? 'en' : locale(), options);
  made.set(key, fresh);
  return fresh;
}
function dateFormat(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `d${locale()}${JSON.stringify(options)}`;
  const kept = made.get(key);
  if (kept instanceof Intl.DateTimeFormat) return kept;
  const fresh = new Intl.DateTimeFormat(locale(), options);
  made.set(key, fresh);
  return fresh;
}

/** How many minor units make one: 100 for most currencies, 1 for yen, 1000 for Kuwaiti dinars. */
export function minorUnits(currency: string): number {
  return 10 ** (numberFormat({ style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2);
}

/** Money in minor units, whole: `AED 4,500,000`. */
export function money(minor: number, currency: string): string {
  const value = minor / minorUnits(currency);
  return numberFormat({
    style: 'currency',
    currency,
    currencyDisplay: 'code',
    minimumFractionDigits: 0,
    maximumFractionDigits: Number.isInteger(value) ? 0 : 2,
  }).format(value);
}

/** Money short, for cards and tiles, without the currency unless asked: `4.5M`, `AED 38.2M`. */
export function shortMoney(minor: number, currency: string, withCurrency = false): string {
  const value = minor / minorUnits(currency);
  const options: Intl.NumberFormatOptions = { notation: 'compact', maximumFractionDigits: 1 };
  return withCurrency
    ? numberFormat({ ...options, style: 'currency', currency, currencyDisplay: 'code', minimumFractionDigits: 0 }).format(value)
    : numberFormat(options).format(value);
}

/** A budget from its ends, either of which may be open. */
export function moneyRange(min: number | null, max: number | null, currency: string): string | null {
  if (min !== null && max !== null) {
    const unit = minorUnits(currency);
    return numberFormat({
      style: 'currency',
      currency,
      currencyDisplay: 'code',
      minimumFractionDigits: 0,
      maximumFractionDigits: 0,
    }).formatRange(min / unit, max / unit);
  }
  if (max !== null) return t('format.upTo', { value: money(max, currency) });
  if (min !== null) return t('format.from', { value: money(min, currency) });
  return null;
}

/** A phone number in E.164 in groups, kept left to right in any surroundings. */
export function phone(number: string): string {
  const known =
    /^(\+971)(\d{2})(\d{3})(\d{4})$/.exec(number) ?? /^(\+1)(\d{3})(\d{3})(\d{4})$/.exec(number) ?? /^(\+44)(\d{4})(\d{6})$/.exec(number);
  const text = known === null ? number.replace(/(\d)(?=(\d{3}){1,2}$)/g, '$1 ') : known.slice(1).join(' ');
  return `\u2066${text}\u2069`;
}

export function number(value: number): string {
  return numberFormat({}).format(value);
}
export function shortNumber(value: number): string {
  return numberFormat({ notation: 'compact', maximumFractionDigits: 1 }).format(value);
}
/** A share between 0 and 1 as whole per cent. */
export function percent(share: number): string {
  return numberFormat({ style: 'percent', maximumFractionDigits: 0 }).format(share);
}

/** `4:12`, or `1:04:12` past an hour: for timers, of a length in milliseconds (its sign is ignored). */
export function clock(ms: number): string {
  const seconds = Math.floor(Math.abs(ms) / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** A length in milliseconds in its largest unit, short: `40s`, `22m`, `5h`, `3d`. */
export function span(ms: number): string {
  const length = Math.max(0, ms);
  const unit = length < MINUTE ? 'second' : length < HOUR ? 'minute' : length < DAY ? 'hour' : 'day';
  const size = { second: 1000, minute: MINUTE, hour: HOUR, day: DAY }[unit];
  return numberFormat({ style: 'unit', unit, unitDisplay: 'narrow', maximumFractionDigits: 0 }).format(Math.floor(length / size));
}

/** An instant as a person would say it beside a list: the time today, the weekday this week, else the date. */
export function moment(instant: string, now: number = Date.now()): string {
  const then = new Date(instant);
  const today = new Date(now);
  if (then.toDateString() === today.toDateString()) return time(instant);
  if (Math.abs(now - then.getTime()) < 6 * DAY)
    return dateFormat({ weekday: 'short', hour: '2-digit', minute: '2-digit', hour12: false }).format(then);
  if (then.getFullYear() === today.getFullYear()) return dateFormat({ day: 'numeric', month: 'short' }).format(then);
  return dateFormat({ day: 'numeric', month: 'short', year: 'numeric' }).format(then);
}
export function time(instant: string | number, withSeconds = false): string {
  return dateFormat({ hour: '2-digit', minute: '2-digit', hour12: false, ...(withSeconds ? { second: '2-digit' } : {}) }).format(
    new Date(instant),
  );
}
export function date(instant: string | number): string {
  return dateFormat({ day: 'numeric', month: 'short', year: 'numeric' }).format(new Date(instant));
}
/** In full, for hovers. */
export function dateTime(instant: string | number): string {
  return dateFormat({ dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(instant));
}
/** Values side by side; each keeps its own writing direction. */
export function list(values: readonly string[]): string {
  return values.map((value) => `\u2068${value}\u2069`).join(locale().startsWith('ar') ? '، ' : ', ');
}
