import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readMoney } from './typed-money.ts';

const money = suite('money as typed');

money('reads plain, grouped and short amounts', () => {
  assert.is(readMoney('4500000', 100), 450_000_000);
  assert.is(readMoney('4,500,000', 100), 450_000_000);
  assert.is(readMoney(' AED 4.5M ', 100), 450_000_000);
  assert.is(readMoney('950k', 100), 95_000_000);
  assert.is(readMoney('1.2bn', 100), 120_000_000_000);
  assert.is(readMoney('12.5', 1000), 12_500);
  assert.is(readMoney('٤٥٠', 100), 45_000);
});

money('an empty text is no amount, nonsense is not zero', () => {
  assert.is(readMoney('  ', 100), null);
  assert.is(readMoney('soon', 100), undefined);
  assert.is(readMoney('4.5.6', 100), undefined);
  assert.is(readMoney('-5', 100), undefined);
  assert.is(readMoney('99999999999999999', 100), undefined);
});

money.run();
