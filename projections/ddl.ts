import { createHash } from 'node:crypto';
import type { Kept, Projection } from './projection.ts';

/** The statements that make one table of a generation. `{schema}` stands for the generation's schema. */
export interface TableDdl {
  /** Table, row-level security, policies, grants. */
  table: string[];
  /** Indexes and functions: after loading when a generation is rebuilt. */
  after: string[];
}

/** The organization of the transaction, in the form that PostgreSQL evaluates once per statement. */
const tenantSetting = "(select nullif(current_setting('app.org', true), '')::uuid)";
const tenantPolicy = `organization_id = ${tenantSetting}`;

function columnsOf(projection: Kept): string[] {
  const own = projection.columns.map((column) => {
    const identity = projection.kind === 'appended' && projection.identity.includes(column.name);
    return `${column.name} ${column.type}${identity ? ' not null' : ''}`;
  });
  if (projection.kind === 'appended')
    return ['organization_id uuid not null', ...own, `primary key (organization_id, ${projection.identity.join(', ')})`];
  return [
    'organization_id uuid not null',
    'key text not null',
    'position bigint not null',
    'version integer not null',
    'scope text',
    'status text',
    'wire text not null',
    'state text',
    ...own,
    'primary key (organization_id, key)',
  ];
}

/**
 * DDL of one projection's table: the same function makes the first generation and every rebuilt one, so none lacks its policies.
 * Rows of a few kilobytes stay in the table uncompressed: packing each at every change would cost more than the space.
 */
export function ddlOf(projection: Projection): TableDdl {
  const table = `{schema}.${projection.name}`;
  if (projection.kind === 'facet') {
    const view = `create view ${table} with (security_invoker = true) as ${projection.select}`;
    return { table: [view, `grant select on ${table} to app, projector`], after: [] };
  }
  const fill = projection.kind === 'keyed' ? ' with (fillfactor = 80, toast_tuple_target = 8160)' : '';
  return {
    table: [
      `create table ${table} (${columnsOf(projection).join(', ')})${fill}`,
      `alter table ${table} enable row level security`,
      `alter table ${table} force row level security`,
      `create policy tenant on ${table} for select to app using (${tenantPolicy})`,
      `create policy projector on ${table} to projector using (true) with check (true)`,
      `create policy definer on ${table} for select to current_user using (true)`,
      `grant select on ${table} to app`,
      `grant select, insert, update, delete on ${table} to projector`,
      ...(projection.forSignIn
        ? [`create policy sign_in on ${table} for select to auth using (true)`, `grant select on ${table} to auth`]
        : []),
    ],
    after: [...projection.indexes.map((index) => `create index on ${table} ${index}`), ...(projection.extra ?? [])],
  };
}

/** One digest of everything that decides how rows look. Code with another digest keeps other tables, so two versions coexist. */
export function fingerprintOf(projections: readonly Projection[]): string {
  const parts = projections.map((projection) => [projection.name, projection.version, ddlOf(projection)]);
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
