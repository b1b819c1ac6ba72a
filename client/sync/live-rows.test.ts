import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { rowHash } from './checksum.ts';
import { LiveRows, type RowNews } from './live-rows.ts';
import { Overlay } from './overlay.ts';
import { RecordedLink } from './recorded-link.ts';

interface Lead {
  version: number;
  status: string;
}
const test = suite('live rows');

function open() {
  const link = new RecordedLink();
  const overlay = new Overlay();
  const frames: (() => void)[] = [];
  const waiting: (() => void)[] = [];
  const rows = new LiveRows<Lead>(
    'board',
    {},
    link,
    overlay,
    (run) => frames.push(run),
    (run) => waiting.push(run),
  );
  const news: { keys: string[]; reset: boolean; by: string[] }[] = [];
  rows.subscribe((changed, about: RowNews) =>
    news.push({ keys: [...changed].sort(), reset: about.reset, by: [...about.touched.values()].map((touch) => touch.by) }),
  );
  /** Lets answers arrive, then draws one frame. */
  const draw = async () => {
    await settled();
    for (const frame of frames.splice(0)) frame();
  };
  return { link, overlay, rows, news, draw, frames, waiting };
}

async function settled() {
  for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
}

const row = (key: string, status: string, version: number) => ({ key, row: { status, version } });
const change = (key: string, status: string, version: number, by = 'sara') => ({
  ...row(key, status, version),
  by,
  at: '2026-11-21T08:00:00.000Z',
});

test('a snapshot, then batches; all of one frame are told once', async () => {
  const { link, rows, news, draw, frames } = open();
  link.acks.push({ watch: 'w1', mode: 'snapshot', position: 10, rows: [row('1', 'new', 1), row('2', 'new', 1)] });
  link.connect();
  await draw();
  assert.equal(news, [{ keys: ['1', '2'], reset: true, by: [] }]);
  link.say({ watch: 'w1', from: 10, to: 12, rows: [change('1', 'contacted', 2)] });
  link.say({ watch: 'w1', from: 12, to: 13, rows: [change('1', 'qualified', 3, 'omar'), { key: '2', gone: true, by: 'omar', at: '' }] });
  assert.is(frames.length, 1);
  await draw();
  assert.equal(news[1], { keys: ['1', '2'], reset: false, by: ['omar', 'omar'] });
  assert.equal([...rows.rows], [['1', { status: 'qualified', version: 3 }]]);
  assert.is(rows.position, 13);
  assert.equal(link.progress, { waiting: false, behind: 0 });
});

test('batches of another watch are not ours', async () => {
  const { link, rows, draw } = open();
  link.acks.push({ watch: 'w1', mode: 'snapshot', position: 10, rows: [] });
  link.connect();
  await draw();
  link.say({ watch: 'other', from: 10, to: 11, rows: [change('1', 'new', 1)] });
  await draw();
  assert.is(rows.rows.size, 0);
});

test('after a cut it resumes from its position and lays the delta over what it holds', async () => {
  const { link, rows, draw } = open();
  link.acks.push({ watch: 'w1', mode: 'snapshot', position: 10, rows: [row('1', 'new', 1), row('2', 'new', 1)] });
  link.connect();
  await draw();
  link.cut();
  assert.equal(link.progress, { waiting: true, behind: null });
  assert.is(rows.rows.size, 2, 'rows stay readable while offline');
  link.acks.push({ watch: 'w2', mode: 'delta', position: 40, rows: [row('1', 'contacted', 2), { key: '2', gone: true }] });
  link.connect();
  await draw();
  assert.is(link.watches[1]?.since, 10);
  assert.equal([...rows.rows], [['1', { status: 'contacted', version: 2 }]]);
  link.say({ watch: 'w1', from: 10, to: 41, rows: [change('1', 'new', 1)] });
  link.say({ watch: 'w2', from: 40, to: 41, rows: [change('3', 'new', 1)] });
  await draw();
  assert.equal([...rows.rows.keys()], ['1', '3'], 'a straggler of the old watch changes nothing');
});

test('after an absence too long for a delta the snapshot replaces everything', async () => {
  const { link, rows, news, draw } = open();
  link.acks.push({ watch: 'w1', mode: 'snapshot', position: 10, rows: [row('1', 'new', 1)] });
  link.connect();
  await draw();
  link.cut();
  link.acks.push({ watch: 'w2', mode: 'snapshot', position: 900, rows: [row('7', 'new', 1)], more: { new: 12 } });
  link.connect();
  await draw();
  assert.equal([...rows.rows.keys()], ['7']);
  assert.equal(news[1], { keys: ['1', '7'], reset: true, by: [] });
  assert.equal(rows.more, { new: 12 });
});

test('a hole in the chain is answered by resuming from the last position, and nothing of it is applied', async () => {
  const { link, rows, draw } = open();
  link.acks.push({ watch: 'w1', mode: 'snapshot', position: 10, rows: [row('1', 'new', 1)] });
  link.connect();
  await draw();
  link.acks.push({ watch: 'w2', mode: 'delta', position: 14, rows: [row('1', 'qualified', 3)] });
  link.say({ watch: 'w1', from: 12, to: 14, rows: [change('1', 'lost', 9)] });
  await draw();
  assert.is(link.watches[1]?.since, 10);
  assert.equal(link.unwatched, ['w1']);
  assert.is(rows.rows.get('1')?.status, 'qualified');
});

