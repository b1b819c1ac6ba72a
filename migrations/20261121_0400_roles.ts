import { Migration } from '@mikro-orm/migrations';

/**
 * The roles that serve. They log in, own nothing, inherit nothing and never bypass row-level security; each later
 * migration grants them what they need. Roles belong to the whole cluster, so they may be there already. Passwords are
 * no part of a migration: `migrate` sets them from the master key.
 */
const roles = {
  app: 'serves queries under the tenant policy',
  appender: 'appends to the log',
  projector: 'keeps the read models',
  auth: 'keeps credentials and sessions',
};

export class Roles extends Migration {
  override up(): void {
    for (const [role, purpose] of Object.entries(roles)) {
      this.addSql(`do $$ begin
        create role ${role} login noinherit nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
      exception when duplicate_object or unique_violation then null; end $$`);
      this.addSql(`comment on role ${role} is 'Leadfloor: ${purpose}'`);
      // An abandoned transaction holds back vacuum and locks for everybody.
      this.addSql(`alter role ${role} set idle_in_transaction_session_timeout = '60s'`);
    }
    this.addSql(`alter role app set statement_timeout = '30s'`);
    this.addSql(`do $$ begin
      execute format('revoke all on database %I from public', current_database());
      execute format('grant connect on database %I to app, appender, projector, auth', current_database());
    end $$`);
    this.addSql('revoke all on schema public from public');
    this.addSql('grant usage on schema public to app, appender, projector, auth');
    this.addSql('alter default privileges revoke execute on functions from public');
    this.addSql('create extension if not exists pg_trgm');
    // Tells a wrong master key before anything is read or written with it.
    this.addSql(`create table installation (
      one boolean primary key default true check (one),
      key_check text not null,
      demo text check (demo in ('making', 'made')),
      made_at timestamptz not null default now()
    )`);
    this.addSql('grant select on installation to app');
  }

  override down(): void {
    this.addSql('drop table installation');
    this.addSql('drop extension if exists pg_trgm');
    this.addSql('alter default privileges grant execute on functions to public');
    for (const role of Object.keys(roles)) {
      this.addSql(`do $$ begin
        execute format('revoke all on database %I from ${role}', current_database());
        revoke all on schema public from ${role};
        drop role ${role};
      exception when dependent_objects_still_exist then null; end $$`);
    }
    this.addSql('grant usage on schema public to public');
    this.addSql(`do $$ begin execute format('grant connect, temporary on database %I to public', current_database()); end $$`);
  }
}
