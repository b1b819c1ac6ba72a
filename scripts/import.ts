import { readFile } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { SingleBar } from 'cli-progress';
import { v7 } from 'uuid';
import type { OrganizationState } from '../domain/identity/organization.ts';
import type { PipelineState } from '../domain/leads/pipeline.ts';
import { readEnvironment } from '../server/environment.ts';
import { leadsByExternalId, organizationBySlug } from '../server/leads/import/lookups.ts';
import { applyMapFile, guessMapping, type Mapping } from '../server/leads/import/mapping.ts';
import { type ImportCounts, importSheet } from '../server/leads/import/process.ts';
import { type Profile, profileOf } from '../server/leads/import/profile.ts';
import { Rejects } from '../server/leads/import/rejects.ts';
import { openSheet } from '../server/leads/import/sheet.ts';
import { createLog } from '../server/log.ts';
import { Refusal } from '../server/refusal.ts';
import { openTool, type Tool } from '../server/tool.ts';

/**
 * `npm run import -- <file> --organization <slug> [--map map.json] [--dry-run] [--rejects file.csv]`: imports leads from
 * CSV or XLSX, whatever the file is called, with or without a running server on the same DATA_DIR. Ends with the line
 * `created N, updated N, duplicate N, invalid N, skipped N`.
 */

const usage = 'Usage: npm run import -- <file> --organization <slug> [--map map.json] [--dry-run] [--rejects file.csv]';
const number = new Intl.NumberFormat('en-US');

function summary(counts: ImportCounts): string {
  return (['created', 'updated', 'duplicate', 'invalid', 'skipped'] as const)
    .map((fate) => `${fate} ${number.format(counts[fate])}`)
    .join(', ');
}

function explain(mapping: Mapping, profile: Profile): string[] {
  return profile.columns.map(({ index, heading }) => {
    const target = mapping[index];
    if (!target) return `  ${heading} → left out`;
    return 'field' in target ? `  ${heading} → ${target.field}` : `  ${heading} → custom field "${target.custom}" (${target.type})`;
  });
}

async function surroundingsOf(tool: Tool, organizationId: string): Promise<{ currency: string; stages: string[] }> {
  const { state } = await tool.store.load<OrganizationState>(organizationId, { type: 'organization', id: organizationId });
  const pipeline = await tool.store.load<PipelineState>(organizationId, { type: 'pipeline', id: organizationId });
  return { currency: state.currency, stages: pipeline.state.stages.map(({ key }) => key) };
}

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      organization: { type: 'string' },
      map: { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
      rejects: { type: 'string' },
    },
  });
  const [path] = positionals;
  if (path === undefined || positionals.length > 1 || values.organization === undefined) throw new Refusal(usage);
  const sheet = await openSheet(resolve(path));
  const profile = await profileOf(sheet);
  const mapText =
    values.map === undefined
      ? null
      : await readFile(resolve(values.map), 'utf8').catch(() => Promise.reject(new Refusal(`The map ${values.map} cannot be read.`)));
  const environment = readEnvironment();
  let ending = '';
  const tool = await openTool(environment, createLog(environment.logLevel === 'info' ? 'warn' : environment.logLevel), (step) =>
    console.log(step),
  );
  try {
    await tool.caughtUp();
    const { id: organizationId, name } = await organizationBySlug(tool.connections, tool.projector, values.organization);
    const guess = guessMapping(profile, await surroundingsOf(tool, organizationId));
    const mapping = mapText === null ? guess : applyMapFile(guess, mapText, profile);
    console.log(`${sheet.name}: ${sheet.kind === 'xlsx' ? 'a spreadsheet' : 'CSV'}, ${number.format(profile.rows)} rows, into ${name}`);
    console.log(explain(mapping, profile).join('\n'));
    const rejects = new Rejects(resolve(values.rejects ?? `${basename(path, extname(path))}.rejects.csv`), sheet.headings);
    const bar = process.stdout.isTTY
      ? new SingleBar({ format: ' {bar} {percentage} % | {value}/{total} | {eta_formatted} left', hideCursor: true })
      : null;
    bar?.start(profile.rows + profile.empty, 0);
    const began = performance.now();
    const report = await importSheet(
      { store: tool.store, leadsByExternalId: leadsByExternalId(tool.connections, tool.projector), now: tool.now, newId: v7 },
      {
        organizationId,
        sheet,
        profile,
        mapping,
        dryRun: values['dry-run'],
        onProgress: (done) => bar?.update(done),
        onReject: (row, reason) => rejects.add(row, reason),
      },
    ).finally(async () => {
      bar?.stop();
      await rejects.close();
    });
    const seconds = (performance.now() - began) / 1000;
    await tool.caughtUp();
    if (report.before) console.log('This file was imported before, with the same mapping: nothing was to be done.');
    else
      console.log(
        `${number.format(profile.rows)} rows in ${seconds.toFixed(1)} s (${number.format(Math.round(profile.rows / seconds))} a second)`,
      );
    if (rejects.count > 0) console.log(`${number.format(rejects.count)} rows brought no lead; which and why: ${rejects.path}`);
    if (values['dry-run']) console.log('A dry run: nothing was written. Doubles of leads that are there already show only in a real one.');
    ending = summary(report.counts);
  } finally {
    await tool.close();
  }
  console.log(ending);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Refusal ? error.message : error);
  process.exitCode = 1;
}
