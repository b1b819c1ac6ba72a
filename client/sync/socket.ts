import { io, type Socket } from 'socket.io-client';
import { serverClock } from './clock.ts';
import type { Link, Progress } from './link.ts';
import { endSession, loadMe, onSession, refreshSession, session } from './session.ts';
import { Signal } from './signal.ts';
import { type Changes, type Heartbeat, isProblem, type PresenceMessage, type Problem, type WatchAck } from './wire.ts';

/**
 * What the connection pill shows. `since` is when this state began (epoch ms, server clock); `behind` how many log
 * positions the screen knows it has not seen yet, null when it cannot know.
 */
export interface Connection {
  state: 'live' | 'catching-up' | 'offline';
  since: number;
  behind: number | null;
}

const ACK_TIMEOUT_MS = 10_000;
/** Heartbeats come every 5 s; without two of them the line is dead even if the socket has not noticed. */
const SILENCE_MS = 13_000;

/** The page's one connection to the server: WebSocket only, back by itself after every cut. */
class ServerLink implements Link {
  current: Connection = { state: 'offline', since: serverClock.now(), behind: null };
  readonly presence = new Signal<PresenceMessage>();
  readonly connection = new Signal<Connection>();
  private socket: Socket | null = null;
  private readonly changes = new Signal<Changes<object>>();
  private readonly heartbeat = new Signal<Heartbeat>();
  private readonly opened = new Signal<boolean>();
  private readonly closed = new Signal<void>();
  private readonly progress = new Map<object, Progress>();
  /** The server gives all watches of the same rows on one socket the same id: the last to leave takes it away. */
  private readonly watches = new Map<string, number>();
  private fresh = false;
  private lastSign = 0;
  private watchdog: ReturnType<typeof setInterval> | undefined;

  connected(): boolean {
    return this.socket?.connected ?? false;
  }

  open(): void {
    if (this.socket !== null) return;
    const socket = io({ transports: ['websocket'], reconnectionDelay: 250, reconnectionDelayMax: 4_000, timeout: 8_000 });
    this.socket = socket;
    socket.on('connect', () => {
      const fresh = this.fresh;
      this.fresh = false;
      this.lastSign = Date.now();
      this.opened.tell(fresh);
      this.evaluate();
    });
    socket.on('disconnect', (reason) => {
      this.watches.clear();
      this.closed.tell();
      this.evaluate();
      if (reason === 'io server disconnect') this.comeBack(socket, 100 + Math.random() * 400);
    });
    socket.on('connect_error', (error: Error & { data?: unknown }) => {
      this.evaluate();
      if (!socket.active) void this.reopen(socket, error.data);
    });
    socket.on('changes', (batch: Changes<object>) => this.changes.tell(batch));
    socket.on('heartbeat', (beat: Heartbeat) => {
      if (beat.now !== undefined) serverClock.sample(beat.now);
      this.heartbeat.tell(beat);
    });
    socket.on('presence', (message: PresenceMessage) => this.presence.tell(message));
    socket.on('bye', (message: { reason?: string }) => void this.leave(socket, message.reason ?? ''));
    socket.onAny(() => {
      this.lastSign = Date.now();
    });
    this.watchdog = setInterval(() => {
      if (this.progress.size > 0 && socket.connected && Date.now() - this.lastSign > SILENCE_MS) socket.io.engine.close();
    }, 3_000);
    addEventListener('online', this.hurry);
    document.addEventListener('visibilitychange', this.hurry);
  }

  close(): void {
    if (this.watchdog !== undefined) clearInterval(this.watchdog);
    removeEventListener('online', this.hurry);
    document.removeEventListener('visibilitychange', this.hurry);
    const socket = this.socket;
    this.socket = null;
    socket?.disconnect();
    this.evaluate();
  }

  async watch(request: { view: string; params: object; since?: number }): Promise<WatchAck<object> | Problem> {
    const sentAt = Date.now();
    const reply = await this.emit('watch', request);
    if (isProblem(reply)) return reply;
    const ack = reply as WatchAck<object>;
    this.watches.set(ack.watch, (this.watches.get(ack.watch) ?? 0) + 1);
    if (ack.now !== undefined) serverClock.sample(ack.now, sentAt);
    return ack;
  }

  unwatch(watch: string): void {
    const others = (this.watches.get(watch) ?? 0) - 1;
    if (others > 0) {
      this.watches.set(watch, others);
      return;
    }
    if (this.watches.delete(watch) && this.connected()) this.socket?.emit('unwatch', { watch });
  }

  ask(event: 'command' | 'presence', message: object): Promise<unknown> {
    return this.emit(event, message);
  }

  onChanges(listener: (batch: Changes<object>) => void): () => void {
    return this.changes.on(listener);
  }

  onHeartbeat(listener: (beat: Heartbeat) => void): () => void {
    return this.heartbeat.on(listener);
  }

  onOpen(listener: (fresh: boolean) => void): () => void {
    return this.opened.on(listener);
  }

  onClose(listener: () => void): () => void {
    return this.closed.on(listener);
  }

  report(watcher: object, progress: Progress | null): void {
    if (progress === null) this.progress.delete(watcher);
    else this.progress.set(watcher, progress);
    this.evaluate();
  }

  private readonly hurry = (): void => {
    if (this.socket !== null) this.comeBack(this.socket, 0);
  };

  private async emit(event: string, message: object): Promise<unknown> {
    const socket = this.socket;
    if (socket === null || !socket.connected) throw new Error('not connected');
    return socket.timeout(ACK_TIMEOUT_MS).emitWithAck(event, message);
  }

  private comeBack(socket: Socket, afterMs: number): void {
    setTimeout(() => {
      if (this.socket === socket && !socket.connected && session().signedIn) socket.connect();
    }, afterMs);
  }

  /** The server refused the connection: an access token that ran out is renewed, anything else tried again later. */
  private async reopen(socket: Socket, data: unknown): Promise<void> {
    const expired = isProblem(data) && data.status === 401;
    const renewed = expired && (await refreshSession());
    this.comeBack(socket, renewed ? 0 : 2_000 + Math.random() * 2_000);
  }

  private async leave(socket: Socket, reason: string): Promise<void> {
    if (reason === 'session-ended') {
      if (await refreshSession()) this.comeBack(socket, 0);
      else if (session().signedIn) endSession('ended');
      return;
    }
    if (reason === 'permissions-changed') {
      this.fresh = true;
      await loadMe();
    }
    this.comeBack(socket, 0);
  }

  private evaluate(): void {
    const waiting = [...this.progress.values()].filter((one) => one.waiting);
    const state = !this.connected() ? 'offline' : waiting.length > 0 ? 'catching-up' : 'live';
    const behind = waiting.reduce<number | null>((most, one) => (one.behind === null ? most : Math.max(most ?? 0, one.behind)), null);
    if (state === this.current.state && behind === this.current.behind) return;
    this.current = { state, since: state === this.current.state ? this.current.since : serverClock.now(), behind };
    this.connection.tell(this.current);
  }
}

/** It opens with the session and closes with it, and is new for each organization. */
export const serverLink = new ServerLink();

/** The connection as it stands now. */
export function connection(): Connection {
  return serverLink.current;
}

/** Tells of every change of the connection, beginning with its present state. */
export function onConnection(listener: (connection: Connection) => void): () => void {
  listener(serverLink.current);
  return serverLink.connection.on(listener);
}

let organization: string | null = null;
onSession((state) => {
  const next = state.signedIn ? state.me.organization.id : null;
  if (next === organization) return;
  organization = next;
  serverLink.close();
  if (next !== null) serverLink.open();
});
