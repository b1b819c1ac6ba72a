import { z } from 'zod';
import { type MetricRow, metricRow } from '../../projections/leads/rows.ts';
import type { Change } from './feed.ts';
import type { RowSource } from './source.ts';
import { Standing, type Stood } from './standing.ts';
import { type Target, visible } from './target.ts';

/** Far beyond what an organization has: names × owners. */
const mostRows = 200_000;

interface Part {
  scope: string;
  row: MetricRow;
}

const stored = z.string().transform((text) => metricRow.parse(JSON.parse(text)));

/**
 * Metrics of one organization. The projection keeps a part per owner; each audience gets the sum over the parts it may
 * see, so an agent's dashboard counts the agent's leads and an owner's all, from the same rows.
 */
export class MetricSums {
  readonly #standing: Standing;
  /** Parts by metric name, then by the stored row's key. */
  readonly #names = new Map<string, Map<string, Part>>();

  constructor(source: RowSource, organizationId: string) {
    this.#standing = new Standing(source.standing(organizationId, 'metrics', mostRows), true, (before, after) =>
      this.#replace(before, after),
    );
  }

  get ready(): Promise<boolean> {
    return this.#standing.ready;
  }

  /** Position of the rows loaded at first; sums hold from here on. */
  get loadedAt(): number {
    return this.#standing.position;
  }

  /** Follows a change; answers the name of the metric it is a part of, null when that is not known (yet). */
  take(change: Change): string | null {
    const before = this.#standing.rows.get(change.key);
    this.#standing.take(change);
    const wire = change.wire ?? before?.wire;
    return wire === undefined ? null : stored.parse(wire).name;
  }

  names(): string[] {
    return [...this.#names.keys()];
  }

  /** The row of one metric for a target as JSON text, or null when it sees no part of it. */
  sum(target: Target, name: string): string | null {
    let total: MetricRow | null = null;
    for (const { scope, row } of this.#names.get(name)?.values() ?? []) {
      if (!visible(target, scope)) continue;
      if (total === null) total = { name, value: row.value, asOf: row.asOf, source: row.source, cacheTtl: row.cacheTtl };
      else {
        total.value += row.value;
        if (row.asOf > total.asOf) total.asOf = row.asOf;
      }
    }
    return total === null ? null : JSON.stringify(total);
  }

  #replace(before: Stood | null, after: Stood | null): void {
    if (after === null) {
      if (before === null) return;
      const name = stored.parse(before.wire).name;
      const parts = this.#names.get(name);
      parts?.delete(before.key);
      if (parts?.size === 0) this.#names.delete(name);
      return;
    }
    const row = stored.parse(after.wire);
    const parts = this.#names.get(row.name) ?? new Map<string, Part>();
    parts.set(after.key, { scope: after.scope, row });
    this.#names.set(row.name, parts);
  }
}
