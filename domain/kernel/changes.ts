/** What differs between a thing as it is and as somebody wants it: the new values, and the old ones of the same names. */
export interface Changes<Thing> {
  fields: Partial<Thing>;
  was: Partial<Thing>;
}

/** Equality of plain values: texts, numbers, lists and records of such. */
export function same(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const keys = Object.keys(one);
  if (keys.length !== Object.keys(other).length) return false;
  return keys.every((key) => Object.hasOwn(other, key) && same(Reflect.get(one, key), Reflect.get(other, key)));
}

/** The names that `wanted` gives (undefined: not spoken of) with a value other than the present one; null when nothing differs. */
export function changesBetween<Thing extends object>(present: Thing, wanted: Partial<Thing>): Changes<Thing> | null {
  const fields: Partial<Thing> = {};
  const was: Partial<Thing> = {};
  for (const key of Object.keys(wanted) as (keyof Thing)[]) {
    const value = wanted[key];
    if (value === undefined || same(present[key], value)) continue;
    fields[key] = value;
    was[key] = present[key];
  }
  return Object.keys(fields).length === 0 ? null : { fields, was };
}
