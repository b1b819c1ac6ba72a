import { randomUUID } from 'node:crypto';
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import { Counter, Gauge, type Registry } from 'prom-client';
import { Server, type Socket } from 'socket.io';
import { Decoder } from 'socket.io-parser';
import type { RunCommand } from '../http/commands.ts';
import { tokenOfCookie } from '../http/cookies.ts';
import type { Limits } from '../http/limits.ts';
import { problemOf, refuse } from '../http/problem.ts';
import { isOwnOrigin } from '../http/security.ts';
import type { Principal } from '../identity/principal.ts';
import type { Log } from '../log.ts';
import { receive } from './events.ts';
import type { ChangeFeed } from './feed.ts';
import { LiveEncoder } from './frame.ts';
import { handlersOf } from './handlers.ts';
import { Heartbeats } from './heartbeats.ts';
import { type ByeReason, LiveSocket } from './live-socket.ts';
import { Presence, type PresenceRelay } from './presence.ts';
import { Rooms } from './rooms.ts';
import type { RowSource } from './source.ts';
import { Watching } from './watching.ts';

/** What the hub asks of the directory of people. */
export interface LiveDirectory {
  principalOf(token: string): Promise<Principal | null>;
  onEnded(listener: (ended: { sessionId: string; userId: string; organizationId: string }, reason: string) => void): () => void;
  /** `agentId` null: everybody of the organization. */
  onChanged(listener: (changed: { organizationId: string; agentId: string | null }) => void): () => void;
}

export interface HubParts {
  feed: ChangeFeed;
  source: RowSource;
  directory: LiveDirectory;
  runCommand: RunCommand;
  limits: Pick<Limits, 'organization'>;
  /** Whether the person's role includes a query (`lead.list`). */
  allows: (principal: Principal, query: string) => Promise<boolean>;
  /** Position of the log's end, to tell "not there" from "not there yet". */
  head: () => Promise<number>;
  /** Epoch milliseconds. */
  now: () => number;
  log: Log;
  publicUrl?: string | undefined;
  registry?: Registry;
  relay?: PresenceRelay;
  /** What ends with the hub. */
  onClose?: () => Promise<void>;
  /** Milliseconds between heartbeats; 5 s unless a test is in a hurry. */
  heartbeatMs?: number;
}

const usualHeartbeatMs = 5_000;
const lookMs = 500;
const repeatEvery = 6;

/**
 * Live sync on Socket.IO: WebSocket only (so no sticky sessions), nothing compressed (or shared frames would be off),
 * no recovery of Socket.IO's own (it skips the handshake's checks, and loses everything on deploy): a socket resumes by
 * log position, on any node.
 */
export class LiveHub {
  readonly #parts: HubParts;
  readonly #io: Server;
  readonly #rooms: Rooms;
  readonly #watching: Watching;
  readonly #heartbeats: Heartbeats;
  readonly #presence: Presence;
  readonly #sockets = new Set<LiveSocket>();
  readonly #timers: NodeJS.Timeout[];
  readonly #stops: (() => void)[];
  readonly #cuts: Counter<'reason'> | null;
  #beats = 0;
  #draining = false;

  constructor(parts: HubParts) {
    this.#parts = parts;
    const delivered =
      parts.registry &&
      new Counter({ name: 'live_row_deliveries_total', help: 'Rows written to watching sockets.', registers: [parts.registry] });
    this.#cuts = parts.registry
      ? new Counter({
          name: 'live_sockets_cut_total',
          help: 'Sockets the server ended, by reason.',
          labelNames: ['reason'],
          registers: [parts.registry],
        })
      : null;
    if (parts.registry) {
      const sockets = this.#sockets;
      new Gauge({
        name: 'live_sockets',
        help: 'Signed-in sockets.',
        registers: [parts.registry],
        collect() {
          this.set(sockets.size);
        },
      });
    }
    this.#rooms = new Rooms({
      feed: parts.feed,
      source: parts.source,
      onChange: (change) => {
        this.#heartbeats.take(change);
        this.#presence.take(change);
      },
      onLost: () => {
        parts.log.warn('the change feed has a hole; every watch starts again');
        this.#heartbeats.forget();
        this.#watching.tidy();
        for (const live of [...this.#sockets]) this.#cut(live, 'resync');
      },
      onSent: (rows) => delivered?.inc(rows),
    });
    this.#watching = new Watching(this.#rooms, parts.source, parts.now);
    this.#heartbeats = new Heartbeats(this.#rooms, parts.source, parts.now, (error) =>
      parts.log.error({ err: error }, 'checksums could not be loaded'),
    );
    this.#presence = new Presence(parts.now, parts.relay ?? null);
    this.#io = this.#serve();
    this.#timers = [setInterval(() => this.#beat(), parts.heartbeatMs ?? usualHeartbeatMs), setInterval(() => this.#look(), lookMs)];
    this.#stops = [
      parts.directory.onEnded((ended) => this.#onEnded(ended)),
      parts.directory.onChanged((changed) => this.#onChanged(changed)),
    ];
  }

  /** Serves `/socket.io/` on an HTTP server. */
  attach(server: HttpServer): void {
    this.#io.attach(server);
  }

  get sockets(): number {
    return this.#sockets.size;
  }

