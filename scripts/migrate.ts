import { parseArgs } from 'node:util';
import { readEnvironment } from '../server/environment.ts';
import { createLog } from '../server/log.ts';
import { Refusal } from '../server/refusal.ts';
import { asRole } from '../server/store/connections.ts';
import { openDatabase } from '../server/store/database.ts';
import { superuser } from '../server/store/embedded.ts';
import { rolePassword } from '../server/store/master-key.ts';
import { migrateDown, migrateUp, migrationStatus } from '../server/store/migrate.ts';

/**
 * `npm run migrate -- up | down [--to name] | status | address`: on DATABASE_OWNER_URL, else on the embedded database of
 * DATA_DIR, beside a running server or alone. `down` takes back the last migration, or every one after `--to` (`--to 0`: all).
 * `address` prints where the running embedded database answers, as its superuser: for pg_dump and psql. It holds a
 * password, so it goes to nobody.
 */
async function main(): Promise<void> {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { to: { type: 'string' } } });
  const [what = ''] = positionals;
  if (!['up', 'down', 'status', 'address'].includes(what)) {
    throw new Refusal('Usage: npm run migrate -- up | down [--to name] | status | address');
  }
  const environment = readEnvironment();
  const database = await openDatabase(environment, {
    role: 'tool',
    log: createLog(environment.logLevel),
    onProgress: (step) => console.log(step),
  });
  try {
    const { owner } = database.urls;
    if (owner === null) throw new Refusal('Migrating needs DATABASE_OWNER_URL, the address under the role that owns the tables.');
    if (what === 'address') {
      if (environment.databaseUrl !== undefined) throw new Refusal('DATABASE_URL names a database of your own: you have its address.');
      if (database.embedded !== null) throw new Refusal('No server runs on this DATA_DIR: start it first.');
      console.log(asRole(owner, superuser, rolePassword(database.masterKey, superuser)));
    } else if (what === 'up') {
      const done = await migrateUp(database.urls, database.masterKey);
      console.log(done.length === 0 ? 'Nothing to migrate.' : done.map((name) => `up    ${name}`).join('\n'));
    } else if (what === 'down') {
      const done = await migrateDown(owner, values.to);
      console.log(done.length === 0 ? 'Nothing to take back.' : done.map((name) => `down  ${name}`).join('\n'));
    } else {
      for (const { name, executedAt } of await migrationStatus(owner)) console.log(`${executedAt ?? 'pending                 '}  ${name}`);
    }
  } finally {
    await database.close();
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Refusal ? error.message : error);
  process.exitCode = 1;
}
