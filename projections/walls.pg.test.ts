import type { EntityName } from '@mikro-orm/postgresql';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type TestDatabase, testDatabase } from '../server/store/testing.ts';
import { readModels } from './catalogue.ts';
import { readEntities } from './entities.ts';
import type { LiveTables } from './generations.ts';
import { foldForSearch } from './leads/search.ts';
import { isKept } from './projection.ts';
import { MadeUpLog } from './testing/made-up-log.ts';
import { projecting, tablesOf } from './testing/projecting.ts';

interface Tenant {
  organizationId: string;
}

const test = suite<{ db: TestDatabase; source: MadeUpLog; tables: LiveTables; table: (name: string) => string }>(
  'walls between organizations',
);

test.before(async (context) => {
  context.db = await testDatabase();
  context.source = new MadeUpLog(23).work(800);
  const projector = await projecting(context.db.connections, context.source);
  await projector.close();
  const tables = await tablesOf(context.db);
  context.tables = tables;
  context.table = (name) => `"${tables.schemas.get(name)}".${name}`;
});
test.after(async ({ db }) => {
  await db.close();
});

/** Tables of ours that hold rows of organizations. */
const tenantTables = `select c.oid, c.oid::regclass::text as name, c.relrowsecurity as enabled, c.relforcerowsecurity as forced
   from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and (n.nspname = 'public' or n.nspname like 'read_v%')
    and exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'organization_id' and not a.attisdropped)`;

test('every table with rows of organizations has row-level security, enabled and forced', async ({ db }) => {
  const { rows } = await db.admin.query<{ name: string; enabled: boolean; forced: boolean }>(tenantTables);
  assert.ok(rows.length >= readModels.filter(isKept).length + 2);
  for (const { name, enabled, forced } of rows) assert.ok(enabled && forced, name);
});