test('a batch we have already changes nothing, one that overlaps is taken whole', async () => {
  const { link, rows, draw } = open();
  link.acks.push({ watch: 'w1', mode: 'snapshot', position: 10, rows: [row('1', 'qualified', 3)] });
  link.connect();
  await draw();
  link.say({ watch: 'w1', from: 6, to: 9, rows: [change('1', 'new', 2)] });
  await draw();
  assert.is(rows.rows.get('1')?.status, 'qualified');
  link.say({ watch: 'w1', from: 8, to: 12, rows: [change('1', 'negotiation', 4)] });
  await draw();
  assert.is(rows.rows.get('1')?.status, 'negotiation');
  assert.is(rows.position, 12);
  assert.is(link.watches.length, 1);
});

test('new rights mean a new snapshot, never a delta', async () => {
  const { link, draw } = open();
  link.acks.push({ watch: 'w1', mode: 'snapshot', position: 10, rows: [] });
  link.connect();
  await draw();
  link.cut();
  link.connect(true);
  assert.is(link.watches[1]?.since, undefined);
});

test('rows that differ from the heartbeat are loaded anew; equal ones are left alone', async () => {
  const { link, rows, draw } = open();
  link.acks.push({ watch: 'w1', mode: 'snapshot', position: 10, rows: [row('1', 'new', 1)] });
  link.connect();
  await draw();
  link.beat({ watch: 'w1', position: 11, sums: { new: { count: 1, sum: rowHash('1', 1) } } });
  assert.is(link.watches.length, 1);
  link.acks.push({ watch: 'w2', mode: 'snapshot', position: 12, rows: [row('1', 'new', 2)] });
  const { warn } = console;
  const warnings: unknown[] = [];
  console.warn = (line: unknown) => warnings.push(line);
  link.beat({ watch: 'w1', position: 12, sums: { new: { count: 1, sum: rowHash('1', 2) } } });
  console.warn = warn;
  await draw();
  assert.is(warnings.length, 1);
  assert.is(link.watches[1]?.since, undefined);
  assert.is(rows.rows.get('1')?.version, 2);
});

test('a heartbeat moves no chain: the next batch still follows on the last one', async () => {
  const { link, rows, draw } = open();
  link.acks.push({ watch: 'w1', mode: 'snapshot', position: 10, rows: [] });
  link.connect();
  await draw();
  link.beat({ watch: 'w1', position: 500 });
  assert.is(rows.position, 10);
  link.say({ watch: 'w1', from: 10, to: 501, rows: [change('1', 'new', 1)] });
  await draw();
  assert.is(link.watches.length, 1);
  assert.is(rows.rows.size, 1);
});

test('a command shows in the next frame over confirmed rows, which stay as the server has them', async () => {
  const { link, overlay, rows, draw } = open();
  link.acks.push({ watch: 'w1', mode: 'snapshot', position: 10, rows: [row('1', 'new', 1)] });
  link.connect();
  await draw();
  overlay.add({ commandId: 'c', noun: 'lead', key: '1', accepted: null, patch: (lead) => ({ ...lead, status: 'contacted' }) });
  await draw();
  assert.is(rows.rows.get('1')?.status, 'contacted');
  assert.is(rows.confirmedRow('1')?.status, 'new');
});

test('one card is told about itself only, and not after it stopped listening', async () => {
  const { link, rows, draw } = open();
  let told = 0;
  const stop = rows.subscribeKey('1', () => {
    told += 1;
  });
  link.acks.push({ watch: 'w1', mode: 'snapshot', position: 10, rows: [row('1', 'new', 1), row('2', 'new', 1)] });
  link.connect();
  await draw();
  link.say({ watch: 'w1', from: 10, to: 11, rows: [change('2', 'new', 2)] });
  await draw();
  assert.is(told, 1);
  stop();
  link.say({ watch: 'w1', from: 11, to: 12, rows: [change('1', 'new', 2)] });
  await draw();
  assert.is(told, 1);
});

test('a busy server is asked again, and the screen goes on waiting', async () => {
  const { link, rows, draw, waiting } = open();
  link.acks.push(
    { status: 503, code: 'overloaded', title: 'Busy' },
    { watch: 'w1', mode: 'snapshot', position: 3, rows: [row('1', 'new', 1)] },
  );
  link.connect();
  await draw();
  assert.is(rows.refused, null);
  assert.is(link.progress?.waiting, true);
  waiting.shift()?.();
  await draw();
  assert.is(rows.rows.size, 1);
});

test('a refused watch says why and waits no more', async () => {
  const { link, rows, draw } = open();
  link.acks.push({ status: 403, code: 'forbidden', title: 'Forbidden' });
  link.connect();
  await draw();
  assert.is(rows.refused?.code, 'forbidden');
  assert.is(link.progress, null);
});

test.run();
