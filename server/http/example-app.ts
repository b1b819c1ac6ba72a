import { randomUUID } from 'node:crypto';
import { Writable } from 'node:stream';
import { Registry } from 'prom-client';
import { aggregateNamed, aggregates, commandNamed } from '../../domain/catalogue.ts';
import { everything } from '../../domain/identity/audience.ts';
import type { Actor, Role } from '../../domain/kernel/aggregate.ts';
import { nilId } from '../../domain/kernel/ids.ts';
import { Projector } from '../../projections/projector.ts';
import { type App, type AppParts, createApp } from '../app.ts';
import { Directory } from '../identity/directory.ts';
import { Sessions } from '../identity/sessions.ts';
import { createLog } from '../log.ts';
import type { Connections } from '../store/connections.ts';
import { KeyRing } from '../store/keys.ts';
import { derive } from '../store/master-key.ts';
import { EventStore } from '../store/store.ts';
import { type TestDatabase, testDatabase } from '../store/testing.ts';
import { createAccessLog } from './access-log.ts';

/** The system's own hand, which may do everything: tests set their stage with it. */
const stageHand: Actor = { id: 'system:test', agentId: null, name: 'Test', role: 'owner', audience: everything };

/** Somebody of an example organization. */
export interface ExamplePerson {
  userId: string;
  agentId: string;
  email: string;
}

export interface ExampleOrganization {
  id: string;
  slug: string;
  people: Record<string, ExamplePerson>;
}

export const examplePassword = 'a password of tests';

/** What one app answers, with the body read. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  json: Record<string, unknown>;
}

/**
 * The HTTP edge over a real database, called without a socket. A second one on the same database is another process as
 * far as caches and notifications go.
 */
export class ExampleApp {
  readonly db: TestDatabase;
  readonly app: App;
  readonly store: EventStore;
  readonly projector: Projector;
  readonly sessions: Sessions;
  readonly directory: Directory;
  /** Every line logged, parsed. */
  readonly logged: Record<string, unknown>[];
  /** Added to the clock. */
  readonly #clock: { ahead: number };
  readonly #owns: boolean;
  #phones = 0;

  private constructor(
    db: TestDatabase,
    parts: {
      app: App;
      store: EventStore;
      projector: Projector;
      sessions: Sessions;
      directory: Directory;
      logged: Record<string, unknown>[];
      clock: { ahead: number };
    },
    owns: boolean,
  ) {
    this.db = db;
    this.app = parts.app;
    this.store = parts.store;
    this.projector = parts.projector;
    this.sessions = parts.sessions;
    this.directory = parts.directory;
    this.logged = parts.logged;
    this.#clock = parts.clock;
    this.#owns = owns;
  }

  /** On a database of its own, or beside another app on that one's. */
  static async start(changes: Partial<AppParts> = {}, beside?: ExampleApp): Promise<ExampleApp> {
    const db = beside?.db ?? (await testDatabase());
    const connections: Connections = db.connections;
    const logged: Record<string, unknown>[] = [];
    const out = new Writable({
      write(chunk: Buffer, _encoding, done) {
        for (const line of chunk.toString().split('\n')) if (line !== '') logged.push(JSON.parse(line) as Record<string, unknown>);
        done();
      },
    });
    const log = createLog('debug', out);
    const clock = { ahead: 0 };
    const now = () => Date.now() + clock.ahead;
    const store = new EventStore({
      connections,
      catalogue: { aggregates, aggregateNamed, commandNamed },
      keys: new KeyRing(connections.appender, db.masterKey),
      clock: now,
      log,
    });
    const projector = new Projector({ connections, source: store, log });
    await projector.start();
    const sessions = new Sessions({ connections, secret: derive(db.masterKey, 'sessions'), now, log });
    const directory = new Directory({ connections, projector, sessions, now, log });
    await directory.start();
    const limits = { signIn: 1000, anonymous: 1000 };
    const app = createApp({
      store,
      projector,
      connections,
      sessions,
      directory,
      now,
      log,
      registry: new Registry(),
      accessLog: createAccessLog(out, 0),
      limits,
      ...changes,
    });
    await projector.caughtUp;
    return new ExampleApp(db, { app, store, projector, sessions, directory, logged, clock }, beside === undefined);
  }

