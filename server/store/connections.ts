import { AsyncLocalStorage } from 'node:async_hooks';
import { type EntityManager, MikroORM } from '@mikro-orm/postgresql';
import { PostgresDialect } from 'kysely';
import pg from 'pg';
import { readEntities } from '../../projections/entities.ts';
import type { Log } from '../log.ts';
import { Refusal } from '../refusal.ts';
import { type MasterKey, rolePassword } from './master-key.ts';
import { type Listen, startListening } from './notifications.ts';

/** The roles that serve; each connects with its own rights and none owns a table. */
export const servingRoles = ['app', 'appender', 'projector', 'auth'] as const;
export type ServingRole = (typeof servingRoles)[number];

/** The address of one database, and of the same database under each role. */
export interface DatabaseUrls {
  app: string;
  appender: string;
  projector: string;
  auth: string;
  /** Role `owner`, where we have it: migrations and read-model tables. */
  owner: string | null;
}

export interface Transaction {
  isolation?: 'read committed' | 'repeatable read';
  readOnly?: boolean;
}

export interface Connections {
  /** Serves queries under row-level security; use `asOrganization`. */
  app: pg.Pool;
  /** The append's own few connections: two lanes, one for reading streams, one for bulk. */
  appender: pg.Pool;
  projector: pg.Pool;
  /** Credentials and sessions. */
  auth: pg.Pool;
  urls: DatabaseUrls;
  /** Follows a NOTIFY channel, over reconnects (each reconnect notifies once with '', since some may have been missed). Answers what stops it. */
  listen: Listen;
  /**
   * One transaction of `app` in which row-level security shows that organization's rows. Committed when `work`
   * resolves, rolled back when it throws.
   */
  asOrganization<T>(organizationId: string, work: (client: pg.PoolClient) => Promise<T>, transaction?: Transaction): Promise<T>;
  /**
   * The same for reading entities of `projections/entities.ts`: role `app`, a read-only transaction, that organization's rows.
   * Each query names the generation's schema in its options.
   */
  reading<T>(organizationId: string, work: (em: EntityManager) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** The same database under another role, its password derived from the master key. */
export function asRole(url: string, role: string, password: string): string {
  const changed = new URL(url);
  changed.username = role;
  changed.password = password;
  return changed.toString();
}

/** Addresses under every role from one base address; `app` and `owner` keep their own passwords where addresses were given. */
export function databaseUrls(base: string, master: MasterKey, given: { app?: string; owner?: string | null } = {}): DatabaseUrls {
  const as = (role: string) => asRole(base, role, rolePassword(master, role));
  return {
    app: given.app ?? as('app'),
    appender: as('appender'),
    projector: as('projector'),
    auth: as('auth'),
    owner: given.owner === undefined ? as('owner') : given.owner,
  };
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * Opens the pools and the ORM. Connections are made when first needed and replaced when the database went away.
 * @throws Refusal when the database does not answer, with one line that says why.
 */
export async function openConnections(
  urls: DatabaseUrls,
  log: Log,
  sizes: Partial<Record<ServingRole, number>> = {},
): Promise<Connections> {
  const pool = (role: ServingRole, max: number) => {
    const made = new pg.Pool({
      connectionString: urls[role],
      max: sizes[role] ?? max,
      idleTimeoutMillis: 30_000,
      application_name: `leadfloor ${role}`,
    });
    // A connection may break in the very moment it is handed out, before its user listens: that must not end the process.
    made.on('connect', (client) => client.on('error', (error) => log.debug({ err: error, pool: role }, 'a database connection broke')));
    made.on('error', (error) => {
      if (!made.ending) log.warn({ err: error, pool: role }, 'a database connection was lost');
    });
    return made;
  };
  const pools = { app: pool('app', 10), appender: pool('appender', 4), projector: pool('projector', 6), auth: pool('auth', 4) };
  try {
    for (const role of servingRoles) await reach(pools[role], role);
    await refuseOwningApp(pools.app);
  } catch (error) {
    await Promise.all(Object.values(pools).map((each) => each.end()));
    throw error;
  }
  const borrowed = new AsyncLocalStorage<pg.PoolClient>();
  const orm = await openReading(borrowed);
  const notifications = startListening(urls.app, log);
  return {
    ...pools,
    urls,
    listen: notifications.listen,
    asOrganization: (organizationId, work, transaction) => asOrganization(pools.app, organizationId, work, transaction),
    reading: (organizationId, work) =>
      asOrganization(pools.app, organizationId, (client) => borrowed.run(client, () => work(orm.em.fork({ useContext: false }))), {
        readOnly: true,
      }),
    async close() {
      await notifications.close();
      await orm.close(true);
      await Promise.all(Object.values(pools).map((each) => each.end()));
    },
  };
}

/** MikroORM on one address, for migrations: it knows no entities. */
export async function openOrm(url: string, max: number): Promise<MikroORM> {
  const { host, port, user, password, database, ...rest } = new pg.Client({ connectionString: url });
  return MikroORM.init({
    dbName: database ?? user ?? 'leadfloor',
    host,
    port,
    user,
    password: password ?? undefined,
    driverOptions: { ssl: rest.ssl },
    pool: { min: 0, max },
    entities: [],
    discovery: { warnWhenNoEntities: false },
    logger: () => undefined,
  });
}

/**
 * MikroORM for reading entities. It has no connections of its own: each of its statements runs on the client of the
 * transaction around it, so that tenancy, rollback and broken connections are dealt with in one place.
 */
async function openReading(borrowed: AsyncLocalStorage<pg.PoolClient>): Promise<MikroORM> {
  const pool = {
    async connect() {
      const client = borrowed.getStore();
      if (client === undefined) throw new Error('Entities are read inside `reading` only.');
      return { query: client.query.bind(client), release: () => undefined };
    },
    end: async () => undefined,
  };
  return MikroORM.init({
    dbName: 'leadfloor',
    driverOptions: new PostgresDialect({ pool: pool as unknown as pg.Pool }),
    entities: readEntities,
    logger: () => undefined,
  });
}

function requireUuid(organizationId: string): void {
  if (!uuid.test(organizationId)) throw new TypeError('An organization is named by its UUID.');
}

async function asOrganization<T>(
  pool: pg.Pool,
  organizationId: string,
  work: (client: pg.PoolClient) => Promise<T>,
  { isolation = 'read committed', readOnly = false }: Transaction = {},
): Promise<T> {
  requireUuid(organizationId);
  const client = await pool.connect();
  let broken: Error | undefined;
  const onError = (error: Error) => {
    broken = error;
  };
  client.on('error', onError);
  try {
    const mode = `${isolation}${readOnly ? ', read only' : ''}`;
    // Both in one round trip; the id was checked to be a UUID above.
    await client.query(`begin isolation level ${mode}; select set_config('app.org', '${organizationId}', true)`);
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}

async function reach(pool: pg.Pool, role: ServingRole): Promise<void> {
  try {
    const client = await pool.connect();
    client.release();
  } catch (error) {
    throw unreachable(error, role);
  }
}

/** Says in one line why a database did not let us in. */
export function unreachable(error: unknown, role: string): Refusal {
  const { code, message } = error as { code?: string; message: string };
  const variable = role === 'owner' ? 'DATABASE_OWNER_URL' : 'DATABASE_URL';
  if (code === '28P01' || code === '28000') {
    return new Refusal(
      `The database refuses role "${role}": its password does not follow from MASTER_KEY or ${variable} (npm run migrate -- up with DATABASE_OWNER_URL sets it).`,
      { cause: error },
    );
  }
  const reason =
    message ||
    (error instanceof AggregateError ? ((error.errors[0] as Error | undefined)?.message ?? '') : '') ||
    code ||
    'no reason given';
  return new Refusal(`The database cannot be reached as role "${role}": ${reason}.`, { cause: error });
}

/** Owners bypass what policies say of rows unless forced, and can drop what they own: the serving role must own nothing. */
async function refuseOwningApp(pool: pg.Pool): Promise<void> {
  const owned = await pool.query<{ name: string }>(
    `select c.oid::regclass::text as name from pg_class c join pg_roles r on r.oid = c.relowner
     where r.rolname = current_user and c.relkind in ('r', 'p', 'v', 'm') limit 1`,
  );
  const privileged = await pool.query<{ bypass: boolean }>(
    'select rolsuper or rolbypassrls as bypass from pg_roles where rolname = current_user',
  );
  if (owned.rows[0])
    throw new Refusal(`The role that serves owns the table ${owned.rows[0].name}: give DATABASE_URL with the role app, which owns none.`);
  if (privileged.rows[0]?.bypass) throw new Refusal('The role in DATABASE_URL bypasses row-level security: give the role app.');
}
