import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Overlay, type Pending } from './overlay.ts';

interface Lead {
  version: number;
  status: string;
  agentId?: string;
}
const move = (from: string, to: string): Pending => ({
  commandId: `${from}-${to}`,
  noun: 'lead',
  key: '1',
  accepted: null,
  patch: (row) => ((row as Lead).status === from ? { ...row, status: to } : null),
});
const test = suite('overlay');

test('a pending move shows at once and is redone over a change of another field', () => {
  const overlay = new Overlay();
  overlay.add(move('new', 'contacted'));
  assert.is(overlay.project<Lead>('lead', '1', { version: 1, status: 'new' })?.status, 'contacted');
  assert.equal(overlay.project<Lead>('lead', '1', { version: 2, status: 'new', agentId: 'sara' }), {
    version: 2,
    status: 'contacted',
    agentId: 'sara',
  });
});

test('a move whose fact no longer holds shows the row as the server has it', () => {
  const overlay = new Overlay();
  overlay.add(move('new', 'contacted'));
  assert.is(overlay.project<Lead>('lead', '1', { version: 2, status: 'lost' })?.status, 'lost');
});

test('two moves of one lead stand on each other, also after the first has arrived', () => {
  const overlay = new Overlay();
  overlay.add(move('new', 'contacted'));
  overlay.add(move('contacted', 'qualified'));
  assert.is(overlay.project<Lead>('lead', '1', { version: 1, status: 'new' })?.status, 'qualified');
  assert.is(overlay.project<Lead>('lead', '1', { version: 2, status: 'contacted' })?.status, 'qualified');
});

test('a refusal takes back its own card only, and tells the viewers of that noun', () => {
  const overlay = new Overlay();
  const painted: string[] = [];
  overlay.attach({ noun: 'lead', seenPosition: () => 0, repaint: (key) => painted.push(key) });
  overlay.attach({ noun: 'agent', seenPosition: () => 0, repaint: () => assert.unreachable('an agent was repainted') });
  const first = move('new', 'contacted');
  overlay.add(first);
  overlay.add({ ...move('new', 'qualified'), key: '2' });
  painted.length = 0;
  overlay.refuse(first);
  assert.equal(painted, ['1']);
  assert.is(overlay.project<Lead>('lead', '1', { version: 1, status: 'new' })?.status, 'new');
  assert.is(overlay.project<Lead>('lead', '2', { version: 1, status: 'new' })?.status, 'qualified');
});

test('an accepted command stays until the row has reached its version: no flicker back', () => {
  const overlay = new Overlay();
  let seen = 10;
  overlay.attach({ noun: 'lead', seenPosition: () => seen, repaint: () => undefined });
  const entry = move('new', 'contacted');
  overlay.add(entry);
  assert.ok(overlay.isPending('lead', '1'));
  overlay.accept(entry, 2, 14);
  assert.not(overlay.isPending('lead', '1'));
  assert.is(overlay.project<Lead>('lead', '1', { version: 1, status: 'new' })?.status, 'contacted', 'not yet in the rows');
  assert.is(overlay.project<Lead>('lead', '1', { version: 3, status: 'new' })?.status, 'new', 'arrived, and moved back by somebody since');
  seen = 14;
  overlay.settle();
  assert.is(overlay.project<Lead>('lead', '1', { version: 1, status: 'new' })?.status, 'new', 'seen by all: let go');
});

test('a patch is kept while one of two viewers is still behind', () => {
  const overlay = new Overlay();
  overlay.attach({ noun: 'lead', seenPosition: () => 20, repaint: () => undefined });
  const detach = overlay.attach({ noun: 'lead', seenPosition: () => 5, repaint: () => undefined });
  const entry = move('new', 'contacted');
  overlay.add(entry);
  overlay.accept(entry, 2, 14);
  assert.is(overlay.project<Lead>('lead', '1', { version: 1, status: 'new' })?.status, 'contacted');
  detach();
  assert.is(overlay.project<Lead>('lead', '1', { version: 1, status: 'new' })?.status, 'new');
});

test('a row that is gone stays gone', () => {
  const overlay = new Overlay();
  overlay.add(move('new', 'contacted'));
  assert.is(overlay.project<Lead>('lead', '1', undefined), undefined);
});

test.run();
