import type { Pool } from 'pg';

/**
 * The schema of a database as text, always in the same order: what `migrations/schema.sql` keeps, so that a migration's
 * effect – on tables, rights and policies – shows in its diff. Read from the catalogue, as PostgreSQL understood it.
 */
export async function dumpSchema(database: Pool): Promise<string> {
  const sections: string[] = [];
  for (const [title, query] of queries) {
    const { rows } = await database.query<{ line: string }>(query);
    sections.push(`-- ${title}\n${rows.map(({ line }) => line.trim()).join('\n')}`);
  }
  return `${sections.join('\n\n')}\n`;
}

/** Our schemas; `read_v…` hold the read models. */
const ours = `n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`;
/** What an extension brought is its own affair. */
const ownRelation = `not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')`;
const ownFunction = `not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')`;
/** Rights as `role=letters`, sorted; the owner's own are left out. */
const rights = (acl: string, owner: string) =>
  `(select string_agg(r.text, ' ' order by r.text) from (
      select coalesce(nullif(a.grantee, 0)::regrole::text, 'public') || ':' || string_agg(lower(a.privilege_type), ',' order by a.privilege_type) as text
      from aclexplode(${acl}) a where a.grantee <> ${owner} group by a.grantee) r)`;

const queries: [title: string, query: string][] = [
  [
    'Roles',
    `select format('role %s%s%s%s%s%s%s', rolname,
       case when rolcanlogin then ' login' else ' nologin' end, case when rolsuper then ' SUPERUSER' else '' end,
       case when rolbypassrls then ' BYPASSRLS' else '' end, case when rolcreaterole then ' createrole' else '' end,
       case when rolinherit then ' inherit' else ' noinherit' end, coalesce(' ' || array_to_string(rolconfig, ' '), '')) as line
     from pg_roles where rolname !~ '^pg_' and rolname <> 'postgres' order by rolname`,
  ],
  ['Extensions', `select 'extension ' || extname as line from pg_extension where extname <> 'plpgsql' order by extname`],
  [
    'Schemas',
    `select format('schema %s -- %s', n.nspname, coalesce(${rights('n.nspacl', 'n.nspowner')}, 'no rights')) as line
     from pg_namespace n where ${ours} order by n.nspname`,
  ],
  [
    'Tables, their columns, constraints, row-level security and rights',
    `select format(E'\\ntable %s.%s%s -- owner %s%s\\n%s%s\\n  -- %s', n.nspname, c.relname,
       coalesce(' with (' || array_to_string(c.reloptions, ', ') || ')', ''), c.relowner::regrole,
       case when c.relrowsecurity and c.relforcerowsecurity then ', row-level security forced' when c.relrowsecurity then ', row-level security NOT FORCED' else '' end,
       (select string_agg(format('  %s %s%s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
          case when a.attcollation <> 0 and a.attcollation <> t.typcollation then ' collate ' || a.attcollation::regcollation else '' end,
          case when a.attnotnull then ' not null' else '' end,
          coalesce(case when a.attgenerated <> '' then ' generated as ' else ' default ' end || pg_get_expr(ad.adbin, ad.adrelid), '')
            || case when a.attidentity <> '' then ' identity' else '' end), E'\\n' order by a.attnum)
        from pg_attribute a join pg_type t on t.oid = a.atttypid left join pg_attrdef ad on ad.adrelid = a.attrelid and ad.adnum = a.attnum
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
       coalesce((select E'\\n' || string_agg('  ' || pg_get_constraintdef(k.oid), E'\\n' order by k.contype::text, pg_get_constraintdef(k.oid))
        from pg_constraint k where k.conrelid = c.oid and k.contype <> 'n'), ''),
       coalesce(${rights('c.relacl', 'c.relowner')}, 'no rights')) as line
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where ${ours} and c.relkind in ('r', 'p') and ${ownRelation} order by n.nspname, c.relname`,
  ],
  [
    'Indexes beside the constraints',
    `select pg_get_indexdef(i.indexrelid) as line from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
     where ${ours} and not exists (select from pg_constraint k where k.conindid = i.indexrelid) and ${ownRelation} order by 1`,
  ],
  [
    'Policies',
    `select format('policy %s on %s.%s for %s to %s%s%s', policyname, schemaname, tablename, lower(cmd), array_to_string(roles, ', '),
       coalesce(' using (' || qual || ')', ''), coalesce(' with check (' || with_check || ')', '')) as line
     from pg_policies order by schemaname, tablename, policyname`,
  ],
  [
    'Views and sequences',
    `select format('%s %s.%s%s -- %s%s', case c.relkind when 'S' then 'sequence' else 'view' end, n.nspname, c.relname,
       coalesce(' with (' || array_to_string(c.reloptions, ', ') || ')', ''), coalesce(${rights('c.relacl', 'c.relowner')}, 'no rights'),
       case when c.relkind = 'S' then '' else E'\\n' || pg_get_viewdef(c.oid) end) as line
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where ${ours} and c.relkind in ('v', 'm', 'S') and ${ownRelation} order by n.nspname, c.relname`,
  ],
  [
    'Functions',
    `select format(E'%s-- owner %s; %s\\n', pg_get_functiondef(p.oid), p.proowner::regrole,
       coalesce(${rights(`coalesce(p.proacl, acldefault('f', p.proowner))`, 'p.proowner')}, 'no rights')) as line
     from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     where ${ours} and p.prokind in ('f', 'p') and ${ownFunction} order by n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)`,
  ],
  [
    'Triggers',
    `select pg_get_triggerdef(t.oid) as line from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
     where ${ours} and not t.tgisinternal order by 1`,
  ],
];
