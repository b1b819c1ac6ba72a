// test-timeout: 240 s
// test-alone: it starts whole servers and kills them under load
import { randomUUID } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startFloor } from '../server/testing.ts';
import { checkInvariants } from './faults/invariants.ts';
import type { Sent } from './faults/people.ts';
import { runFaults } from './faults/run.ts';

const faults = suite('kills under load');

faults('nothing acknowledged is lost or doubled when the server and PostgreSQL are killed', async () => {
  const report = await runFaults({ seed: 20261121, server: 3, postgres: 1, people: 16, between: 300, say: () => undefined });
  assert.equal(report.violations, []);
  assert.ok(report.acknowledged > 100, `${report.acknowledged} acknowledged`);
  assert.ok(report.unknown > 0, 'the faults left unknown outcomes');
  assert.ok(report.dedupHits > 0, 'a repeat found its command done');
});

faults('the check finds what a fault could break', async () => {
  const floor = await startFloor({ demo: true });
  const { admin } = floor.database;
  const tool = { ...floor, now: Date.now, caughtUp: async () => void (await floor.projector.waitFor(await floor.store.head(), 10_000)) };
  const { token } = await floor.signIn('owner@uae-real-estate.demo');
  const key = randomUUID();
  const answered = await fetch(`${floor.url}/api/leads`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, 'idempotency-key': key },
    body: JSON.stringify({ firstName: 'Amal', lastName: 'Haddad', phone: '+971561234567', source: 'website' }),
  });
  assert.is(answered.status, 201);
  const answer = (await answered.json()) as NonNullable<Sent['answer']>;
  const sent: Sent = { key, type: 'lead.capture', outcome: 'accepted', answer, attempts: 1, unknown: 0, lastSentAt: Date.now() };
  const found = async (...commands: Sent[]) => (await checkInvariants(tool, commands)).violations.map((line) => line.split(':')[0]);
  assert.equal(await found(sent), []);
  assert.equal(await found(sent, { ...sent, key: randomUUID() }), ['I1'], 'acknowledged, not there');
  assert.equal(await found({ ...sent, outcome: 'refused' }), ['I3']);
  assert.equal(await found({ ...sent, outcome: 'open' }), ['I2']);
  assert.equal(await found({ ...sent, answer: { ...answer, version: 9 } }), ['I1']);
  assert.equal(await found(), ['I1'], 'there, never sent');
  await admin.query(`update guard_counts set count = count + 1 where key = (select min(key) from guard_counts where count > 0)`);
  assert.equal(await found(sent), ['I8', 'I8']);
  await admin.query(`update guard_counts set count = count - 1 where key = (select min(key) from guard_counts where count > 0)`);
  await admin.query('update events set version = version + 1 where position = (select max(position) from events)');
  assert.ok((await found(sent)).includes('I4'));
  await admin.query('update events set version = version - 1 where position = (select max(position) from events)');
  const { rows } = await admin.query<{ name: string }>(
    `select schemaname || '.lead' as name from pg_tables where tablename = 'lead' and schemaname like 'read_v%' order by schemaname desc limit 1`,
  );
  await admin.query(`update ${rows[0]?.name} set wire = wire || ' ' where key = $1`, [answer.id]);
  assert.ok((await found(sent)).includes('I5'));
  await floor.close();
});

faults.run();