test('what the serving role sees is limited by a policy that is evaluated once a statement', async ({ db }) => {
  const { rows } = await db.admin.query<{ name: string; policy: string }>(
    `select t.name, pg_get_expr(p.polqual, p.polrelid) as policy from (${tenantTables}) t join pg_policy p on p.polrelid = t.oid
      where 'app'::regrole = any(p.polroles)`,
  );
  assert.ok(rows.length >= readModels.filter(isKept).length);
  for (const { name, policy } of rows) {
    assert.match(policy, /^\(organization_id = \( SELECT \(?NULLIF\(current_setting\('app\.org'/, name);
  }
});

test('roles that serve own nothing, bypass nothing, and the serving role writes no row', async ({ db }) => {
  const owned = await db.admin.query(
    `select c.oid::regclass from pg_class c where c.relowner in ('app'::regrole, 'projector'::regrole, 'auth'::regrole, 'appender'::regrole)`,
  );
  assert.is(owned.rowCount, 0);
  const powers = await db.admin.query(
    `select rolname from pg_roles where rolname in ('app', 'projector', 'auth', 'appender') and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb)`,
  );
  assert.is(powers.rowCount, 0);
  const writes = await db.admin.query(
    `select t.name from (${tenantTables}) t where t.name like 'read_v%'
        and (has_table_privilege('app', t.oid, 'insert') or has_table_privilege('app', t.oid, 'update') or has_table_privilege('app', t.oid, 'delete'))`,
  );
  assert.is(writes.rowCount, 0);
});

test('unique keys name the organization first, so that none tells of another', async ({ db }) => {
  const { rows } = await db.admin.query<{ name: string; first: string }>(
    `select i.indexrelid::regclass::text as name, a.attname as first from pg_index i
       join (${tenantTables}) t on t.oid = i.indrelid join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
      where i.indisunique and t.name like 'read_v%'`,
  );
  assert.ok(rows.length >= readModels.filter(isKept).length);
  for (const { name, first } of rows) assert.is(first, 'organization_id', name);
});

test('the serving role reads its organization and no other, in every read model and in search', async ({ db, source, table }) => {
  const [one, other] = source.companies;
  if (!one || !other) throw new Error('two companies are needed');
  const unset = await db.connections.app.query(`select count(*)::int as count from ${table('board')}`);
  assert.is(unset.rows[0].count, 0);
  for (const { name } of readModels) {
    const seen = await db.connections.asOrganization(one.id, (client) =>
      client.query(`select distinct organization_id from ${table(name)}`),
    );
    for (const row of seen.rows) assert.is(row.organization_id, one.id, name);
  }
  const found = await db.admin.query<{ wire: string }>(
    `select wire from ${table('lead')} where organization_id = $1 and deleted_at is null limit 1`,
    [other.id],
  );
  const lead = JSON.parse(found.rows[0]?.wire ?? '{}') as { id: string; email: string };
  const look = (organizationId: string) =>
    db.connections.asOrganization(organizationId, (client) =>
      client.query<{ id: string }>(`select id from ${table('search').replace(/search$/, 'find_leads')}($1) as id`, [
        foldForSearch(lead.email),
      ]),
    );
  assert.equal((await look(other.id)).rows, [{ id: lead.id }]);
  assert.equal((await look(one.id)).rows, []);
});

test('entities see the organization of their transaction and no other, whatever they ask for', async ({ db, source, tables }) => {
  const [one, other] = source.companies;
  if (!one || !other) throw new Error('two companies are needed');
  for (const entity of readEntities) {
    const { tableName } = entity.meta;
    const schema = tables.schemas.get(tableName) ?? '';
    const kept = await db.admin.query<{ organization_id: string; count: number }>(
      `select organization_id, count(*)::int as count from "${schema}".${tableName} group by organization_id`,
    );
    const countOf = (id: string) => kept.rows.find((row) => row.organization_id === id)?.count ?? 0;
    // No condition at all, and one on the neighbour: what keeps them apart is the database.
    const all = await db.connections.reading(one.id, (em) => em.find(entity as EntityName<Tenant>, {}, { schema }));
    assert.is(all.length, countOf(one.id), tableName);
    for (const row of all) assert.is(row.organizationId, one.id, tableName);
    const asked = (from: string) =>
      db.connections.reading(from, (em) => em.count(entity as EntityName<Tenant>, { organizationId: other.id }, { schema }));
    assert.is(await asked(one.id), 0, tableName);
    assert.is(await asked(other.id), countOf(other.id), tableName);
  }
  const lead = await db.admin.query(`select 1 from "${tables.schemas.get('lead')}".lead where organization_id = $1`, [other.id]);
  assert.ok(lead.rowCount, 'there was something to hide');
});

test('search takes what people type as it is, tags any or all, and no pattern', async ({ db, source, table }) => {
  const company = source.companies[0];
  if (!company) throw new Error('a company is needed');
  const find = (text: string | null, any: string[] | null = null, all: string[] | null = null) =>
    db.connections.asOrganization(company.id, async (client) => {
      const found = await client.query<{ id: string }>(
        `select id from ${table('search').replace(/search$/, 'find_leads')}($1, $2, $3) as id`,
        [text, any, all],
      );
      return found.rows.map(({ id }) => id).sort();
    });
  const cards = await db.admin.query<{ key: string; wire: string }>(`select key, wire from ${table('board')} where organization_id = $1`, [
    company.id,
  ]);
  const rows = cards.rows.map(({ wire }) => JSON.parse(wire) as { id: string; name: string; tags: string[] });
  const named = (part: string) =>
    rows
      .filter(({ name }) => foldForSearch(name).includes(part))
      .map(({ id }) => id)
      .sort();
  assert.ok(named('zoe').length > 0);
  assert.equal(await find(foldForSearch('ZOË')), named('zoe'));
  assert.equal(await find(foldForSearch('الهاشمى')), named(foldForSearch('الهاشمي')));
  assert.equal(await find('%'), []);
  assert.equal(await find('_'), []);
  const wearing = (test: (tags: string[]) => boolean) =>
    rows
      .filter(({ tags }) => test(tags))
      .map(({ id }) => id)
      .sort();
  assert.equal(
    await find(null, ['vip', 'cash']),
    wearing((tags) => tags.includes('vip') || tags.includes('cash')),
  );
  assert.equal(
    await find(null, null, ['vip', 'cash']),
    wearing((tags) => tags.includes('vip') && tags.includes('cash')),
  );
});

test.run();
