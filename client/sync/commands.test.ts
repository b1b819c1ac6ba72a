import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CommandSender, pathOf } from './commands.ts';
import { Overlay } from './overlay.ts';
import { RecordedLink } from './recorded-link.ts';
import type { JsonRequest } from './session.ts';
import { type CommandMessage, Refused } from './wire.ts';

const test = suite('commands');
const conflict = { status: 422, code: 'lead.transition-not-allowed', title: 'Not allowed' };

function open() {
  const link = new RecordedLink();
  const overlay = new Overlay();
  const calls: { path: string; init: JsonRequest }[] = [];
  const answers: (object | Error)[] = [];
  const waits: (() => void)[] = [];
  const fetch = async (path: string, init: JsonRequest): Promise<unknown> => {
    calls.push({ path, init });
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const sender = new CommandSender(link, overlay, fetch, () => new Promise((done) => waits.push(done)));
  link.connect();
  const asked = () => link.asked.map(({ message }) => message as CommandMessage);
  return { link, overlay, calls, answers, waits, sender, asked };
}

async function settled() {
  for (let turn = 0; turn < 12; turn += 1) await Promise.resolve();
}

const move = { type: 'lead.move', stream: '1', data: { from: 'new', status: 'contacted' } };

test('goes over the socket with an id of its own and answers what the server answers', async () => {
  const { link, sender, asked } = open();
  link.replies.push({ id: '1', version: 2, position: 9 });
  assert.equal(await sender.send(move), { id: '1', version: 2, position: 9 });
  const [message] = asked();
  assert.match(message?.id ?? '', /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  assert.equal([message?.type, message?.stream, message?.data], ['lead.move', '1', move.data]);
});

test('a refusal throws the problem and takes the expectation back', async () => {
  const { link, overlay, sender } = open();
  link.replies.push(conflict);
  const sent = sender.send({ ...move, patch: (lead) => ({ ...lead, status: 'contacted' }) });
  assert.equal(overlay.project('lead', '1', { version: 1, status: 'new' }), { version: 1, status: 'contacted' });
  try {
    await sent;
    assert.unreachable('the command was refused');
  } catch (error) {
    assert.instance(error, Refused);
    assert.is((error as Refused).problem.code, 'lead.transition-not-allowed');
  }
  assert.equal(overlay.project('lead', '1', { version: 1, status: 'new' }), { version: 1, status: 'new' });
});

test('a lost answer is asked for again under the same id', async () => {
  const { link, sender, asked, waits } = open();
  link.replies.push(new Error('operation has timed out'), { id: '1', version: 2, position: 9 });
  const sent = sender.send(move);
  await settled();
  waits.shift()?.();
  assert.is((await sent).version, 2);
  assert.is(asked().length, 2);
  assert.is(asked()[0]?.id, asked()[1]?.id);
});

test('without a socket it goes over HTTP under the same id', async () => {
  const { link, sender, asked, waits, calls, answers } = open();
  link.replies.push(new Error('socket has been disconnected'));
  answers.push(new TypeError('Failed to fetch'), { id: '1', version: 2, position: 9 });
  const sent = sender.send({ ...move, expectedVersion: 1 });
  await settled();
  link.cut();
  waits.shift()?.();
  await settled();
  waits.shift()?.();
  await sent;
  assert.is(calls.length, 2);
  assert.is(calls[1]?.path, '/api/leads/1/move');
  assert.equal([calls[1]?.init.headers?.['idempotency-key'], calls[1]?.init.headers?.['if-match']], [asked()[0]?.id, '1']);
});

test('a busy server is asked again a few times, then believed', async () => {
  const { link, sender, waits } = open();
  const busy = { status: 503, code: 'overloaded', title: 'Busy' };
  link.replies.push(busy, busy, busy, busy);
  const sent = sender.send(move).then(
    () => assert.unreachable('the server stayed busy'),
    (error) => (error as Refused).problem.code,
  );
  for (let turn = 0; turn < 3; turn += 1) {
    await settled();
    waits.shift()?.();
  }
  assert.is(await sent, 'overloaded');
  assert.is(link.asked.length, 4);
});

test('commands on one lead go one after the other; those on others do not wait', async () => {
  const { sender, asked } = open();
  void sender.send(move);
  void sender.send({ ...move, data: { from: 'contacted', status: 'qualified' } });
  void sender.send({ ...move, stream: '2' });
  await settled();
  assert.equal(
    asked().map((message) => message.stream),
    ['1', '2'],
  );
});

test('a refused command does not hold up the next one on its lead', async () => {
  const { link, sender } = open();
  link.replies.push(conflict, { id: '1', version: 2, position: 9 });
  const first = sender.send(move).catch((error: Refused) => error.problem.code);
  const second = sender.send(move);
  assert.is(await first, 'lead.transition-not-allowed');
  assert.is((await second).version, 2);
});

test('paths follow the command names', () => {
  assert.is(pathOf({ type: 'lead.capture', stream: '1' }, true), '/api/leads');
  assert.is(pathOf({ type: 'agent.setHours', stream: '1' }, false), '/api/agents/1/set-hours');
});

test.run();
