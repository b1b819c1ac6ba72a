import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { refuse } from '../http/problem.ts';
import type { Log } from '../log.ts';
import type { Connections } from '../store/connections.ts';
import { hashPassword, passwordMatches } from './passwords.ts';
import { childTokens, hashOf, isToken, newTokens, type TokenPair } from './tokens.ts';

/** An access token lives an hour; a session a month, however often it is refreshed. */
const accessMs = 60 * 60 * 1000;
const sessionMs = 30 * 24 * 60 * 60 * 1000;
/** A refresh token may be shown again this long, as long as nobody used its child: the answer may have been lost, or two tabs asked at once. */
const graceMs = 10_000;
/** Ends that no notification told of are found by looking, this often. */
const lookMs = 500;
const channel = 'sessions_ended';

/** A session as its tokens find it. */
export interface SessionRow {
  sessionId: string;
  userId: string;
  organizationId: string;
  agentId: string;
  /** Of the access token, epoch milliseconds. */
  expiresAt: number;
}

/** What sign-in, refresh and switch hand out. */
export interface Issued {
  session: SessionRow;
  tokens: TokenPair;
  /** When the session itself ends, epoch milliseconds: the refresh token is good until then. */
  refreshableUntil: number;
}

export interface SessionEnd {
  sessionId: string;
  userId: string;
  organizationId: string;
}

export interface SessionLine {
  id: string;
  organizationId: string;
  createdAt: string;
  usedAt: string;
  expiresAt: string;
  ip: string | null;
  userAgent: string | null;
}

/** Where a request came from, for the person's own list of sessions. */
export interface Caller {
  ip: string | null;
  userAgent: string | null;
}

export interface SessionParts {
  connections: Pick<Connections, 'auth' | 'listen'>;
  /** 32 bytes from which child tokens derive. */
  secret: Buffer;
  /** Epoch milliseconds. */
  now: () => number;
  log: Log;
}

interface StoredRefresh {
  session_id: string;
  used_at: Date | null;
  user_id: string;
  organization_id: string;
  agent_id: string;
  expires_at: Date;
  ended_at: Date | null;
}

/**
 * Credentials, sessions, tokens. An ended session is told to listeners of this process at once, to other processes by
 * NOTIFY, and found by looking twice a second in case the notification was lost.
 */
export class Sessions {
  readonly #parts: SessionParts;
  readonly #listeners = new Set<(end: SessionEnd, reason: string) => void>();
  readonly #told = new Map<string, number>();
  #stopListening: (() => Promise<void>) | null = null;
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<void> | null = null;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /** Begins to follow ends that other processes declare. */
  async start(): Promise<void> {
    this.#stopListening = await this.#parts.connections.listen(channel, () => void this.#look());
    this.#timer = setInterval(() => void this.#look(), lookMs);
    this.#timer.unref();
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#stopListening?.();
    await this.#looking;
    this.#listeners.clear();
  }

