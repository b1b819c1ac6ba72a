import { resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readEnvironment } from './environment.ts';
import { Refusal } from './refusal.ts';

const environment = suite('the environment');

environment('has defaults that start on a laptop', () => {
  const read = readEnvironment({});
  assert.is(read.port, 3000);
  assert.is(read.host, '127.0.0.1');
  assert.is(read.dataDir, resolve('.data'));
  assert.is(read.databaseUrl, undefined);
  assert.is(read.trustProxy, false);
});

environment('takes an empty variable for an absent one', () => {
  assert.is(readEnvironment({ PORT: '', DATABASE_URL: '', TRUST_PROXY: '' }).port, 3000);
});

const unusable: [Record<string, string>, RegExp][] = [
  [{ PORT: 'http' }, /PORT.*whole number from 0 to 65535/],
  [{ PORT: '70000' }, /PORT/],
  [{ PORT: '30.5' }, /PORT/],
  [{ DATABASE_URL: 'localhost:5432' }, /DATABASE_URL.*postgres:\/\//],
  [{ DATABASE_OWNER_URL: 'mysql://x/y' }, /DATABASE_OWNER_URL/],
  [{ PUBLIC_URL: 'example.com' }, /PUBLIC_URL.*https:\/\//],
  [{ TRUST_PROXY: 'perhaps' }, /TRUST_PROXY.*1 or 0/],
  [{ LOG_LEVEL: 'loud' }, /LOG_LEVEL/],
];
for (const [variables, says] of unusable) {
  environment(`refuses ${JSON.stringify(variables)} in one line`, () => {
    try {
      readEnvironment(variables);
      assert.unreachable('it was accepted');
    } catch (error) {
      assert.instance(error, Refusal);
      assert.match((error as Refusal).message, says);
      assert.not.match((error as Refusal).message, /\n/);
    }
  });
}

environment.run();
