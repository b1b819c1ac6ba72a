import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { given } from '../kernel/given-when-then.ts';
import { alert } from './alert.ts';
import { asSara, omar, sara } from './lead/example-floor.ts';
import { type OperationEvent, operation } from './operation.ts';

const test = suite('operation and alert marks');
const at = '2026-11-21T08:00:00.000Z';
const started: OperationEvent = { type: 'operation.started', data: { kind: 'import', label: 'leads.csv', total: 3, at } };
const counts = { created: 2, skipped: 1 };

test('goes from start over progress to an end whose counts add up', () => {
  assert.equal(given(operation).when('operation.start', { kind: 'import', label: 'leads.csv', total: 3 }).events, [started]);
  assert.is(given(operation, started).when('operation.progress', { done: 2, counts: { created: 2 } }).events.length, 1);
  const [completed] = given(operation, started).when('operation.complete', { total: 3, counts }).events as OperationEvent[];
  assert.equal(completed?.data, { kind: 'import', label: 'leads.csv', status: 'completed', total: 3, done: 3, counts, reason: null, at });
});

test('the same progress and the same end are said once; after the end there is no progress', () => {
  const progressed: OperationEvent = { type: 'operation.progressed', data: { done: 2, counts, at } };
  const completed: OperationEvent = {
    type: 'operation.completed',
    data: { kind: 'import', label: '', status: 'completed', total: 3, done: 3, counts, reason: null, at },
  };
  assert.equal(given(operation, started, progressed).when('operation.progress', { done: 2, counts }).events, []);
  assert.equal(given(operation, started, completed).when('operation.complete', { total: 3, counts }).events, []);
  assert.is(given(operation, started, completed).when('operation.progress', { done: 3, counts }).refusal?.code, 'operation.over');
  assert.is(
    given(operation, started, completed).when('operation.complete', { status: 'failed', total: 3, counts }).refusal?.code,
    'operation.over',
  );
});

test('an alert is read once by each who reads it', () => {
  assert.equal(given(alert).when('alert.read', {}, { actor: asSara }).events, [{ type: 'alert.read', data: { agentId: sara, at } }]);
  assert.equal(given(alert, { type: 'alert.read', data: { agentId: sara, at } }).when('alert.read', {}, { actor: asSara }).events, []);
  assert.is(given(alert, { type: 'alert.read', data: { agentId: omar, at } }).when('alert.read', {}, { actor: asSara }).events.length, 1);
  assert.is(given(alert).when('alert.read', {}, { actor: { ...asSara, agentId: null } }).refusal?.status, 403);
});

test('many at once are read only by oneself', () => {
  const data = { alertIds: [omar, omar] };
  assert.equal(given(alert).when('alert.read-all', data, { actor: asSara, id: sara }).events, [
    { type: 'alert.all-read', data: { agentId: sara, alertIds: [omar], at } },
  ]);
  assert.is(given(alert).when('alert.read-all', data, { actor: asSara, id: omar }).refusal?.status, 404);
});

test.run();
