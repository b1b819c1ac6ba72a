import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ServerClock } from './clock.ts';

const test = suite('server clock');

test('of several readings the one with the shortest round trip is believed', () => {
  let local = 1_000_000;
  const clock = new ServerClock(() => local);
  clock.sample(2_000_400, 999_000);
  assert.is(clock.now(), 2_000_900);
  local = 1_010_000;
  clock.sample(2_010_000, 1_009_980);
  assert.is(clock.now(), 2_010_010);
  local = 1_020_000;
  clock.sample(2_025_000, 1_012_000);
  assert.is(clock.now(), 2_020_010, 'a slow answer does not move the clock');
});

test('unasked readings serve until a better one comes', () => {
  const clock = new ServerClock(() => 50);
  clock.sample(1_050);
  assert.is(clock.now(), 1_050);
  clock.sample(2_050, 40);
  assert.is(clock.now(), 2_055);
});

test.run();
