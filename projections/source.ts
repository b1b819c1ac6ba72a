import type { Pool } from 'pg';
import type { RecordedEvent } from '../domain/kernel/aggregate.ts';

/** What the projector asks of the log. */
export interface EventSource {
  /** The next events after a position, decoded, upcast and decrypted, in order and without gaps. */
  read(after: number, limit: number): Promise<RecordedEvent[]>;
  /** Position of the last event. */
  head(): Promise<number>;
  /** Calls back when there is something new to read; answers a function that stops it. */
  onCommit(listener: (position: number) => void): () => void;
}

/** What it asks of the database: a pool of the `projector` role, and notices. */
export interface ProjectorConnections {
  projector: Pool;
  listen(channel: string, onNotify: (payload: string) => void): Promise<() => Promise<void>>;
}

/** A pino logger, or anything like it. */
export interface ProjectorLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Told what happens, for the metrics page. */
export interface ProjectorWatch {
  /** A page was committed: how many events, how long it took, the new checkpoint. */
  projected(events: number, milliseconds: number, position: number): void;
  /** A projection could not digest an event: an alarm. */
  parked(projection: string): void;
  /** This process began or ceased to lead. */
  leading(leads: boolean): void;
}