  /** Sets this app's clock forward. */
  advance(milliseconds: number): void {
    this.#clock.ahead += milliseconds;
  }

  async close(): Promise<void> {
    await this.directory.close();
    await this.projector.close();
    await this.store.close();
    if (this.#owns) await this.db.close();
  }

  /** Makes an organization with an owner, a manager without teams, two agents and a viewer, and waits until they can sign in. */
  async organization(preset: string, slug: string = preset): Promise<ExampleOrganization> {
    const id = randomUUID();
    const data = { id, name: `Example ${slug}`, slug, preset };
    await this.store.execute({ type: 'organization.create', organizationId: id, actor: stageHand, id, data });
    const organization: ExampleOrganization = { id, slug, people: {} };
    const roles: [string, Role][] = [
      ['owner', 'owner'],
      ['manager', 'manager'],
      ['agent1', 'agent'],
      ['agent2', 'agent'],
      ['viewer', 'viewer'],
    ];
    for (const [name, role] of roles) organization.people[name] = await this.person(organization, name, role);
    await this.sessions.setPasswords(Object.values(organization.people).map((person) => ({ ...person, password: examplePassword })));
    await this.settled();
    return organization;
  }

  /** Registers a person and makes them a member. */
  async person(organization: Pick<ExampleOrganization, 'id' | 'slug'>, name: string, role: Role): Promise<ExamplePerson> {
    const userId = randomUUID();
    const email = `${name}@${organization.slug}.example`;
    await this.#run('user.register', nilId, { id: userId, email, firstName: name, lastName: 'Example' });
    return { userId, agentId: await this.joins(organization.id, userId, name, role, email), email };
  }

  /** Makes somebody who is registered a member and, in roles that work leads, an agent. Answers the agentId. */
  async joins(organizationId: string, userId: string, name: string, role: Role, email: string): Promise<string> {
    const agentId = randomUUID();
    await this.#run('member.add', organizationId, { id: agentId, userId, name: `${name} Example`, role });
    if (role === 'agent' || role === 'manager') {
      await this.#run('agent.create', organizationId, {
        id: agentId,
        userId,
        fullName: `${name} Example`,
        email,
        phone: this.#nextPhone(),
      });
    }
    return agentId;
  }

  async #run(type: string, organizationId: string, data: Record<string, unknown>): Promise<void> {
    await this.store.execute({ type, organizationId, actor: stageHand, data });
  }

  /** A number that is valid in the Emirates and nobody has yet. */
  #nextPhone(): string {
    this.#phones += 1;
    return `+97150${String(1_000_000 + this.#phones)}`;
  }

  /** Waits until the read models have seen everything. */
  async settled(): Promise<void> {
    if (!(await this.projector.waitFor(await this.store.head(), 10_000))) throw new Error('the read models did not catch up');
  }

  /** Calls a route. `body` is sent as JSON unless it is text already. */
  async call(
    method: string,
    path: string,
    options: { token?: string; body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const headers: Record<string, string> = {};
    if (options.token !== undefined) headers.authorization = `Bearer ${options.token}`;
    if (options.body !== undefined) headers['content-type'] = 'application/json';
    const body = options.body === undefined || typeof options.body === 'string' ? options.body : JSON.stringify(options.body);
    const response = await this.app.request(path, {
      method,
      headers: { ...headers, ...options.headers },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: isJson && text !== '' ? (JSON.parse(text) as Record<string, unknown>) : {},
    };
  }

  /** Signs a person in and answers their access token. */
  async signIn(person: ExamplePerson | undefined, organizationId?: string): Promise<string> {
    const answer = await this.call('POST', '/api/sessions', { body: { email: person?.email, password: examplePassword, organizationId } });
    if (answer.status !== 201) throw new Error(`sign-in failed: ${answer.text}`);
    return String(answer.json.accessToken);
  }
}
