import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { aggregates } from '../domain/catalogue.ts';
import { errorsPage, eventsPage, stalePages } from './docs.ts';

const test = suite('generated pages');

test('docs/events.md and docs/errors.md say what the catalogue says (npm run docs writes them)', async () => {
  assert.equal(await stalePages(), []);
});

test('every event and every code is on its page', () => {
  const events = eventsPage();
  const errors = errorsPage();
  for (const aggregate of aggregates) {
    for (const type of Object.keys(aggregate.events)) assert.ok(events.includes(`\`${type}\``), type);
    for (const command of aggregate.commands)
      for (const code of Object.keys(command.codes)) assert.ok(errors.includes(`\`${code}\``), code);
  }
});

test('one code means one thing: the same status and words wherever it is declared', () => {
  const seen = new Map<string, string>();
  for (const { commands } of aggregates) {
    for (const command of commands) {
      for (const [code, note] of Object.entries(command.codes)) {
        const meaning = `${note.status} ${note.title}`;
        assert.is(seen.get(code) ?? meaning, meaning, `${code} in ${command.name}`);
        seen.set(code, meaning);
      }
    }
  }
});

test.run();
