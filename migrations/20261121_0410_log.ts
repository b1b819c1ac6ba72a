import { Migration } from '@mikro-orm/migrations';

/**
 * The log: streams, events, the answers of commands, guards, and the keys of persons.
 *
 * Everything is written by `append` (or `append_one`, the same rules for a batch of one) under one advisory lock held
 * until its commit, so positions become visible in order and without holes. Refusals are verdicts, not exceptions:
 * a bad item never fails its neighbours.
 *
 * The head is read from the end of the events' primary key rather than kept in a row: a row updated by every batch
 * grows a chain of dead versions that any long snapshot keeps alive, and each append would walk it.
 */
export class Log extends Migration {
  override up(): void {
    for (const statement of [tables, grants, policies, append, appendOne, functionGrants]) this.addSql(statement);
  }

  override down(): void {
    this.addSql(`
      drop function append_one; drop function append;
      drop view head;
      drop table guard_counts, guards, commands, events, streams, person_keys, organization_keys;
    `);
  }
}

const tables = `
create table streams (
  organization_id uuid not null,
  type text collate "C" not null,
  stream_id uuid not null,
  version int not null,
  primary key (organization_id, type, stream_id)
) with (fillfactor = 80);

create table events (
  position bigint primary key,
  organization_id uuid not null,
  stream_type text collate "C" not null,
  stream_id uuid not null,
  version int not null,
  type text collate "C" not null,
  schema smallint not null,
  data jsonb not null,
  meta jsonb not null,
  -- the personal members of data, sealed under the person's key; null when there are none
  personal bytea,
  recorded_at timestamptz not null,
  unique (organization_id, stream_type, stream_id, version)
);

create view head with (security_invoker = true) as
  select coalesce(max(position), 0) as position, coalesce(max(recorded_at), '-infinity') as recorded_at
  from (select e.position, e.recorded_at from events e order by e.position desc limit 1) newest;

-- Accepted commands and their answers, for 30 days.
create table commands (
  organization_id uuid not null,
  actor text collate "C" not null,
  key uuid not null,
  hash bytea,
  stream_id uuid not null,
  version int not null,
  position bigint not null,
  answer jsonb,
  at timestamptz not null,
  primary key (organization_id, actor, key)
);
-- Costs next to nothing to keep, and the cleanup needs no more.
create index commands_at on commands using brin (at) with (pages_per_range = 32, autosummarize = on);

create table guards (
  organization_id uuid not null,
  scope text collate "C" not null,
  key text collate "C" not null,
  holder_type text collate "C" not null,
  holder uuid not null,
  at timestamptz not null,
  primary key (organization_id, scope, key, holder_type, holder)
);

create table guard_counts (
  organization_id uuid not null,
  scope text collate "C" not null,
  key text collate "C" not null,
  count bigint not null,
  primary key (organization_id, scope, key)
) with (fillfactor = 80);

create table organization_keys (
  organization_id uuid not null,
  version smallint not null,
  wrapped bytea not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (organization_id, version)
);

-- A person whose key was destroyed keeps the row without the key, so that no new one is made by mistake.
create table person_keys (
  organization_id uuid not null,
  person_id uuid not null,
  version smallint not null,
  wrapped bytea,
  created_at timestamptz not null default clock_timestamp(),
  erased_at timestamptz,
  primary key (organization_id, person_id),
  check ((wrapped is null) = (erased_at is not null))
);
`;

const grants = `
grant select, insert on events to appender;
grant select on head to appender, projector;
grant select, insert, update on streams, guard_counts, person_keys to appender;
grant select, insert, delete on commands to appender;
grant select, insert, update, delete on guards to appender;
grant select, insert on organization_keys to appender;
grant select on events, streams, person_keys, organization_keys to projector;
grant select on events, streams to app;
`;

