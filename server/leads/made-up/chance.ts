/** Chance from a seed: the same seed makes the same floor, so that screens and tests can be compared. */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A number from 0 up to, not including, 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number, both ends included. */
  whole(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  pick<Item>(list: readonly Item[]): Item {
    const item = list[Math.floor(this.next() * list.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  /** A number around the middle, mostly between half and twice of it: how long people take for things. */
  around(middle: number): number {
    const bell = this.next() + this.next() + this.next() - 1.5;
    return middle * Math.exp(bell * 1.1);
  }

  /** Some of the list, each at most once. */
  some<Item>(list: readonly Item[], atMost: number): Item[] {
    const left = [...list];
    const picked: Item[] = [];
    for (let count = this.whole(0, atMost); count > 0 && left.length > 0; count -= 1)
      picked.push(...left.splice(this.whole(0, left.length - 1), 1));
    return picked;
  }

  /** One of the keys, by weight. */
  weighted<Key extends string>(weights: Readonly<Record<Key, number>>): Key {
    const entries = Object.entries(weights) as [Key, number][];
    let left = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [key, weight] of entries) {
      left -= weight;
      if (left < 0) return key;
    }
    const [first] = entries;
    if (!first) throw new Error('nothing to choose from');
    return first[0];
  }

  /** A UUIDv7 of that instant. */
  id(atMs: number): string {
    const time = Math.floor(atMs).toString(16).padStart(12, '0');
    const hex = (length: number) => Array.from({ length }, () => this.whole(0, 15).toString(16)).join('');
    return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(3)}-${this.pick(['8', '9', 'a', 'b'])}${hex(3)}-${hex(12)}`;
  }
}
