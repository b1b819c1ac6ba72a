import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { uuid, uuidv5 } from './ids.ts';
import { parseAmount } from './money.ts';
import { readPhone } from './phone.ts';
import { cleanLine, email, line } from './text.ts';
import { addSeconds, instant } from './time.ts';

const test = suite('ids, text, money, phones, time');

test('version 5 ids are those of the standard', () => {
  const dns = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';
  assert.is(uuidv5(dns, 'www.example.com'), '2ed6657d-e927-568b-95e1-2665a8aea6a2');
  assert.is(uuidv5(dns, 'python.org'), '886313e1-3b8a-5372-9b90-0c9aee199e5d');
  assert.is(uuid.safeParse(uuidv5(dns, 'x'.repeat(1000))).success, true);
});

test('any UUID is an id, in small letters; nothing else is', () => {
  assert.is(uuid.parse('0193A5B2-7C1E-7D4A-9F3E-2B6C8D0E1F2A'), '0193a5b2-7c1e-7d4a-9f3e-2b6c8d0e1f2a');
  for (const wrong of [
    '',
    '1',
    '0193a5b2-7c1e-7d4a-9f3e-2b6c8d0e1f2',
    '0193a5b27c1e7d4a9f3e2b6c8d0e1f2a',
    '{0193a5b2-7c1e-7d4a-9f3e-2b6c8d0e1f2a}',
  ]) {
    assert.is(uuid.safeParse(wrong).success, false, wrong);
  }
});

test('a cleaned line is storable, short of controls, and clean already', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const parsed = line(1000).safeParse(text);
      if (text.includes('\0')) return assert.is(parsed.success, false);
      if (!parsed.success) return;
      assert.is(cleanLine(parsed.data), parsed.data);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: that none is left is the point
      assert.not.match(parsed.data, /[\u0000-\u001f\u202e]/);
    }),
  );
  assert.is(line(10).safeParse('\udc00').success, false);
});

for (const [text, known] of [
  ['a@b.co', true],
  ['Amal+floor@Mail.Example.com', true],
  ['أمل@example.com', true],
  ['a@b', false],
  ['@b.co', false],
  ['a@b..co', false],
  ['a b@c.de', false],
  ['a@.co', false],
] as const) {
  test(`${text} is ${known ? 'an' : 'no'} e-mail address`, () => assert.is(email.safeParse(text).success, known));
}

for (const [text, units] of [
  ['1,500,000.50', 150000050],
  ['AED 1.5M', 150000000],
  ['1 500 000', 150000000],
  ['1.500.000,25', 150000025],
  ['12,5', 1250],
  ['1,500', 150000],
  ['$2,000', 200000],
  ['800k', 80000000],
  ['1.005', undefined],
  ['-3', undefined],
  ['a lot', undefined],
  ['', undefined],
] as const) {
  test(`"${text}" is ${units ?? 'no amount'} in minor units`, () => assert.is(parseAmount(text, 'AED'), units));
}

test('amounts heed the decimals of the currency', () => {
  assert.is(parseAmount('1.5', 'KWD'), 1500);
  assert.is(parseAmount('15', 'JPY'), 15);
  assert.is(parseAmount('1.5', 'JPY'), undefined);
});

for (const [text, region, rule, phone] of [
  ['050 123 4567', 'AE', 'region', '+971501234567'],
  ['٠٥٠١٢٣٤٥٦٧', 'AE', 'region', '+971501234567'],
  ['00971501234567', 'AE', 'region', '+971501234567'],
  ['+97143211234', 'AE', 'region', '+97143211234'],
  ['+971512345678', 'AE', 'region', '+971512345678'],
  ['+14155550123', 'AE', 'region', undefined],
  ['+97112345', 'AE', 'region', undefined],
  ['+15555550100', 'US', 'valid', '+15555550100'],
  ['(202) 555-0123', 'US', 'valid', '+12025550123'],
  ['5550100', 'US', 'valid', undefined],
  ['abc', 'US', 'any', null],
] as const) {
  test(`"${text}" in ${region} under ${rule} is ${phone}`, () => assert.is(readPhone(text, region, rule)?.phone, phone));
}

test('instants come back in UTC', () => {
  assert.is(instant.parse('2026-11-21T12:00:00+04:00'), '2026-11-21T08:00:00.000Z');
  assert.is(addSeconds('2026-11-21T08:00:00.000Z', 90), '2026-11-21T08:01:30.000Z');
  assert.is(instant.safeParse('2026-13-41T08:00:00Z').success, false);
});

test.run();
