import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { aggregates } from '../domain/catalogue.ts';
import type { CodeNote } from '../domain/kernel/aggregate.ts';
import { edgeCodes } from '../server/http/problem.ts';

/**
 * `npm run docs [-- --check]`: writes docs/events.md and docs/errors.md from the catalogue. With `--check` it writes
 * nothing and ends with code 1 when a page no longer says what the catalogue says.
 */

const areas = ['identity', 'leads', 'engagement', 'scoring', 'outreach', 'documents', 'deals', 'insight'];

/** Codes that belong to no command: the edge and the store answer with them whatever was asked. */
const everywhere: Record<string, CodeNote> = {
  ...edgeCodes,
  '<noun>.not-found': { status: 404, title: 'There is no such thing, or it is not for you to see' },
  'id.in-use': { status: 409, title: 'The id of your making is in use already; `existing` has it' },
  'version.conflict': { status: 409, title: 'It changed meanwhile: `if-match` named another version' },
  'command.reused': { status: 409, title: 'The idempotency key came before with another command' },
  'person.erased': { status: 422, title: 'The data of this person were erased' },
};

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const code = (text: string) => `\`${text}\``;

function table(head: string[], rows: string[][]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');
}

function byArea() {
  return areas
    .map((area) => ({ area, found: aggregates.filter((aggregate) => aggregate.area === area) }))
    .filter(({ found }) => found.length > 0);
}

/** The page of events: each fact, its schema, what of it is sealed under a person's key, and what takes it back. */
export function eventsPage(): string {
  const sections = byArea().flatMap(({ area, found }) => [
    `## ${area}`,
    ...found.map(({ name, events }) => {
      const rows = Object.entries(events).map(([type, note]) => [
        code(type),
        String(note.schema),
        note.fact,
        (note.personal ?? []).map(code).join(' '),
        note.undo,
      ]);
      return `### ${name}\n\n${table(['event', 'schema', 'fact', 'personal', 'undone by'], rows)}`;
    }),
  ]);
  return [
    '# Events',
    'Written by `npm run docs` from the aggregates in `domain/`. Every event also carries `at`, the instant of the fact, and the metadata of its command. Personal members are sealed under the key of the person they speak of.',
    ...sections,
    '',
  ].join('\n\n');
}

/** The page of refusals: each code with its status, what it means and which commands may answer with it. */
export function errorsPage(): string {
  const codes = new Map<string, CodeNote & { commands: string[] }>();
  for (const { commands } of aggregates) {
    for (const command of commands) {
      for (const [name, note] of Object.entries(command.codes)) {
        const entry = codes.get(name) ?? { ...note, commands: [] };
        entry.commands.push(command.name);
        codes.set(name, entry);
      }
    }
  }
  const own = [...codes]
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([name, note]) => [code(name), String(note.status), note.title, note.commands.map(code).join(' ')]);
  const general = Object.entries(everywhere)
    .sort(([, one], [, other]) => one.status - other.status)
    .map(([name, note]) => [code(name), String(note.status), note.title]);
  return [
    '# Errors',
    'Written by `npm run docs` from the aggregates in `domain/`. Every refusal is `application/problem+json` (RFC 9457) with `code`; over the socket the acknowledgement carries the same object.',
    '## Any command',
    table(['code', 'status', 'meaning'], general),
    '## By command',
    table(['code', 'status', 'meaning', 'commands'], own),
    '',
  ].join('\n\n');
}

export const pages = [
  { path: join(import.meta.dirname, '../docs/events.md'), write: eventsPage },
  { path: join(import.meta.dirname, '../docs/errors.md'), write: errorsPage },
];

/** The pages on disk that no longer say what the catalogue says. */
export async function stalePages(): Promise<string[]> {
  const stale = await Promise.all(pages.map(async ({ path, write }) => ((await readFile(path, 'utf8')) === write() ? [] : [path])));
  return stale.flat();
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
  if (values.check) {
    const stale = await stalePages();
    for (const path of stale) console.error(`${path} is stale: run npm run docs`);
    process.exitCode = stale.length > 0 ? 1 : 0;
  } else {
    for (const { path, write } of pages) await writeFile(path, write());
  }
}