const tenantTables = ['streams', 'events', 'commands', 'guards', 'guard_counts', 'organization_keys', 'person_keys'];
const policies = [
  ...tenantTables.flatMap((table) => [
    `alter table ${table} enable row level security;`,
    `alter table ${table} force row level security;`,
    `create policy ${table}_appender on ${table} to appender using (true) with check (true);`,
  ]),
  ...['events', 'streams', 'person_keys', 'organization_keys'].map(
    (table) => `create policy ${table}_projector on ${table} for select to projector using (true);`,
  ),
  ...['events', 'streams'].map(
    (table) =>
      `create policy ${table}_tenant on ${table} for select to app using (organization_id = (select nullif(current_setting('app.org', true), '')::uuid));`,
  ),
].join('\n');

/**
 * Arrays of items (one item is one command), the streams each item appends to (the item's own stream first), events,
 * person keys and guards. Verdicts, one letter an item: o accepted, d the command is known (its answer in details),
 * x another version (details carry it), g a guard refused, r send again (key changed, or twice in one batch).
 */
const append = `
create function append(
  p_org uuid[], p_actor text[], p_command uuid[], p_hash bytea[], p_answer jsonb[], p_at timestamptz[],
  p_id uuid[], p_main int[], p_events int[],
  s_item int[], s_org uuid[], s_type text[], s_id uuid[], s_expected int[], s_events int[],
  e_item int[], e_stream int[], e_nth int[], e_org uuid[], e_stream_type text[], e_stream_id uuid[],
  e_type text[], e_schema int[], e_data jsonb[], e_meta jsonb[], e_personal bytea[],
  k_item int[], k_org uuid[], k_person uuid[], k_version int[], k_wrapped bytea[],
  g_item int[], g_org uuid[], g_type text[], g_id uuid[],
  g_kind "char"[], g_scope text[], g_key text[], g_at timestamptz[], g_seconds float8[], g_by bigint[], g_limit bigint[],
  out base bigint, out recorded timestamptz, out verdicts text, out details jsonb
) language plpgsql set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan as $$
declare
  n int := cardinality(p_org);
  verdict "char"[] := array_fill('o'::"char", array[n]);
  expected int[] := s_expected;
  refused boolean := false;
  instants timestamptz[]; latest timestamptz;
  r record; note jsonb; g int := 1; upto int; total bigint;
begin
  perform pg_advisory_xact_lock(4242);
  select h.position, h.recorded_at, greatest(h.recorded_at, clock_timestamp()) into base, latest, recorded from head h;
  details := '[]';

  if p_command is not null then
    for r in
      select u.i, c.hash, c.stream_id, c.version, c.position, c.answer, c.key is null as twice
      from (select w.*, row_number() over (partition by w.org, w.actor, w.command order by w.i) as turn
            from unnest(p_org, p_actor, p_command) with ordinality w(org, actor, command, i)) u
      left join commands c on c.organization_id = u.org and c.actor = u.actor and c.key = u.command
      where c.key is not null or u.turn > 1
    loop
      refused := true;
      if r.twice then
        verdict[r.i] := 'r';
      else
        verdict[r.i] := 'd';
        details := details || jsonb_build_object('i', r.i - 1, 'hash', encode(r.hash, 'hex'), 'id', r.stream_id, 'version', r.version, 'position', r.position, 'answer', r.answer);
      end if;
    end loop;
  end if;

  for r in
    select u.i, u.item, coalesce(s.version, 0) as version, u.turn, u.expected
    from (select w.*, row_number() over (partition by w.org, w.type, w.id order by w.i) as turn
          from unnest(s_item, s_org, s_type, s_id, s_expected) with ordinality w(item, org, type, id, expected, i)) u
    left join streams s on s.organization_id = u.org and s.type = u.type and s.stream_id = u.id
    where u.turn > 1 or u.expected is distinct from coalesce(s.version, 0)
    order by u.i
  loop
    expected[r.i] := r.version;
    if r.turn > 1 then
      refused := true;
      if verdict[r.item] in ('o', 'x') then verdict[r.item] := 'r'; end if;
    elsif r.expected is not null and verdict[r.item] = 'o' then
      refused := true;
      verdict[r.item] := 'x';
      details := details || jsonb_build_object('i', r.item - 1, 'version', r.version);
    end if;
  end loop;

  if cardinality(k_item) > 0 then
    for r in
      select u.item from unnest(k_item, k_org, k_person, k_version, k_wrapped) u(item, org, person, version, wrapped)
      left join person_keys p on p.organization_id = u.org and p.person_id = u.person
      where case when u.wrapped is null then p.wrapped is null or p.version <> u.version else p.person_id is not null end
    loop
      refused := true;
      if verdict[r.item] = 'o' then verdict[r.item] := 'r'; end if;
    end loop;
  end if;

  if cardinality(g_item) > 0 and hold_guards_at_once(g_item, g_org, g_type, g_id, g_kind, g_scope, g_key, g_at, g_by, g_limit, verdict) then
    g := cardinality(g_item) + 1;
  end if;
  while g <= cardinality(g_item) loop
    upto := g;
    while upto < cardinality(g_item) and g_item[upto + 1] = g_item[g] loop upto := upto + 1; end loop;
    if verdict[g_item[g]] = 'o' then
      note := guards_refusal(g_org[g], g_type[g], g_id[g], g_kind[g:upto], g_scope[g:upto], g_key[g:upto], g_at[g:upto], g_seconds[g:upto], g_by[g:upto], g_limit[g:upto]);
      if note is null then
        perform hold_guards(g_org[g], g_type[g], g_id[g], g_kind[g:upto], g_scope[g:upto], g_key[g:upto], g_at[g:upto], g_by[g:upto]);
      else
        refused := true;
        verdict[g_item[g]] := 'g';
        details := details || (note || jsonb_build_object('i', g_item[g] - 1));
      end if;
    end if;
    g := upto + 1;
  end loop;

  if not refused or 'o'::"char" = any (verdict) then
    if p_at is not null then
      for i in 1 .. n loop
        latest := greatest(latest, least(coalesce(p_at[i], recorded), recorded));
        instants[i] := latest;
      end loop;
    end if;
    if cardinality(k_item) > 0 then
      insert into person_keys (organization_id, person_id, version, wrapped)
        select u.org, u.person, u.version, u.wrapped from unnest(k_item, k_org, k_person, k_version, k_wrapped) u(item, org, person, version, wrapped)
        where u.wrapped is not null and verdict[u.item] = 'o';
    end if;
    insert into streams (organization_id, type, stream_id, version)
      select u.org, u.type, u.id, u.events from unnest(s_item, s_org, s_type, s_id, s_events) with ordinality u(item, org, type, id, events, i)
      where u.events > 0 and expected[u.i] = 0 and verdict[u.item] = 'o';
    update streams s set version = expected[u.i] + u.events
      from unnest(s_item, s_org, s_type, s_id, s_events) with ordinality u(item, org, type, id, events, i)
      where u.events > 0 and expected[u.i] > 0 and verdict[u.item] = 'o' and s.organization_id = u.org and s.type = u.type and s.stream_id = u.id;
    insert into events (position, organization_id, stream_type, stream_id, version, type, schema, data, meta, personal, recorded_at)
      select base + row_number() over (order by u.i), u.org, u.stream_type, u.stream_id, expected[u.stream] + u.nth, u.type, u.schema, u.data, u.meta, u.personal, coalesce(instants[u.item], recorded)
      from unnest(e_item, e_stream, e_nth, e_org, e_stream_type, e_stream_id, e_type, e_schema, e_data, e_meta, e_personal)
        with ordinality u(item, stream, nth, org, stream_type, stream_id, type, schema, data, meta, personal, i)
      where verdict[u.item] = 'o';
    get diagnostics total = row_count;
    if p_command is not null then
      insert into commands (organization_id, actor, key, hash, stream_id, version, position, answer, at)
        select u.org, u.actor, u.command, u.hash, u.id, expected[u.main] + s_events[u.main], base + sum(u.events) over (order by u.i), u.answer, recorded
        from unnest(p_org, p_actor, p_command, p_hash, p_answer, p_id, p_main, p_events) with ordinality u(org, actor, command, hash, answer, id, main, events, i)
        where verdict[u.i] = 'o';
    end if;
    perform pg_notify('log', (base + total)::text);
  end if;
  verdicts := array_to_string(verdict, '');
end $$;
`;

