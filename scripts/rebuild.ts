import { SingleBar } from 'cli-progress';
import { readModels } from '../projections/catalogue.ts';
import type { RebuildProgress } from '../projections/rebuild.ts';
import { readEnvironment } from '../server/environment.ts';
import { createLog } from '../server/log.ts';
import { Refusal } from '../server/refusal.ts';
import { openTool } from '../server/tool.ts';

/**
 * `npm run rebuild -- <read model>|all`: makes read models anew from the log, beside the live ones, and swaps them in
 * without anybody noticing; with or without a running server on the same DATA_DIR. Ends with the rows of each.
 */
const number = new Intl.NumberFormat('en-US');
const known = readModels.map(({ name }) => name);

function report(progress: RebuildProgress): string {
  const rate = progress.seconds > 0 ? Math.round(progress.events / progress.seconds) : 0;
  const rows = Object.entries(progress.rows ?? {}).map(([name, count]) => `${name} ${number.format(count)}`);
  return `rebuilt from ${number.format(progress.events)} events in ${progress.seconds.toFixed(1)} s (${number.format(rate)} a second): ${rows.join(', ')}`;
}

async function main(): Promise<void> {
  const names = process.argv.slice(2);
  if (names.length === 0) throw new Refusal(`Usage: npm run rebuild -- <read model>|all\nRead models: ${known.join(', ')}`);
  const wanted = names.includes('all') ? known : names;
  const strange = wanted.filter((name) => !known.includes(name));
  if (strange.length > 0) throw new Refusal(`There is no read model ${strange.join(', ')}. There are: ${known.join(', ')}`);
  const tool = await openTool(readEnvironment(), createLog('warn'), (step) => console.error(step));
  const bar = process.stderr.isTTY
    ? new SingleBar({ format: '{bar} {percentage} % · {value} of {total} events · {phase}', clearOnComplete: true })
    : null;
  try {
    await tool.caughtUp();
    let last: RebuildProgress | undefined;
    bar?.start(1, 0, { phase: 'starting' });
    for await (const progress of tool.projector.rebuild(wanted)) {
      last = progress;
      bar?.setTotal(progress.goal);
      bar?.update(progress.position, { phase: progress.phase });
    }
    bar?.stop();
    if (last) console.log(report(last));
  } finally {
    bar?.stop();
    await tool.close();
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Refusal ? error.message : error);
  process.exitCode = 1;
}
