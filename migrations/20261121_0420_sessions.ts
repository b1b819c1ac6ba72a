import { Migration } from '@mikro-orm/migrations';

/**
 * Credentials, sessions and their tokens: plain tables, never events. Only role `auth` reads or writes them. Tokens are
 * kept as SHA-256 of 256 random bits, so a copy of the tables opens nothing.
 */
export class Sessions extends Migration {
  override up(): void {
    this.addSql(`create table credentials (
      user_id uuid primary key,
      email text collate "C" not null unique,
      password_hash text not null,
      changed_at timestamptz not null default clock_timestamp()
    )`);
    // One session acts for one organization; a person has one per device and organization.
    this.addSql(`create table sessions (
      id uuid primary key,
      user_id uuid not null references credentials (user_id) on delete cascade,
      organization_id uuid not null,
      agent_id uuid not null,
      created_at timestamptz not null,
      used_at timestamptz not null,
      expires_at timestamptz not null,
      ended_at timestamptz,
      ended_reason text,
      ip text,
      user_agent text,
      check ((ended_at is null) = (ended_reason is null))
    ) with (fillfactor = 80)`);
    this.addSql('create index sessions_of_user on sessions (user_id, organization_id)');
    this.addSql('create index sessions_ended on sessions (ended_at) where ended_at is not null');
    this.addSql(`create table access_tokens (
      hash bytea primary key,
      session_id uuid not null references sessions (id) on delete cascade,
      expires_at timestamptz not null
    )`);
    this.addSql('create index access_tokens_of_session on access_tokens (session_id)');
    this.addSql(`create table refresh_tokens (
      hash bytea primary key,
      session_id uuid not null references sessions (id) on delete cascade,
      created_at timestamptz not null,
      used_at timestamptz
    )`);
    this.addSql('create index refresh_tokens_of_session on refresh_tokens (session_id)');
    for (const table of ['credentials', 'sessions', 'access_tokens', 'refresh_tokens']) {
      this.addSql(`alter table ${table} enable row level security`);
      this.addSql(`alter table ${table} force row level security`);
      this.addSql(`create policy sign_in on ${table} to auth using (true) with check (true)`);
      this.addSql(`grant select, insert, update, delete on ${table} to auth`);
    }
  }

  override down(): void {
    for (const table of ['refresh_tokens', 'access_tokens', 'sessions', 'credentials']) this.addSql(`drop table ${table}`);
  }
}
