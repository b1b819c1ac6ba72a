/**
 * The leads that wait for an agent, by when they came to them. Changing it makes a new one that shares nearly all of
 * its parts, so an agent with thousands costs no more than one with ten.
 */
export class Waiting {
  static readonly none = new Waiting([]);
  static readonly #spread = 256;
  readonly #parts: readonly (ReadonlyMap<string, string> | undefined)[];

  private constructor(parts: readonly (ReadonlyMap<string, string> | undefined)[]) {
    this.#parts = parts;
  }

  with(leadId: string, since: string): Waiting {
    return this.#changed(leadId, (part) => part.set(leadId, since));
  }

  without(leadId: string): Waiting {
    return this.#parts[partOf(leadId)]?.has(leadId) ? this.#changed(leadId, (part) => part.delete(leadId)) : this;
  }

  /** The earliest instant; null when nobody waits. */
  oldest(): string | null {
    let oldest: string | null = null;
    for (const part of this.#parts) {
      if (!part) continue;
      for (const since of part.values()) if (oldest === null || since < oldest) oldest = since;
    }
    return oldest;
  }

  #changed(leadId: string, change: (part: Map<string, string>) => void): Waiting {
    const parts =
      this.#parts.length === 0 ? new Array<ReadonlyMap<string, string> | undefined>(Waiting.#spread).fill(undefined) : [...this.#parts];
    const index = partOf(leadId);
    const part = new Map(parts[index]);
    change(part);
    parts[index] = part.size === 0 ? undefined : part;
    return new Waiting(parts);
  }
}

/** The last two digits of a UUID spread evenly. */
function partOf(leadId: string): number {
  return Number.parseInt(leadId.slice(-2), 16) || 0;
}
