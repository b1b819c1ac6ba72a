import type { Changes, Heartbeat, Problem, WatchAck } from './wire.ts';

/**
 * What a watch and a command need of the connection: the socket in the page, a recorded one in tests. Answers of
 * `watch` and `ask` reject when the line breaks or stays silent; the outcome is then unknown.
 */
export interface Link {
  connected(): boolean;
  watch(request: { view: string; params: object; since?: number }): Promise<WatchAck<object> | Problem>;
  unwatch(watch: string): void;
  ask(event: 'command' | 'presence', message: object): Promise<unknown>;
  onChanges(listener: (batch: Changes<object>) => void): () => void;
  onHeartbeat(listener: (beat: Heartbeat) => void): () => void;
  /** Each time a socket opens, also the first; `fresh`: what was held before may no longer be seen, watch without `since`. */
  onOpen(listener: (fresh: boolean) => void): () => void;
  onClose(listener: () => void): () => void;
  /** A watch says whether it still waits for rows and how many positions it knows it is behind; null when it ends. */
  report(watcher: object, progress: Progress | null): void;
}

export interface Progress {
  waiting: boolean;
  behind: number | null;
}
