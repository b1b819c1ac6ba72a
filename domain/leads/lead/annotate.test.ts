import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { given } from '../../kernel/given-when-then.ts';
import { lead } from '../lead.ts';
import { assignedTo, captured, omar, sara, tr } from './example-floor.ts';
import type { LeadEvent } from './facts.ts';

const test = suite('lead.tag, note, delete, restore');
const at = '2026-11-21T08:00:00.000Z';
const deleted = (agentId: string | null): LeadEvent => ({
  type: 'lead.deleted',
  data: { agentId, status: 'new', kind: 'open', reason: null, at },
});

test('a tag goes on once, whatever its case, and comes off as it was written', () => {
  assert.equal(given(lead, captured()).when('lead.tag', { tag: ' VIP ' }).events, [{ type: 'lead.tagged', data: { tag: 'VIP', at } }]);
  assert.equal(given(lead, captured({ tags: ['VIP'] })).when('lead.tag', { tag: 'vip' }).events, []);
  assert.equal(given(lead, captured({ tags: ['VIP'] })).when('lead.untag', { tag: 'vip' }).events, [
    { type: 'lead.untagged', data: { tag: 'VIP', at } },
  ]);
  assert.equal(given(lead, captured()).when('lead.untag', { tag: 'vip' }).events, []);
});

test('fifty tags are enough', () => {
  const tags = Array.from({ length: 50 }, (_, index) => `t${index}`);
  assert.is(given(lead, captured({ tags })).when('lead.tag', { tag: 'one more' }).refusal?.code, 'lead.too-many-tags');
});

test('a note has an id of its own and keeps its lines', () => {
  const outcome = given(lead, captured(), assignedTo(sara)).when('lead.note', { text: ' called\r\ntwice ' });
  const [event] = outcome.events as LeadEvent[];
  if (event?.type !== 'lead.noted') throw new Error('no note');
  assert.is(event.data.text, 'called\ntwice');
  assert.is(event.data.agentId, sara);
  assert.equal(outcome.decision?.answer, { noteId: event.data.noteId });
});

test('deleting frees the phone and the place; twice is once', () => {
  const outcome = given(lead, captured(), assignedTo(sara)).when('lead.delete', {}, { surroundings: tr });
  assert.equal(
    outcome.guards.map((guard) => [guard.kind, guard.key]),
    [
      ['free', '+971501234567 bayut'],
      ['count', sara],
    ],
  );
  assert.equal(given(lead, captured(), deleted(null)).when('lead.delete', {}, { surroundings: tr }).events, []);
});

test('restoring needs the phone and the place again, at the time of its capture', () => {
  const outcome = given(lead, captured(), assignedTo(omar), deleted(omar)).when(
    'lead.restore',
    {},
    { surroundings: tr, now: '2026-12-01T00:00:00.000Z' },
  );
  const [take, count] = outcome.guards;
  assert.is(take?.kind === 'take' && take.within?.at, at);
  assert.equal(count?.kind === 'count' && [count.key, count.by, count.limit], [omar, 1, 50]);
  assert.equal(given(lead, captured()).when('lead.restore').events, []);
});

test.run();
