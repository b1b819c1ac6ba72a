import exec from 'k6/execution';

declare const __ENV: Record<string, string | undefined>;

/** What a run was ordered to do, from the environment that `npm run load` sets. */
export function text(name: string): string {
  const value = __ENV[name];
  if (value === undefined || value === '') throw new Error(`${name} is missing: start with \`npm run load -- smoke|fanout\`.`);
  return value;
}

export function whole(name: string): number {
  const value = Number(text(name));
  if (!Number.isInteger(value) || value < 0) throw new Error(`${name} must be a whole number.`);
  return value;
}

export function list(name: string): string[] {
  const value: unknown = JSON.parse(text(name));
  if (!Array.isArray(value) || value.length === 0) throw new Error(`${name} must be a list.`);
  return value.map(String);
}

/** Epoch milliseconds at the start of the run: what `setup` hands to every virtual user, so that all read one clock. */
export function runStart(): number {
  return Date.now() - exec.instance.currentTestRunDuration;
}

/** Epoch milliseconds with fractions; `Date.now()` alone has whole ones. */
export function clock(start: number): number {
  return start + exec.instance.currentTestRunDuration;
}
