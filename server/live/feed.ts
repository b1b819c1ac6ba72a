/**
 * What the projector says after each commit, and what every node's live hub listens to. Defined apart from both
 * so that a node that is not leading can be fed from the `changed` table by the same shape.
 */

/**
 * Who may see a row: `everyone` in the organization, `unassigned` (a lead without owner), `agent:<agentId>` (a lead
 * of that agent), `member:<agentId>` (only that person: alerts).
 */
export type Scope = string;

export interface Change {
  organizationId: string;
  view: string;
  key: string;
  /** Position of the event that changed the row last. */
  position: number;
  /** Scope before the batch, null when the row did not stand. */
  before: Scope | null;
  /** Scope after it, null when the row is gone. */
  after: Scope | null;
  /** The row as JSON text, null when gone: encoded once, sent to all. */
  wire: string | null;
  /** Row columns the hub needs without parsing: the row's version, the board column and whether the lead is open. */
  version: number;
  status: string | null;
  /** Agent id (or user id, or `system:…`) of who did it, and when. */
  by: string;
  at: string;
  sent?: string | number;
}

/** All changes of positions `from` < p ≤ `to`. Batches chain: each `from` is the last batch's `to`. */
export interface ChangeBatch {
  from: number;
  to: number;
  changes: Change[];
  /** The changes between are no longer known (a node away for more than a day): whoever watches needs a new snapshot. */
  lost?: true;
}

export interface ChangeFeed {
  /** The checkpoint this node has announced up to. */
  position(): number;
  /** Called synchronously in order for every batch; answers a function that stops listening. */
  subscribe(listener: (batch: ChangeBatch) => void): () => void;
}
