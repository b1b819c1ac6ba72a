import type { AppendItem, StoredGuard } from './append.ts';

type ModelVerdict =
  | { kind: 'accepted'; version: number /** Of the item's last event, from the batch's base. */; offset: number }
  | { kind: 'known'; version: number }
  | { kind: 'conflict'; version: number }
  | { kind: 'guarded'; guard: number; holder?: string; count?: number }
  | { kind: 'again' };

interface Holding {
  scope: string;
  key: string;
  holder: string;
  at: number;
}

/** The rules of `append` for one organization, one item after the other in plain memory: what the real one is held against. */
export class LogModel {
  readonly log: { type: string; id: string; version: number }[] = [];
  readonly commands = new Map<string, number>();
  readonly persons = new Set<string>();
  readonly #streams = new Map<string, number>();
  readonly #counts = new Map<string, number>();
  #holdings: Holding[] = [];

  version(type: string, id: string): number {
    return this.#streams.get(`${type} ${id}`) ?? 0;
  }

  append(items: readonly AppendItem[]): { verdicts: ModelVerdict[]; events: number } {
    const commandsBefore = new Map(this.commands);
    const personsBefore = new Set(this.persons);
    const streamsBefore = new Map(this.#streams);
    const commandsMet = new Set<string>();
    const streamsMet = new Set<string>();
    let offset = 0;
    const verdicts = items.map((item): ModelVerdict => {
      const command = `${item.actor} ${item.commandId}`;
      const known = commandsBefore.get(command);
      const commandTwice = commandsMet.has(command);
      commandsMet.add(command);
      let streamTwice = false;
      let stale: number | null = null;
      for (const stream of item.streams) {
        const key = `${stream.type} ${stream.id}`;
        const before = streamsBefore.get(key) ?? 0;
        if (streamsMet.has(key)) streamTwice = true;
        else if (stream.expected !== null && stream.expected !== before) stale ??= before;
        streamsMet.add(key);
      }
      if (known !== undefined) return { kind: 'known', version: known };
      if (commandTwice || streamTwice) return { kind: 'again' };
      if (stale !== null) return { kind: 'conflict', version: stale };
      if (item.keys.some((use) => personsBefore.has(use.personId) === (use.wrapped !== null))) return { kind: 'again' };
      const refusal = this.#refusal(item);
      if (refusal) return refusal;

      for (const use of item.keys) this.persons.add(use.personId);
      for (const guard of item.guards) this.#hold(guard, `${item.streams[0].type} ${item.streams[0].id}`);
      for (const stream of item.streams) {
        for (const _event of stream.events) {
          const version = this.version(stream.type, stream.id) + 1;
          this.#streams.set(`${stream.type} ${stream.id}`, version);
          this.log.push({ type: stream.type, id: stream.id, version });
          offset += 1;
        }
      }
      const version = this.version(item.streams[0].type, item.streams[0].id);
      this.commands.set(command, version);
      return { kind: 'accepted', version, offset };
    });
    return { verdicts, events: offset };
  }

  #refusal(item: AppendItem): ModelVerdict | null {
    const [{ type, id }] = item.streams;
    const added = new Map<string, number>();
    for (const [guard, { kind, scope, key, at, seconds, by, limit }] of item.guards.entries()) {
      if (kind === 't' || kind === 'w') {
        const others = this.#holdings.filter((each) => each.scope === scope && each.key === key && each.holder !== `${type} ${id}`);
        const near = others.filter((each) => kind === 't' || Math.abs(each.at - (at ?? 0)) < (seconds ?? 0) * 1000);
        const latest = near.sort((a, b) => b.at - a.at)[0];
        // Two holders of one instant: either may be named.
        if (latest && near.filter((each) => each.at === latest.at).length > 1) return { kind: 'guarded', guard };
        if (latest) return { kind: 'guarded', guard, holder: latest.holder.split(' ')[1] as string };
      }
      if (kind === 'c') {
        const count = (this.#counts.get(`${scope} ${key}`) ?? 0) + (added.get(key) ?? 0);
        if (limit !== null && by !== null && by > 0 && count + by > limit) return { kind: 'guarded', guard, count };
        added.set(key, (added.get(key) ?? 0) + (by ?? 0));
      }
    }
    return null;
  }

  #hold({ kind, scope, key, at, by }: StoredGuard, holder: string): void {
    if (kind === 'c') {
      this.#counts.set(`${scope} ${key}`, (this.#counts.get(`${scope} ${key}`) ?? 0) + (by ?? 0));
      return;
    }
    this.#holdings = this.#holdings.filter((each) => !(each.scope === scope && each.key === key && each.holder === holder));
    if (kind !== 'f') this.#holdings.push({ scope, key, holder, at: at ?? 0 });
  }

  streamLines(): string[] {
    return [...this.#streams].map(([stream, version]) => `${stream} ${version}`);
  }

  guardLines(): string[] {
    return this.#holdings.map((each) => `${each.scope} ${each.key} ${each.holder}`);
  }

  countLines(): string[] {
    return [...this.#counts].map(([key, count]) => `${key} ${count}`);
  }
}