  /** Sets passwords, many at once; an account that has one gets the new one. E-mail addresses compare in lower case. */
  async setPasswords(accounts: readonly { userId: string; email: string; password: string }[]): Promise<void> {
    const hashes = await Promise.all(accounts.map((account) => hashPassword(account.password)));
    await this.#parts.connections.auth.query(
      `insert into credentials (user_id, email, password_hash)
       select * from unnest($1::uuid[], $2::text[], $3::text[])
       on conflict (user_id) do update set email = excluded.email, password_hash = excluded.password_hash, changed_at = clock_timestamp()`,
      [accounts.map(({ userId }) => userId), accounts.map(({ email }) => normalEmail(email)), hashes],
    );
  }

  /** The user who has this e-mail address and password, or null; takes as long for an address that nobody has. */
  async authenticate(email: string, password: string): Promise<string | null> {
    const found = await this.#parts.connections.auth.query<{ user_id: string; password_hash: string }>(
      'select user_id, password_hash from credentials where email = $1',
      [normalEmail(email)],
    );
    const account = found.rows[0];
    return (await passwordMatches(account?.password_hash ?? null, password)) && account ? account.user_id : null;
  }

  /** Opens a session of a person in one organization. */
  async open(userId: string, organizationId: string, agentId: string, caller: Caller): Promise<Issued> {
    const now = this.#parts.now();
    const session = { sessionId: randomUUID(), userId, organizationId, agentId, expiresAt: now + accessMs };
    const tokens = newTokens();
    await this.#inTransaction(async (client) => {
      await client.query(
        `insert into sessions (id, user_id, organization_id, agent_id, created_at, used_at, expires_at, ip, user_agent)
         values ($1, $2, $3, $4, $5, $5, $6, $7, $8)`,
        [
          session.sessionId,
          userId,
          organizationId,
          agentId,
          new Date(now),
          new Date(now + sessionMs),
          caller.ip,
          caller.userAgent?.slice(0, 300) ?? null,
        ],
      );
      await this.#keep(client, session.sessionId, tokens, now);
    });
    return { session, tokens, refreshableUntil: now + sessionMs };
  }

  /**
   * Exchanges a refresh token for its child, once. Shown again within ten seconds while the child is unused, it gives the
   * same child; later it is taken for stolen and ends the session with all its tokens.
   * @throws Rejection 401 `session.refresh-refused`
   */
  async refresh(token: string): Promise<Issued> {
    const issued = isToken(token) ? await this.#inTransaction((client) => this.#rotate(client, token)) : 'unknown';
    if (typeof issued !== 'string') return issued;
    if (issued !== 'unknown') {
      this.#parts.log.warn({ event: 'authn_token_reuse', sessionId: issued }, 'a refresh token was used twice; its session is ended');
      await this.end(issued, 'token-reuse');
    }
    throw refuse('session.refresh-refused', 'This session cannot be continued. Sign in again.');
  }

  /** The pair, `unknown`, or the id of the session whose spent token was shown again. */
  async #rotate(client: pg.PoolClient, token: string): Promise<Issued | string> {
    const now = this.#parts.now();
    const found = await client.query<StoredRefresh>(
      `select r.session_id, r.used_at, s.user_id, s.organization_id, s.agent_id, s.expires_at, s.ended_at
       from refresh_tokens r join sessions s on s.id = r.session_id where r.hash = $1 for update of r`,
      [hashOf(token)],
    );
    const stored = found.rows[0];
    if (stored === undefined || stored.ended_at !== null || stored.expires_at.getTime() <= now) return 'unknown';
    const tokens = childTokens(this.#parts.secret, token);
    const issued = (accessExpires: number): Issued => ({
      session: {
        sessionId: stored.session_id,
        userId: stored.user_id,
        organizationId: stored.organization_id,
        agentId: stored.agent_id,
        expiresAt: accessExpires,
      },
      tokens,
      refreshableUntil: stored.expires_at.getTime(),
    });
    if (stored.used_at === null) {
      await client.query('update refresh_tokens set used_at = $2 where hash = $1', [hashOf(token), new Date(now)]);
      await client.query('update sessions set used_at = $2 where id = $1', [stored.session_id, new Date(now)]);
      await client.query('delete from access_tokens where session_id = $1 and expires_at <= $2', [stored.session_id, new Date(now)]);
      await this.#keep(client, stored.session_id, tokens, now);
      return issued(now + accessMs);
    }
    const child = await client.query<{ expires_at: Date }>(
      `select a.expires_at from refresh_tokens r join access_tokens a on a.hash = $2 where r.hash = $1 and r.used_at is null`,
      [hashOf(tokens.refresh), hashOf(tokens.access)],
    );
    const unused = child.rows[0];
    return unused !== undefined && now - stored.used_at.getTime() <= graceMs ? issued(unused.expires_at.getTime()) : stored.session_id;
  }

  /** The session of an access token, or null: unknown, expired, ended. */
  async resolve(token: string): Promise<SessionRow | null> {
    if (!isToken(token)) return null;
    const found = await this.#parts.connections.auth.query<{
      id: string;
      user_id: string;
      organization_id: string;
      agent_id: string;
      expires_at: Date;
    }>(
      `select s.id, s.user_id, s.organization_id, s.agent_id, least(a.expires_at, s.expires_at) as expires_at
       from access_tokens a join sessions s on s.id = a.session_id where a.hash = $1 and s.ended_at is null`,
      [hashOf(token)],
    );
    const row = found.rows[0];
    if (row === undefined || row.expires_at.getTime() <= this.#parts.now()) return null;
    return {
      sessionId: row.id,
      userId: row.user_id,
      organizationId: row.organization_id,
      agentId: row.agent_id,
      expiresAt: row.expires_at.getTime(),
    };
  }

  /** A person's running sessions, the latest used first. */
  async list(userId: string): Promise<SessionLine[]> {
    const found = await this.#parts.connections.auth.query<{
      id: string;
      organization_id: string;
      created_at: Date;
      used_at: Date;
      expires_at: Date;
      ip: string | null;
      user_agent: string | null;
    }>(
      `select id, organization_id, created_at, used_at, expires_at, ip, user_agent from sessions
       where user_id = $1 and ended_at is null and expires_at > $2 order by used_at desc, id limit 200`,
      [userId, new Date(this.#parts.now())],
    );
    return found.rows.map((row) => ({
      id: row.id,
      organizationId: row.organization_id,
      createdAt: row.created_at.toISOString(),
      usedAt: row.used_at.toISOString(),
      expiresAt: row.expires_at.toISOString(),
      ip: row.ip,
      userAgent: row.user_agent,
    }));
  }

  /** The organization in which a person was last at work, if any. */
  async lastOrganization(userId: string): Promise<string | null> {
    const found = await this.#parts.connections.auth.query<{ organization_id: string }>(
      'select organization_id from sessions where user_id = $1 order by used_at desc limit 1',
      [userId],
    );
    return found.rows[0]?.organization_id ?? null;
  }

  /** Ends one session; with `userId`, only if it is that person's. Answers whether there was one to end. */
  async end(sessionId: string, reason: string, userId: string | null = null): Promise<boolean> {
    return this.#end('id = $2 and ($3::uuid is null or user_id = $3)', [sessionId, userId], reason);
  }

  /** Ends all sessions of a member in one organization. */
  async endOfMember(organizationId: string, agentId: string, reason: string): Promise<boolean> {
    return this.#end('organization_id = $2 and agent_id = $3', [organizationId, agentId], reason);
  }

  /** Hears of every ended session, once, within a second of its end. Answers what stops it. */
  onEnded(listener: (end: SessionEnd, reason: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #end(which: string, values: (string | null)[], reason: string): Promise<boolean> {
    const ended = await this.#parts.connections.auth.query<{ id: string; user_id: string; organization_id: string; told: null }>(
      `with ended as (
         update sessions set ended_at = clock_timestamp(), ended_reason = $1 where ended_at is null and ${which}
         returning id, user_id, organization_id)
       select id, user_id, organization_id, pg_notify('${channel}', id::text)::text as told from ended`,
      [reason, ...values],
    );
    for (const row of ended.rows) this.#tell({ sessionId: row.id, userId: row.user_id, organizationId: row.organization_id }, reason);
    return ended.rows.length > 0;
  }

  #tell(end: SessionEnd, reason: string): void {
    if (this.#told.has(end.sessionId)) return;
    const now = performance.now();
    for (const [id, at] of this.#told) if (now - at > 60_000) this.#told.delete(id);
    this.#told.set(end.sessionId, now);
    for (const listener of this.#listeners) listener(end, reason);
  }

  /** Reads the ends of the last half minute: as far back as a lost connection may have kept us from hearing. */
  async #look(): Promise<void> {
    this.#looking ??= this.#readEnds().finally(() => {
      this.#looking = null;
    });
    await this.#looking;
  }

  async #readEnds(): Promise<void> {
    try {
      const found = await this.#parts.connections.auth.query<{
        id: string;
        user_id: string;
        organization_id: string;
        ended_reason: string;
      }>(`select id, user_id, organization_id, ended_reason from sessions where ended_at > clock_timestamp() - interval '30 seconds'`);
      for (const row of found.rows)
        this.#tell({ sessionId: row.id, userId: row.user_id, organizationId: row.organization_id }, row.ended_reason);
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'ended sessions could not be read; trying again');
    }
  }

  async #keep(client: pg.PoolClient, sessionId: string, tokens: TokenPair, now: number): Promise<void> {
    await client.query(
      `with access as (insert into access_tokens (hash, session_id, expires_at) values ($1, $3, $4))
       insert into refresh_tokens (hash, session_id, created_at) values ($2, $3, $5)`,
      [hashOf(tokens.access), hashOf(tokens.refresh), sessionId, new Date(now + accessMs), new Date(now)],
    );
  }

  async #inTransaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#parts.connections.auth.connect();
    let failure: Error | undefined;
    try {
      await client.query('begin');
      const result = await work(client);
      await client.query('commit');
      return result;
    } catch (error) {
      await client.query('rollback').catch((broken: Error) => {
        failure = broken;
      });
      throw error;
    } finally {
      client.release(failure);
    }
  }
}

function normalEmail(email: string): string {
  return email.normalize('NFC').trim().toLowerCase();
}
