import { Migration } from '@mikro-orm/migrations';

/**
 * What the projector keeps beside the rows: versions of the read models and their DDL, generations (which schema holds
 * which table), checkpoints with the leader's lease, the changes of the last day, and parked streams.
 *
 * The tables of the read models are made by `new_read_generation`, which runs stored DDL with the rights of its owner:
 * the projector can rebuild while serving and still owns nothing.
 */
export class ReadModelBookkeeping extends Migration {
  override up(): void {
    this.addSql('create extension if not exists pg_trgm');
    this.addSql('create extension if not exists btree_gin');

    this.addSql(`create table read_versions (
      version integer primary key,
      fingerprint text not null unique,
      ddl jsonb not null,
      created_at timestamptz not null default clock_timestamp()
    )`);
    this.addSql(`create table generations (
      version integer not null references read_versions (version),
      projection text not null,
      generation integer not null,
      schema text not null,
      status text not null check (status in ('building', 'live', 'retired')),
      position bigint not null default 0,
      created_at timestamptz not null default clock_timestamp(),
      retired_at timestamptz,
      primary key (version, projection, generation)
    )`);
    this.addSql("create unique index one_live_generation on generations (version, projection) where status = 'live'");
    this.addSql(`create table checkpoints (
      version integer primary key references read_versions (version),
      position bigint not null default 0,
      epoch bigint not null default 0,
      stamp bigint not null default 0,
      changed_from bigint not null default 0,
      leader text,
      leader_pid integer,
      lease_until timestamptz not null default '-infinity'
    ) with (fillfactor = 10)`);

    this.addSql(`create table changed (
      version integer not null,
      position bigint not null,
      view text not null,
      organization_id uuid not null,
      key text not null,
      row_version integer not null,
      status text,
      audience_before text,
      audience_after text,
      by text not null,
      at timestamptz not null,
      sent jsonb,
      -- many rows in one line: an equals sign, or a plus sign for new, then the key, which begins with the scope
      keys text[],
      primary key (organization_id, version, view, position, key)
    )`);
    // Changes lie in the order of their positions, so summaries of pages find them and cost nothing to keep.
    this.addSql('create index changed_in_order on changed using brin (position) with (pages_per_range = 16, autosummarize = on)');
    this.addSql('create index changed_by_age on changed using brin (at)');

    this.addSql(`create table parked (
      version integer not null,
      projection text not null,
      organization_id uuid not null,
      stream_type text not null,
      stream_id text not null,
      position bigint not null,
      event_type text not null,
      error text not null,
      parked_at timestamptz not null default clock_timestamp(),
      primary key (organization_id, version, projection, stream_type, stream_id)
    )`);

    for (const table of ['changed', 'parked']) {
      this.addSql(`alter table ${table} enable row level security`);
      this.addSql(`alter table ${table} force row level security`);
      this.addSql(
        `create policy tenant on ${table} for select to app using (organization_id = (select nullif(current_setting('app.org', true), '')::uuid))`,
      );
      this.addSql(`create policy projector on ${table} to projector using (true) with check (true)`);
      this.addSql(`grant select, insert, update, delete on ${table} to projector`);
      this.addSql(`grant select on ${table} to app`);
    }
    for (const table of ['read_versions', 'generations', 'checkpoints']) this.addSql(`grant select on ${table} to app, auth, projector`);
    this.addSql('grant insert, update on checkpoints to projector');
    this.addSql('grant update on generations to projector');

    this.addSql(`create function new_read_generation(wanted integer, names text[]) returns text
      language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
      declare
        number integer;
        schema_name text;
        name text;
        statement text;
      begin
        perform pg_advisory_xact_lock(4243);
        select coalesce(max(generation), 0) + 1 into number from generations where version = wanted;
        schema_name := format('read_v%s_g%s', wanted, number);
        execute format('create schema %I', schema_name);
        execute format('grant usage on schema %I to app, auth, projector', schema_name);
        foreach name in array names loop
          for statement in select value from read_versions v, jsonb_array_elements_text(v.ddl -> name -> 'table') where v.version = wanted loop
            execute replace(statement, '{schema}', quote_ident(schema_name));
          end loop;
          if not found then raise exception 'no read model % in version %', name, wanted; end if;
          insert into generations (version, projection, generation, schema, status) values (wanted, name, number, schema_name, 'building');
        end loop;
        return schema_name;
      end $$`);
    this.addSql(`create function finish_read_generation(wanted integer, name text, schema_name text) returns void
      language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
      declare
        statement text;
      begin
        perform 1 from generations where version = wanted and projection = name and schema = schema_name and status = 'building';
        if not found then raise exception 'no generation of % is being built in %', name, schema_name; end if;
        for statement in select value from read_versions v, jsonb_array_elements_text(v.ddl -> name -> 'after') where v.version = wanted loop
          execute replace(statement, '{schema}', quote_ident(schema_name));
        end loop;
        if (select relkind from pg_class where oid = to_regclass(format('%I.%I', schema_name, name))) = 'r' then
          execute format('analyze %I.%I', schema_name, name);
        end if;
      end $$`);
    this.addSql(`create function drop_read_table(wanted integer, name text, schema_name text) returns void
      language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
      begin
        delete from generations where version = wanted and projection = name and schema = schema_name and status <> 'live';
        if not found then raise exception '%.% is live or unknown', schema_name, name; end if;
        -- what looks at a table goes with it
        if (select relkind from pg_class where oid = to_regclass(format('%I.%I', schema_name, name))) = 'v' then
          execute format('drop view %I.%I', schema_name, name);
        else
          execute format('drop table if exists %I.%I cascade', schema_name, name);
        end if;
        perform 1 from generations where schema = schema_name;
        if not found then execute format('drop schema %I cascade', schema_name); end if;
      end $$`);
    for (const signature of [
      'new_read_generation(integer, text[])',
      'finish_read_generation(integer, text, text)',
      'drop_read_table(integer, text, text)',
    ]) {
      this.addSql(`revoke execute on function ${signature} from public`);
      this.addSql(`grant execute on function ${signature} to projector`);
    }
  }

  override down(): void {
    this.addSql(`do $$ declare schema_name text; begin
      for schema_name in select distinct schema from generations loop execute format('drop schema %I cascade', schema_name); end loop;
    end $$`);
    this.addSql('drop function new_read_generation(integer, text[])');
    this.addSql('drop function finish_read_generation(integer, text, text)');
    this.addSql('drop function drop_read_table(integer, text, text)');
    for (const table of ['parked', 'changed', 'checkpoints', 'generations', 'read_versions']) this.addSql(`drop table ${table}`);
  }
}
