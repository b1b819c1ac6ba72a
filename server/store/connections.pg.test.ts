import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createLog } from '../log.ts';
import { Refusal } from '../refusal.ts';
import { openConnections } from './connections.ts';
import { type TestDatabase, testDatabase } from './testing.ts';

const connecting = suite('connections');
const somewhere = '01910000-0000-7000-8000-000000000001';
let db: TestDatabase;

connecting.before(async () => {
  db = await testDatabase({ log: createLog('silent') });
  await db.admin.query('create table noted (n int); grant select, insert on noted to app');
});
connecting.after(async () => {
  await db.close();
});

connecting('set the organization for one transaction and no longer', async () => {
  const inside = await db.connections.asOrganization(somewhere, (client) => client.query("select current_setting('app.org', true) as org"));
  assert.is(inside.rows[0].org, somewhere);
  for (let n = 0; n < 5; n++) {
    const outside = await db.connections.app.query("select nullif(current_setting('app.org', true), '') as org");
    assert.is(outside.rows[0].org, null);
  }
});

connecting('take nothing but a UUID for an organization', async () => {
  try {
    await db.connections.asOrganization("x'; drop table noted; --", async () => undefined);
    assert.unreachable('it was taken');
  } catch (error) {
    assert.instance(error, TypeError);
  }
});

connecting('roll back what throws, and go on with the connection', async () => {
  const boom = new Error('boom');
  try {
    await db.connections.asOrganization(somewhere, async (client) => {
      await client.query('insert into noted values (1)');
      throw boom;
    });
    assert.unreachable('it did not throw');
  } catch (error) {
    assert.is(error, boom);
  }
  assert.is((await db.connections.app.query('select 1 from noted')).rowCount, 0);
});

connecting('read one state of things in a repeatable, read-only transaction', async () => {
  await db.connections
    .asOrganization(
      somewhere,
      async (client) => {
        const before = await client.query('select count(*) from noted');
        await db.admin.query('insert into noted values (2)');
        assert.equal((await client.query('select count(*) from noted')).rows, before.rows);
        try {
          await client.query('insert into noted values (3)');
          assert.unreachable('it wrote');
        } catch (error) {
          assert.is((error as { code?: string }).code, '25006');
        }
      },
      { isolation: 'repeatable read', readOnly: true },
    )
    .catch((error: unknown) => {
      // The refused statement ends the transaction; only another reason is a fault.
      if ((error as { code?: string }).code !== '25P02') throw error;
    });
});

connecting('serve again after their backends were ended', async () => {
  await db.connections.app.query('select 1');
  await db.admin.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  );
  let answered = false;
  for (let tries = 0; tries < 20 && !answered; tries++) {
    answered = await db.connections.app.query('select 1').then(
      () => true,
      () => false,
    );
  }
  assert.ok(answered);
});

connecting('read entities for one organization, read-only, and again after their backends were ended', async () => {
  const org = () =>
    db.connections.reading(somewhere, async (em) => {
      const [row] = await em.execute<{ org: string; mode: string }[]>(
        "select current_setting('app.org', true) as org, current_setting('transaction_read_only') as mode",
      );
      return row;
    });
  assert.equal(await org(), { org: somewhere, mode: 'on' });
  try {
    await db.connections.reading("x'; drop table noted; --", async () => undefined);
    assert.unreachable('it was taken');
  } catch (error) {
    assert.instance(error, TypeError);
  }
  const ended = await db.admin.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'leadfloor app'",
  );
  assert.ok(ended.rowCount, 'there were connections to end');
  let answered: unknown;
  for (let tries = 0; tries < 20 && answered === undefined; tries++) answered = await org().catch(() => undefined);
  assert.equal(answered, { org: somewhere, mode: 'on' });
});

connecting('hear notifications, over a lost connection too', async () => {
  const heard: string[] = [];
  let wake: (() => void) | null = null;
  const next = async () => {
    if (heard.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return heard.shift();
  };
  const stop = await db.connections.listen('news', (payload) => {
    heard.push(payload);
    wake?.();
  });
  await db.admin.query("notify news, 'one'");
  assert.is(await next(), 'one');
  await db.admin.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'leadfloor listen'",
  );
  assert.is(await next(), '', 'woken after the reconnect, since something may have been missed');
  await db.admin.query("notify news, 'two'");
  assert.is(await next(), 'two');
  await stop();
});

connecting('say in one line why a database cannot be reached', async () => {
  const wrong = new URL(db.urls.app);
  wrong.password = 'wrong';
  const nowhere = 'postgres://app:x@127.0.0.1:1/leadfloor';
  for (const [app, says] of [
    [wrong.toString(), /refuses role "app"/],
    [nowhere, /cannot be reached as role "app": .*ECONNREFUSED/],
  ] as const) {
    try {
      const opened = await openConnections({ ...db.urls, app }, createLog('silent'));
      await opened.close();
      assert.unreachable('it was opened');
    } catch (error) {
      assert.instance(error, Refusal);
      assert.match((error as Refusal).message, says);
    }
  }
});

connecting.run();
