import type { Scope } from './feed.ts';
import type { Target, ViewName } from './target.ts';

/** A row as it is stored: text for the wire, and what the hub must know without parsing it. */
export interface StoredRow {
  key: string;
  wire: string;
  position: number;
  version: number;
  status: string | null;
  scope: Scope | null;
}

/** The rows of a target and the log position at which they are exactly these. */
export interface Snapshot {
  position: number;
  rows: { key: string; wire: string }[];
  /** Rows that the limit left out, by column; null when none. */
  more: Record<string, number> | null;
}

/** What a target missed since a position: each key's present row, or null where it left the target's sight. */
export interface Missed {
  position: number;
  rows: { key: string; wire: string | null }[];
}

/** Where rows come from when they do not come from the feed. Each answer is one consistent read. */
export interface RowSource {
  /** `limit` bounds the view `board`; other views are small. */
  snapshot(target: Target, limit: number): Promise<Snapshot>;
  /** Null when changes that old are no longer kept, or the audience itself changed since: only a snapshot helps then. */
  missed(target: Target, since: number): Promise<Missed | null>;
  /** Position from which on this person has seen what they see now: their role, teams and the organization's settings have not changed since. */
  audienceSince(target: Target): Promise<number>;
  /** All rows of a view of an organization, for sums; of `board` the open ones. Null when there are more than `limit`. */
  standing(organizationId: string, view: ViewName, limit: number): Promise<{ position: number; rows: StoredRow[] } | null>;
  /** Columns of the board whose rows stay on it whole: those that are not closed. */
  openColumns(organizationId: string): Promise<readonly string[]>;
  /** Who may see a thing that is watched by itself; null when there is none. */
  scopeOf(organizationId: string, view: 'lead' | 'operation', key: string): Promise<Scope | null>;
}
