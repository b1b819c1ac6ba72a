import { type CountryCode, isSupportedCountry, type PhoneNumber, parsePhoneNumberFromString } from 'libphonenumber-js/max';

/**
 * Which numbers an organization takes: `region` only those of its own country (TR: UAE), `valid` any E.164 (E3),
 * `any` keeps what cannot be read as text, without matching by it (RE, LMA, DD). R26.
 */
export type PhoneRule = 'region' | 'valid' | 'any';

export interface Phone {
  /** E.164, or null when the text stays only text. */
  phone: string | null;
  asTyped: string;
}

/** The country of a region code, upper case, if the numbering plan knows it. */
export function knownRegion(region: string): boolean {
  return isSupportedCountry(region);
}

/** Arabic-Indic digits are digits too, and `00` is how many write `+`. */
function westernDigits(text: string): string {
  return text
    .replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => String((digit.codePointAt(0) ?? 0) & 0xf))
    .replace(/^\s*00(?=[1-9])/, '+');
}

/**
 * Reads a number as typed, national input by the organization's region. Undefined: the rule refuses it.
 * An international number is taken when its plan calls it valid or at least possible, since plans grow faster than
 * tables; for TR a number of `+971` and nine digits is taken too, which is what that system checks.
 */
export function readPhone(asTyped: string, region: string, rule: PhoneRule): Phone | undefined {
  const text = westernDigits(asTyped);
  const parsed = parsePhoneNumberFromString(text, isSupportedCountry(region) ? (region as CountryCode) : undefined);
  if (parsed && accepted(parsed, text.trim().startsWith('+'), region, rule)) return { phone: parsed.number, asTyped };
  return rule === 'any' ? { phone: null, asTyped } : undefined;
}

function accepted(parsed: PhoneNumber, international: boolean, region: string, rule: PhoneRule): boolean {
  if (rule !== 'region') return parsed.isValid() || (international && parsed.isPossible());
  return (parsed.country === region && parsed.isValid()) || (region === 'AE' && /^\+971[1-9]\d{8}$/.test(parsed.number));
}
