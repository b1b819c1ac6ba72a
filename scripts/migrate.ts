import { parseArgs } from 'node:util';
import { readEnvironment } from '../server/environment.ts';
import { createLog } from '../server/log.ts';
import { Refusal } from '../server/refusal.ts';
import { openDatabase } from '../server/store/database.ts';
import { migrateDown, migrateUp, migrationStatus } from '../server/store/migrate.ts';

/**
 * `npm run migrate -- up | down [--to name] | status`: on DATABASE_OWNER_URL, else on the embedded database of
 * DATA_DIR, beside a running server or alone. `down` takes back the last migration, or every one after `--to` (`--to 0`: all).
 */
async function main(): Promise<void> {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { to: { type: 'string' } } });
  const [what = ''] = positionals;
  if (!['up', 'down', 'status'].includes(what)) throw new Refusal('Usage: npm run migrate -- up | down [--to name] | status');
  const environment = readEnvironment();
  const database = await openDatabase(environment, {
    role: 'tool',
    log: createLog(environment.logLevel),
    onProgress: (step) => console.log(step),
  });
  try {
    const { owner } = database.urls;
    if (owner === null) throw new Refusal('Migrating needs DATABASE_OWNER_URL, the address under the role that owns the tables.');
    if (what === 'up') {
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
