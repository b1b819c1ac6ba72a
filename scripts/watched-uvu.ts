import * as uvu from 'uvu';

/**
 * uvu as the test files see it under our runner. Its own runner passes in silence when `before` throws, when
 * `after.each` throws, when a test throws something that is no Error and when `.run()` is forgotten; here every hook and
 * test is wrapped so that nothing that goes wrong stays unsaid. uvu still drives the queue.
 */

type State = Record<string, unknown>;
type Handler = (state: State) => Promise<unknown> | unknown;

export type Outcome =
  | { suite: string; test: string; passed: true; ms: number }
  | { suite: string; test: string; passed: false; reason: string; ms: number };

interface Watch {
  report(outcome: Outcome): void;
  timeoutMs: number;
}

let watch: Watch = { report: () => undefined, timeoutMs: 30_000 };
/** How many tests were declared and not handed over by `.run()` yet, by suite. */
const waiting = new Map<Suite, () => number>();
let declared = 0;

export function startWatch(given: Watch): void {
  watch = given;
}

/** What the declarations alone say is wrong, asked once the file's queue is through. */
export function leftBehind(): { suite: string; problem: string }[] {
  const problems: { suite: string; problem: string }[] = [];
  for (const [suite, count] of waiting) {
    if (count() > 0) problems.push({ suite: suite.title, problem: `${count()} tests were declared and never run: .run() is missing` });
  }
  if (declared === 0) problems.push({ suite: '', problem: 'the file declares no test' });
  return problems;
}

interface Hook {
  (handler: Handler): void;
  each(handler: Handler): void;
}

interface Suite {
  (name: string, handler: Handler): void;
  title: string;
  only(name: string, handler: Handler): void;
  skip(name?: string, handler?: Handler): void;
  before: Hook;
  after: Hook;
  run(): void;
}

export function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return `threw ${typeof thrown === 'string' ? `the string "${thrown}"` : String(thrown)}`;
  const details = 'details' in thrown && typeof thrown.details === 'string' ? `\n${thrown.details}` : '';
  const cause = thrown.cause === undefined ? '' : `\ncaused by ${reasonOf(thrown.cause)}`;
  return `${thrown.stack ?? thrown.message}${details}${cause}`;
}

async function within(what: string, handler: Handler, state: State): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const timer = setTimeout(() => resolve(`${what} did not end within ${watch.timeoutMs / 1000} s`), watch.timeoutMs);
  Promise.resolve()
    .then(() => handler(state))
    .then(
      () => resolve(null),
      (thrown: unknown) => resolve(what === 'the test' ? reasonOf(thrown) : `${what}: ${reasonOf(thrown)}`),
    );
  const reason = await promise;
  clearTimeout(timer);
  return reason;
}

export function suite(title = '', state: State = {}): Suite {
  const real = uvu.suite(title, state);
  let pending = 0;
  let broken: string | null = null;
  let current: { name: string; reason: string | null; started: number } | null = null;
  const eachBefore: Handler[] = [];
  const eachAfter: Handler[] = [];

  const say = (test: string, reason: string | null, started: number) => {
    const ms = Math.round(performance.now() - started);
    watch.report(reason === null ? { suite: title, test, passed: true, ms } : { suite: title, test, passed: false, reason, ms });
  };

  const declare = (name: string, handler: Handler) => {
    declared++;
    pending++;
    // Hooks around each test are run here rather than by uvu, which loses what they throw.
    real(name, async (context) => {
      const at = { name, reason: broken, started: performance.now() };
      current = at;
      if (at.reason === null) {
        for (const hook of eachBefore) at.reason ??= await within('before.each', hook, context);
        at.reason ??= await within('the test', handler, context);
        for (const hook of eachAfter) {
          const reason = await within('after.each', hook, context);
          at.reason ??= reason;
        }
      }
      current = null;
      say(name, at.reason, at.started);
    });
  };

  const before = Object.assign(
    (handler: Handler) =>
      real.before(async (context) => {
        broken ??= await within('before', handler, context);
      }),
    { each: (handler: Handler) => void eachBefore.push(handler) },
  );
  const after = Object.assign(
    (handler: Handler) =>
      real.after(async (context) => {
        const started = performance.now();
        const reason = await within('after', handler, context);
        if (reason !== null) say('(after)', reason, started);
      }),
    { each: (handler: Handler) => void eachAfter.push(handler) },
  );

  const refuse = (what: string) => (name?: string) => {
    declared++;
    say(name ?? '(unnamed)', `${what} leaves tests out without a reason: not accepted here`, performance.now());
  };
  const watched: Suite = Object.assign(declare, {
    title,
    only: refuse('.only'),
    skip: refuse('.skip'),
    before,
    after,
    run() {
      pending = 0;
      real.run();
    },
  });
  waiting.set(watched, () => pending);
  lastWords.push(() => (current === null ? null : { suite: title, test: current.name }));
  return watched;
}

const lastWords: (() => { suite: string; test: string } | null)[] = [];

/** The test that is running now: where an unhandled rejection is put. */
export function running(): { suite: string; test: string } {
  for (const ask of lastWords) {
    const at = ask();
    if (at !== null) return at;
  }
  return { suite: '', test: '(outside a test)' };
}

export const test = suite();
