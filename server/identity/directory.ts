import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { type Audience, audienceOf } from '../../domain/identity/audience.ts';
import type { Role } from '../../domain/kernel/aggregate.ts';
import type { OrganizationRow } from '../../projections/identity/directory.ts';
import type { Projector } from '../../projections/projector.ts';
import { tokenOfCookie } from '../http/cookies.ts';
import type { Change } from '../live/feed.ts';
import type { Log } from '../log.ts';
import type { Connections } from '../store/connections.ts';
import { DirectoryRows } from './directory-rows.ts';
import type { Principal } from './principal.ts';
import type { SessionEnd, SessionRow, Sessions } from './sessions.ts';

/** What a member may do and see, as the tokens of all their sessions share it. */
interface Grant {
  name: string;
  role: Role;
  audience: Audience;
}

interface Known {
  session: SessionRow;
  principal: Principal;
  /** The grant the principal was made of: another one makes another principal. */
  grant: Grant;
}

/** Whose rights changed. */
export interface ChangedMember {
  organizationId: string;
  agentId: string;
}

export interface DirectoryParts {
  connections: Pick<Connections, 'auth'>;
  projector: Pick<Projector, 'feed' | 'readSchema'>;
  sessions: Sessions;
  /** Epoch milliseconds. */
  now: () => number;
  log: Log;
}

const tokensKept = 50_000;
const membersKept = 20_000;

/**
 * Who stands behind a token. Answers come from memory; an ended session, a suspended member, another role, team or
 * visibility drops what they touch, in every process: ends travel by `Sessions`, the rest by the change feed.
 */
export class Directory {
  readonly rows: DirectoryRows;
  readonly #parts: DirectoryParts;
  readonly #tokens = new LRUCache<string, Known>({ max: tokensKept, dispose: (known, key) => this.#unlist(known, key) });
  readonly #tokensOfSession = new Map<string, Set<string>>();
  readonly #grants = new LRUCache<string, { promise: Promise<Grant | null>; value?: Grant | null }>({ max: membersKept });
  readonly #organizations = new LRUCache<string, Promise<OrganizationRow | null>>({ max: 2000 });
  readonly #resolving = new Map<string, Promise<Principal | null>>();
  readonly #listeners = new Set<(who: ChangedMember) => void>();
  #stops: (() => void)[] = [];
  #ends = 0;

  constructor(parts: DirectoryParts) {
    this.#parts = parts;
    this.rows = new DirectoryRows(parts.connections, parts.projector);
  }

