import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { differingColumns, rowHash, sumByColumn } from './checksum.ts';

const test = suite('checksum');
const lead = (status: string, version: number) => ({ status, version });

test('the hash of a row is FNV-1a of key and version, as the server sums it', () => {
  assert.is(rowHash('', 0), fnv(':0'));
  assert.is(rowHash('01a', 12), fnv('01a:12'));
  assert.is.not(rowHash('01a', 12), rowHash('01a', 13));
});

test('sums do not depend on the order in which rows came', () => {
  const a = new Map([
    ['1', lead('new', 1)],
    ['2', lead('new', 4)],
  ]);
  const b = new Map([...a].reverse());
  assert.equal(sumByColumn(a, new WeakMap()), sumByColumn(b, new WeakMap()));
});

test('a missed version, a leftover row and a missing row are each found in their column', () => {
  const server = Object.fromEntries(sumByColumn(new Map([['1', lead('new', 2)]]), new WeakMap()));
  const check = (rows: [string, object][]) => differingColumns(sumByColumn(new Map(rows), new WeakMap()), server, {});
  assert.equal(check([['1', lead('new', 2)]]), []);
  assert.equal(check([['1', lead('new', 1)]]), ['new']);
  assert.equal(
    check([
      ['1', lead('new', 2)],
      ['2', lead('new', 1)],
    ]),
    ['new'],
  );
  assert.equal(check([]), ['new']);
});

test('columns held in part, and columns the server does not vouch for, are not compared', () => {
  const ours = sumByColumn(new Map([['9', lead('won', 3)]]), new WeakMap());
  assert.equal(differingColumns(ours, { new: { count: 4, sum: 9 } }, { new: 3 }), []);
  assert.equal(differingColumns(ours, {}, {}), []);
});

function fnv(text: string): number {
  let hash = 0x811c9dc5n;
  for (const byte of Buffer.from(text)) hash = ((hash ^ BigInt(byte)) * 0x01000193n) & 0xffffffffn;
  return Number(hash);
}

test.run();
