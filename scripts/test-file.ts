import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { Outcome } from './watched-uvu.ts';

/** Runs one test file in this process and reports each outcome to the runner that started it. */

type Group = [string | null, ...(() => Promise<unknown>)[]];
declare global {
  var UVU_DEFER: number;
  var UVU_QUEUE: Group[];
  var UVU_INDEX: number;
}

export type Message = { kind: 'outcome'; outcome: Outcome } | { kind: 'done' };

function tell(message: Message): void {
  if (!process.send) throw new Error('This file is started by scripts/test.ts.');
  process.send(message);
}

const { positionals, values } = parseArgs({ allowPositionals: true, options: { timeout: { type: 'string', default: '30000' } } });
const [file] = positionals;
if (file === undefined) throw new Error('Which file?');

// Before uvu is loaded, so that it leaves its queue to us.
globalThis.UVU_DEFER = 1;
globalThis.UVU_INDEX = 0;
globalThis.UVU_QUEUE = [[null]];
const watched = new URL('./watched-uvu.ts', import.meta.url).href;
const { leftBehind, reasonOf, running, startWatch }: typeof import('./watched-uvu.ts') = await import(watched);
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'uvu' && context.parentURL !== watched ? { url: watched, shortCircuit: true } : next(specifier, context),
});

const report = (outcome: Outcome) => tell({ kind: 'outcome', outcome });
const fail = (reason: string, at = running()) => report({ ...at, passed: false, reason, ms: 0 });
process.on('unhandledRejection', (thrown) => fail(`unhandled rejection: ${reasonOf(thrown)}`));
process.on('uncaughtException', (thrown) => fail(`uncaught exception: ${reasonOf(thrown)}`));

startWatch({ report, timeoutMs: Number(values.timeout) });
try {
  await import(pathToFileURL(file).href);
  const [, ...runs] = globalThis.UVU_QUEUE[0] ?? [null];
  for (const run of runs) await run();
  for (const { suite, problem } of leftBehind()) fail(problem, { suite, test: '(file)' });
} catch (thrown) {
  fail(`the file could not be loaded: ${reasonOf(thrown)}`, { suite: '', test: '(file)' });
}
tell({ kind: 'done' });
