const sizes: Record<string, number> = { k: 1e3, m: 1e6, mn: 1e6, b: 1e9, bn: 1e9 };

/**
 * Money as people type it, in minor units: `4,500,000`, `4.5m`, `AED 950k`. Null for an empty text, undefined for
 * one that cannot be read. `minor` is how many minor units make one.
 */
export function readMoney(typed: string, minor: number): number | null | undefined {
  const text = typed
    .replace(/[٠-٩]/g, (digit) => String(digit.charCodeAt(0) - 0x660))
    .replace(/[^\d.,a-z-]/gi, '')
    .replace(/^[a-z]{3}/i, '')
    .toLowerCase();
  if (text === '') return null;
  const parts = /^(\d[\d,]*(?:\.\d+)?)(k|m|mn|b|bn)?$/.exec(text);
  if (parts === null) return undefined;
  const value = Number((parts[1] ?? '').replaceAll(',', '')) * (sizes[parts[2] ?? ''] ?? 1);
  const whole = Math.round(value * minor);
  return Number.isSafeInteger(whole) ? whole : undefined;
}
