import { parseArgs } from 'node:util';
import { runFaults } from './faults/run.ts';

/**
 * `npm run faults -- [--seed N] [--short]`: kills the server 20 times and PostgreSQL 5 times under load, then checks
 * that every acknowledged command is there exactly once. A run whose faults did not bite does not count.
 */
const { values } = parseArgs({ options: { seed: { type: 'string' }, short: { type: 'boolean', default: false } } });
const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
const say = (line: string) => process.stderr.write(`${line}\n`);
say(`seed ${seed}`);
const size = values.short ? { server: 3, postgres: 1, people: 16, between: 300 } : { server: 20, postgres: 5, people: 32, between: 600 };
const report = await runFaults({ seed, ...size, say });
for (const violation of report.violations.slice(0, 30)) say(violation);
const bit = report.unknown > 0 && report.dedupHits > 0;
if (!bit) say('The faults did not bite: no unknown outcome, or no repeat that found its command done.');
const { violations, ...figures } = report;
console.log(
  JSON.stringify({
    name: 'faults',
    goal: '0 violations, unknown > 0, dedupHits > 0',
    ours: violations.length,
    unit: 'violations',
    bit,
    seed,
    ...figures,
  }),
);
process.exit(violations.length === 0 && bit ? 0 : 1);