/** The same rules for one item with one stream, without arrays of items: what a quiet system runs. */
const appendOne = `
create function append_one(
  p_org uuid, p_actor text, p_command uuid, p_hash bytea, p_answer jsonb,
  s_type text, s_id uuid, s_expected int,
  e_type text[], e_schema int[], e_data jsonb[], e_meta jsonb, e_personal bytea[],
  k_person uuid, k_version int, k_wrapped bytea,
  g_kind "char"[], g_scope text[], g_key text[], g_at timestamptz[], g_seconds float8[], g_by bigint[], g_limit bigint[],
  out base bigint, out recorded timestamptz, out verdicts text, out details jsonb
) language plpgsql set enable_seqscan = off as $$
declare
  n int := cardinality(e_type);
  present int; known commands; note jsonb;
begin
  perform pg_advisory_xact_lock(4242);
  select e.position, greatest(e.recorded_at, clock_timestamp()) into base, recorded from events e order by e.position desc limit 1;
  base := coalesce(base, 0);
  recorded := coalesce(recorded, clock_timestamp());

  select * into known from commands c where c.organization_id = p_org and c.actor = p_actor and c.key = p_command;
  if found then
    verdicts := 'd';
    details := jsonb_build_array(jsonb_build_object('i', 0, 'hash', encode(known.hash, 'hex'), 'id', known.stream_id, 'version', known.version, 'position', known.position, 'answer', known.answer));
    return;
  end if;
  select s.version into present from streams s where s.organization_id = p_org and s.type = s_type and s.stream_id = s_id;
  present := coalesce(present, 0);
  if s_expected <> present then
    verdicts := 'x';
    details := jsonb_build_array(jsonb_build_object('i', 0, 'version', present));
    return;
  end if;
  if k_person is not null then
    perform from person_keys p where p.organization_id = p_org and p.person_id = k_person
      and (k_wrapped is not null or (p.wrapped is not null and p.version = k_version));
    if found = (k_wrapped is not null) then
      verdicts := 'r';
      return;
    end if;
  end if;
  if cardinality(g_kind) > 0 then
    note := guards_refusal(p_org, s_type, s_id, g_kind, g_scope, g_key, g_at, g_seconds, g_by, g_limit);
    if note is not null then
      verdicts := 'g';
      details := jsonb_build_array(note || jsonb_build_object('i', 0));
      return;
    end if;
    perform hold_guards(p_org, s_type, s_id, g_kind, g_scope, g_key, g_at, g_by);
  end if;

  verdicts := 'o';
  if k_wrapped is not null then
    insert into person_keys (organization_id, person_id, version, wrapped) values (p_org, k_person, k_version, k_wrapped);
  end if;
  if present = 0 and n > 0 then
    insert into streams (organization_id, type, stream_id, version) values (p_org, s_type, s_id, n);
  elsif n > 0 then
    update streams s set version = present + n where s.organization_id = p_org and s.type = s_type and s.stream_id = s_id;
  end if;
  for i in 1 .. n loop
    insert into events (position, organization_id, stream_type, stream_id, version, type, schema, data, meta, personal, recorded_at)
      values (base + i, p_org, s_type, s_id, present + i, e_type[i], e_schema[i], e_data[i], e_meta, e_personal[i], recorded);
  end loop;
  insert into commands (organization_id, actor, key, hash, stream_id, version, position, answer, at)
    values (p_org, p_actor, p_command, p_hash, s_id, present + n, base + n, p_answer, recorded);
  perform pg_notify('log', (base + n)::text);
end $$;
`;

const functionGrants = `
revoke execute on function append, append_one from public;
grant execute on function append, append_one to appender;
`;