  async start(): Promise<void> {
    this.#stops = [
      this.#parts.sessions.onEnded((end) => this.#forgetSession(end.sessionId)),
      this.#parts.projector.feed.subscribe((batch) => {
        for (const change of batch.changes) this.#follow(change);
      }),
    ];
    await this.#parts.sessions.start();
  }

  async close(): Promise<void> {
    for (const stop of this.#stops.splice(0)) stop();
    await this.#parts.sessions.close();
  }

  /** The person behind an access token, or null when it opens nothing (any more). */
  async principalOf(token: string): Promise<Principal | null> {
    const key = hash('sha256', token, 'base64url');
    const known = this.#tokens.get(key);
    if (known !== undefined) {
      if (known.session.expiresAt <= this.#parts.now()) {
        this.#tokens.delete(key);
        return null;
      }
      if (this.#grants.get(memberKey(known.session.organizationId, known.session.agentId))?.value === known.grant) return known.principal;
    }
    let resolving = this.#resolving.get(key);
    if (resolving === undefined) {
      resolving = this.#resolve(token, key, known?.session).finally(() => this.#resolving.delete(key));
      this.#resolving.set(key, resolving);
    }
    return resolving;
  }

  /** The access token of a Cookie header, for the socket's handshake. */
  tokenOfCookie(cookieHeader: string | undefined): string | null {
    return tokenOfCookie(cookieHeader);
  }

  /** Settings, stages and moves of an organization. */
  organization(organizationId: string): Promise<OrganizationRow | null> {
    let row = this.#organizations.get(organizationId);
    if (row === undefined) {
      row = this.rows.organization(organizationId);
      this.#organizations.set(organizationId, row);
      row.then(
        (found) => {
          if (found === null) this.#organizations.delete(organizationId);
        },
        () => this.#organizations.delete(organizationId),
      );
    }
    return row;
  }

  /** Hears of each ended session, once. */
  onEnded(listener: (end: SessionEnd, reason: string) => void): () => void {
    return this.#parts.sessions.onEnded(listener);
  }

  /** Hears when a member's role or audience is another than before; `principalOf` answers the new one from then on. */
  onChanged(listener: (who: ChangedMember) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #resolve(token: string, key: string, cached: SessionRow | undefined): Promise<Principal | null> {
    const ends = this.#ends;
    const session = cached ?? (await this.#parts.sessions.resolve(token));
    if (session === null) return null;
    const grant = await this.#grantOf(session.organizationId, session.agentId);
    if (grant === null) return null;
    const principal: Principal = {
      id: session.userId,
      agentId: session.agentId,
      name: grant.name,
      role: grant.role,
      audience: grant.audience,
      userId: session.userId,
      sessionId: session.sessionId,
      organizationId: session.organizationId,
      expiresAt: session.expiresAt,
    };
    // A session that ended while we asked must not enter the memory that nobody would clear again.
    if (ends !== this.#ends) return (await this.#parts.sessions.resolve(token)) === null ? null : principal;
    this.#tokens.set(key, { session, principal, grant });
    const keys = this.#tokensOfSession.get(session.sessionId) ?? new Set();
    this.#tokensOfSession.set(session.sessionId, keys.add(key));
    return principal;
  }

  #grantOf(organizationId: string, agentId: string): Promise<Grant | null> {
    const key = memberKey(organizationId, agentId);
    const known = this.#grants.get(key);
    if (known !== undefined) return known.promise;
    return this.#loadGrant(key, organizationId, agentId);
  }

  #loadGrant(key: string, organizationId: string, agentId: string): Promise<Grant | null> {
    const entry: { promise: Promise<Grant | null>; value?: Grant | null } = { promise: this.#readGrant(organizationId, agentId) };
    this.#grants.set(key, entry);
    entry.promise.then(
      (grant) => {
        entry.value = grant;
        if (grant === null && this.#grants.peek(key) === entry) this.#grants.delete(key);
      },
      () => {
        if (this.#grants.peek(key) === entry) this.#grants.delete(key);
      },
    );
    return entry.promise;
  }

  async #readGrant(organizationId: string, agentId: string): Promise<Grant | null> {
    const [found, organization] = await Promise.all([this.rows.member(organizationId, agentId), this.organization(organizationId)]);
    if (found === null || organization === null || !found.member.active) return null;
    const { role, name } = found.member;
    return { name, role, audience: audienceOf(role, agentId, found.team, organization.state.visibility[role]) };
  }

  #follow(change: Change): void {
    if (change.view === 'members') this.#reload(change.organizationId, change.key);
    else if (change.view === 'teams') this.#reloadAll(change.organizationId);
    else if (change.view === 'organizations') {
      this.#organizations.delete(change.organizationId);
      this.#reloadAll(change.organizationId);
    }
  }

  #reloadAll(organizationId: string): void {
    const prefix = memberKey(organizationId, '');
    for (const key of [...this.#grants.keys()]) if (key.startsWith(prefix)) this.#reload(organizationId, key.slice(prefix.length));
  }

  /** Reads a member again and tells listeners if the rights differ; a member who may no longer enter loses all sessions. */
  #reload(organizationId: string, agentId: string): void {
    const key = memberKey(organizationId, agentId);
    const before = this.#grants.peek(key);
    if (before === undefined) {
      // Not in memory here, yet there may be sessions in the table.
      this.#readGrant(organizationId, agentId).then(
        (grant) => (grant === null ? this.#endSessions(organizationId, agentId) : undefined),
        (error: unknown) => this.#parts.log.warn({ err: error }, 'a changed member could not be read'),
      );
      return;
    }
    Promise.all([before.promise, this.#loadGrant(key, organizationId, agentId)]).then(
      ([old, now]) => {
        if (now === null) this.#endSessions(organizationId, agentId);
        else if (old !== null && (old.role !== now.role || old.audience.key !== now.audience.key || old.name !== now.name)) {
          for (const listener of this.#listeners) listener({ organizationId, agentId });
        }
      },
      (error: unknown) => this.#parts.log.warn({ err: error }, 'a changed member could not be read'),
    );
  }

  #endSessions(organizationId: string, agentId: string): void {
    this.#parts.sessions
      .endOfMember(organizationId, agentId, 'membership-ended')
      .catch((error: unknown) => this.#parts.log.error({ err: error }, 'the sessions of a suspended member could not be ended'));
  }

  #forgetSession(sessionId: string): void {
    this.#ends += 1;
    for (const key of [...(this.#tokensOfSession.get(sessionId) ?? [])]) this.#tokens.delete(key);
  }

  #unlist(known: Known, key: string): void {
    const keys = this.#tokensOfSession.get(known.session.sessionId);
    keys?.delete(key);
    if (keys?.size === 0) this.#tokensOfSession.delete(known.session.sessionId);
  }
}

function memberKey(organizationId: string, agentId: string): string {
  return `${organizationId}/${agentId}`;
}
