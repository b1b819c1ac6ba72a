/**
 * The messages between a screen and the server, as they travel. Shapes are the ones of the live contract
 * (docs/ARCHITECTURE.md, "Live"): rows come whole, batches chain by log position.
 */

/** RFC 9457 problem document; the same object answers HTTP calls, socket commands, watches and refused connections. */
export interface Problem {
  status: number;
  code: string;
  title: string;
  detail?: string;
  errors?: { path: string; message: string }[];
  requestId?: string;
  /** `lead.duplicate`: the lead that already holds the key. */
  existing?: { id: string };
  /** `lead.already-claimed`: who was faster, and by how much. */
  winner?: { agentId: string; name: string };
  lateByMs?: number;
}

/** One row of a snapshot or delta; `gone` when it left the reader's sight. */
export type Entry<Row> = { key: string; row: Row; gone?: undefined } | { key: string; gone: true; row?: undefined };

/** One row of a live batch: who did it and when, for the tint and the avatar. `sent` echoes the sender's own stamp. */
export type ChangeEntry<Row> = Entry<Row> & { by: string; at: string; sent?: string | number };

export interface WatchAck<Row> {
  watch: string;
  mode: 'snapshot' | 'delta';
  position: number;
  rows: Entry<Row>[];
  /** Rows beyond the limit, by column: those columns are held in part only. */
  more?: Record<string, number>;
  /** The server's clock, epoch milliseconds. */
  now?: number;
}

export interface Changes<Row> {
  watch: string;
  from: number;
  to: number;
  rows: ChangeEntry<Row>[];
}

/** Additive checksum of one column: how many rows, and the sum of their `rowHash` modulo 2^32. */
export interface ColumnSum {
  count: number;
  sum: number;
}

export interface Heartbeat {
  watch: string;
  position: number;
  now?: number;
  sums?: Record<string, ColumnSum>;
}

export interface PersonHere {
  agentId: string;
  userId: string;
  name: string;
  lead: string | null;
  doing: string | null;
}

export interface PresenceMessage {
  people: PersonHere[];
  gone?: string[];
  whole?: boolean;
}

/** What an accepted command answers. */
export interface Answer {
  id: string;
  version: number;
  position: number;
  [extra: string]: unknown;
}

/** A socket command as emitted; `id` is the command id that makes a retry harmless. */
export interface CommandMessage {
  id: string;
  type: string;
  stream?: string;
  data: object;
  expectedVersion?: number;
  sentAt?: number;
}

/** Acks carry either the answer or the problem document; only the latter has a numeric `status` beside a `code`. */
export function isProblem(reply: unknown): reply is Problem {
  return typeof reply === 'object' && reply !== null && 'code' in reply && 'status' in reply && typeof reply.status === 'number';
}

/** A refusal, for `try`/`catch`: `problem` says which and why. */
export class Refused extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.name = 'Refused';
    this.problem = problem;
  }
}