  /** Rooms and memory behind them; all return to zero when everybody has left. */
  get figures(): { sockets: number; rooms: number; position: number } {
    return { sockets: this.#sockets.size, rooms: this.#rooms.count, position: this.#rooms.position };
  }

  /** Sends every socket away, to come back to another node or after the restart; new ones are refused. */
  drain(): void {
    this.#draining = true;
    for (const live of [...this.#sockets]) this.#cut(live, 'draining');
  }

  /** Ends everything. The HTTP server itself belongs to whoever made it. */
  async close(): Promise<void> {
    this.drain();
    for (const timer of this.#timers) clearInterval(timer);
    for (const stop of this.#stops) stop();
    this.#presence.close();
    this.#rooms.close();
    this.#io.engine.close();
    await this.#parts.onClose?.();
  }

  #serve(): Server {
    const io = new Server({
      path: '/socket.io/',
      serveClient: false,
      transports: ['websocket'],
      perMessageDeflate: false,
      httpCompression: false,
      maxHttpBufferSize: 64 * 1024,
      connectTimeout: 10_000,
      pingInterval: 25_000,
      pingTimeout: 20_000,
      parser: { Encoder: LiveEncoder, Decoder },
      allowRequest: (request, decide) => {
        const fault = this.#refusal(request);
        decide(fault, fault === null);
      },
    });
    io.use((socket, next) => {
      this.#admit(socket).then(
        () => next(),
        (error: unknown) => {
          const problem = problemOf(error, randomUUID());
          if (problem.status >= 500) this.#parts.log.error({ err: error, requestId: problem.requestId }, 'a socket could not be admitted');
          next(Object.assign(new Error(problem.detail), { data: problem }));
        },
      );
    });
    io.on('connection', (socket) => this.#welcome(socket));
    return io;
  }

  /** CORS does not guard WebSockets: a foreign page could connect with the visitor's cookie, were it not refused here. */
  #refusal(request: IncomingMessage): string | null {
    const { origin, host } = request.headers;
    if (origin !== undefined && !isOwnOrigin(origin, host, this.#parts.publicUrl)) return 'foreign origin';
    return null;
  }

  async #admit(socket: Socket): Promise<void> {
    if (this.#draining) throw refuse('unavailable', 'The server is about to stop. Try again in a moment.');
    const given: unknown = socket.handshake.auth.token;
    const token = typeof given === 'string' && given.length <= 512 ? given : tokenOfCookie(socket.handshake.headers.cookie);
    const principal = token === null ? null : await this.#parts.directory.principalOf(token);
    if (token === null || principal === null)
      throw refuse('session.required', 'Sign in first: connect with a valid access token, or the session cookie.');
    // Socket.IO's own place for what middleware found out.
    socket.data = { principal, token };
  }

  #welcome(socket: Socket): void {
    const { principal, token }: { principal: Principal; token: string } = socket.data;
    const live = new LiveSocket(socket, principal, token, (slow) => this.#cut(slow, 'resync'));
    this.#sockets.add(live);
    socket.on('disconnect', () => this.#forget(live));
    // A socket that errs (a malformed packet) is closed by Socket.IO; without a listener the error would be thrown.
    socket.on('error', (error) => this.#parts.log.debug({ err: error }, 'a socket sent what is not a packet'));
    receive(live, handlersOf({ ...this.#parts, rooms: this.#rooms, watching: this.#watching, presence: this.#presence }), this.#parts.log);
    this.#presence.enter(live);
    // The session may have ended while the handshake was under way.
    void this.#recheck(live);
  }

  #forget(live: LiveSocket): void {
    if (!this.#sockets.delete(live)) return;
    for (const room of live.rooms) this.#rooms.leave(room, live);
    live.rooms.clear();
    this.#presence.leave(live);
  }

  #cut(live: LiveSocket, reason: ByeReason): void {
    if (live.ended) return;
    live.bye(reason);
    this.#cuts?.inc({ reason });
    this.#forget(live);
  }

  #onEnded(ended: { sessionId: string }): void {
    for (const live of [...this.#sockets]) if (live.principal.sessionId === ended.sessionId) this.#cut(live, 'session-ended');
  }

  #onChanged({ organizationId, agentId }: { organizationId: string; agentId: string | null }): void {
    for (const live of this.#sockets) {
      if (live.principal.organizationId === organizationId && (agentId === null || live.principal.agentId === agentId))
        void this.#recheck(live);
    }
  }

  /** Whether the person may still do and see what they could when they connected; otherwise they start again. */
  async #recheck(live: LiveSocket): Promise<void> {
    try {
      const now = await this.#parts.directory.principalOf(live.token);
      if (now === null) {
        // An access token may run out while its session lives on; the socket lives as long as the session.
        if (live.principal.expiresAt > this.#parts.now()) this.#cut(live, 'session-ended');
        else this.#cut(live, 'permissions-changed');
      } else if (
        now.role !== live.principal.role ||
        now.audience.key !== live.principal.audience.key ||
        now.organizationId !== live.principal.organizationId
      ) {
        this.#cut(live, 'permissions-changed');
      }
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'a socket’s rights could not be looked up; it starts again');
      this.#cut(live, 'resync');
    }
  }

  #beat(): void {
    this.#heartbeats.beat();
    this.#watching.tidy();
    this.#beats += 1;
    if (this.#beats % repeatEvery === 0) this.#presence.repeat();
  }

  #look(): void {
    for (const live of this.#sockets) live.look();
  }
}
