import { z } from 'zod';

/** Money as whole minor units (fils, cents) beside a currency; never a fraction, never a float's rounding. */
export const minorUnits = z.int().min(0).max(Number.MAX_SAFE_INTEGER).meta({ example: 150000000 });

/** ISO 4217, in capitals. */
export const currency = z
  .string()
  .overwrite((value) => value.trim().toUpperCase())
  .regex(/^[A-Z]{3}$/, 'must be a currency of three letters')
  .meta({ example: 'AED' });

const digits: Record<string, number> = {
  BHD: 3,
  IQD: 3,
  JOD: 3,
  KWD: 3,
  LYD: 3,
  OMR: 3,
  TND: 3,
  JPY: 0,
  KRW: 0,
  VND: 0,
  CLP: 0,
  ISK: 0,
  XAF: 0,
  XOF: 0,
};

/** How many decimals the currency's minor unit stands for. */
export function decimalsOf(code: string): number {
  return digits[code] ?? 2;
}

/**
 * Reads an amount as people write it in spreadsheets (`1,500,000.50`, `AED 1.5M`, `1 500 000`) into minor units;
 * undefined when it is no amount, is negative, or is finer than the minor unit.
 */
export function parseAmount(text: string, code: string): number | undefined {
  const match = /^(?:[A-Za-z]{3}|[$€£])?\s*([\d\s,.'’_]*\d)\s*([kKmM])?\s*(?:[A-Za-z]{3}|[$€£])?$/.exec(text.trim());
  if (!match) return undefined;
  const [whole, fraction] = parts((match[1] ?? '').replace(/[\s'’_]/g, ''));
  const power = decimalsOf(code) + (match[2] === undefined ? 0 : match[2].toLowerCase() === 'm' ? 6 : 3);
  const trimmed = fraction.replace(/0+$/, '');
  if (!/^\d+$/.test(whole) || !/^\d*$/.test(trimmed) || trimmed.length > power) return undefined;
  const units = Number(whole + trimmed.padEnd(power, '0'));
  return Number.isSafeInteger(units) ? units : undefined;
}

/** Splits at the decimal sign: the last `.` or `,` unless it only groups thousands. */
function parts(number: string): [string, string] {
  const last = Math.max(number.lastIndexOf('.'), number.lastIndexOf(','));
  if (last === -1) return [number, ''];
  const sign = number[last] ?? '';
  const seen = number.split(sign).length - 1;
  const other = sign === '.' ? ',' : '.';
  const grouping = seen > 1 || (sign === ',' && number.length - last === 4 && !number.includes(other));
  const bare = number.replaceAll(other, '');
  if (grouping) return [bare.replaceAll(sign, ''), ''];
  const at = bare.lastIndexOf(sign);
  return [bare.slice(0, at), bare.slice(at + 1)];
}
