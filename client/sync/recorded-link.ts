import type { Link, Progress } from './link.ts';
import { Signal } from './signal.ts';
import type { Changes, Heartbeat, Problem, WatchAck } from './wire.ts';

/** A connection without a network, for tests: what the client asks is kept, what the server says is said by the test. */
export class RecordedLink implements Link {
  readonly watches: { view: string; params: object; since?: number }[] = [];
  readonly asked: { event: string; message: object }[] = [];
  readonly unwatched: string[] = [];
  progress: Progress | null = null;
  /** Answers to `watch`, in order; a missing one leaves the client waiting. */
  acks: (WatchAck<object> | Problem)[] = [];
  /** Answers to `ask`, in order; an Error breaks the line instead. */
  replies: (object | Error)[] = [];
  private open = false;
  private readonly changes = new Signal<Changes<object>>();
  private readonly heartbeat = new Signal<Heartbeat>();
  private readonly opened = new Signal<boolean>();
  private readonly lost = new Signal<void>();

  connected(): boolean {
    return this.open;
  }

  async watch(request: { view: string; params: object; since?: number }): Promise<WatchAck<object> | Problem> {
    this.watches.push(request);
    const ack = this.acks.shift();
    return ack ?? new Promise(() => undefined);
  }

  unwatch(watch: string): void {
    this.unwatched.push(watch);
  }

  async ask(event: 'command' | 'presence', message: object): Promise<unknown> {
    this.asked.push({ event, message });
    const reply = this.replies.shift();
    if (reply instanceof Error) throw reply;
    return reply ?? new Promise(() => undefined);
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
    return this.lost.on(listener);
  }

  report(_watcher: object, progress: Progress | null): void {
    this.progress = progress;
  }

  /** The socket opens. */
  connect(fresh = false): void {
    this.open = true;
    this.opened.tell(fresh);
  }

  /** The line is cut. */
  cut(): void {
    this.open = false;
    this.lost.tell();
  }

  say(batch: Changes<object>): void {
    this.changes.tell(batch);
  }

  beat(beat: Heartbeat): void {
    this.heartbeat.tell(beat);
  }
}
