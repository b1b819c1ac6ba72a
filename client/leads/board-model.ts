import type { BoardRow } from '../../projections/leads/rows.ts';
import {
  type BoardFilter,
  comparators,
  everyLead,
  type FilterContext,
  matchesQuick,
  matchesRest,
  type QuickFilter,
  quickFilters,
  worth,
} from './board-filter.ts';

/** Where a lead stands; `row` is its newest. */
export interface Place {
  row: BoardRow;
  shown: boolean;
}

/** One column as shown. `places` is a new array whenever membership or order changed, the same one otherwise. */
export interface BoardColumn {
  places: readonly Place[];
  /** Rows of the stage that we hold, shown or not. */
  held: number;
  /** Worth of the rows shown, minor units. */
  worth: number;
}

const nobody: BoardColumn = { places: [], held: 0, worth: 0 };
/** Past this many changes at once, sorting anew beats moving each. */
const MANY = 400;

/**
 * Turns rows into columns: filtered, sorted, summed, and kept so by small steps. 20,000 leads with 1,000 changes a
 * second cost a bisection and a splice per change, not a pass over all.
 */
export class BoardModel {
  private readonly places = new Map<string, Place>();
  private readonly lists = new Map<string, Place[]>();
  private readonly worths = new Map<string, number>();
  private readonly held = new Map<string, number>();
  private columns = new Map<string, BoardColumn>();
  private filter: BoardFilter = everyLead;
  private context: FilterContext;

  constructor(context: FilterContext) {
    this.context = context;
  }

  column(status: string): BoardColumn {
    return this.columns.get(status) ?? nobody;
  }

  /** Shows by another filter or order, or asks again as time has passed; answers the columns that changed. */
  show(filter: BoardFilter, context: FilterContext): Set<string> {
    this.filter = filter;
    this.context = context;
    return this.rebuild();
  }

  /** Lets time pass for the counts, without sorting anything anew. */
  tell(context: FilterContext): void {
    this.context = context;
  }

  /** Takes the rows that changed (absent from `rows`: gone); answers the columns whose list, count or sum changed. */
  update(changed: Iterable<string>, rows: ReadonlyMap<string, BoardRow>): Set<string> {
    const keys = [...changed];
    if (keys.length > MANY) {
      for (const key of keys) this.note(key, rows.get(key));
      return this.rebuild();
    }
    const touched = new Map<string, boolean>();
    for (const key of keys) {
      const before = this.places.get(key);
      const row = rows.get(key);
      if (before !== undefined && row !== undefined && this.staysInPlace(before, row)) {
        this.replace(before, row, touched);
        continue;
      }
      if (before !== undefined) this.takeOut(before, touched);
      const after = this.note(key, row);
      if (after?.shown) this.putIn(after, touched);
      else if (after !== null) touched.set(after.row.status, touched.get(after.row.status) ?? false);
    }
    for (const [status, moved] of touched) this.publish(status, moved);
    return new Set(touched.keys());
  }

  /** How many rows each quick filter would show, under the other filters. */
  counts(): Record<QuickFilter, number> {
    const counts: Record<QuickFilter, number> = { all: 0, mine: 0, unassigned: 0, attention: 0, today: 0, stalled: 0, closed: 0 };
    for (const { row } of this.places.values()) {
      if (!matchesRest(this.filter, row)) continue;
      for (const quick of quickFilters) if (matchesQuick(quick, row, this.context)) counts[quick] += 1;
    }
    return counts;
  }

  /** Distinct sources of the rows held, by how many rows have them. */
  sources(): [source: string, count: number][] {
    const counts = new Map<string, number>();
    for (const { row } of this.places.values()) if (row.source !== null) counts.set(row.source, (counts.get(row.source) ?? 0) + 1);
    return [...counts].sort((a, b) => b[1] - a[1]);
  }

  private shows(row: BoardRow): boolean {
    return matchesQuick(this.filter.quick, row, this.context) && matchesRest(this.filter, row);
  }

  /** Remembers a row; null when it is gone. */
  private note(key: string, row: BoardRow | undefined): Place | null {
    const before = this.places.get(key);
    if (before !== undefined) this.count(before.row.status, -1);
    if (row === undefined) {
      this.places.delete(key);
      return null;
    }
    const place = { row, shown: this.shows(row) };
    this.places.set(key, place);
    this.count(row.status, 1);
    return place;
  }

  private count(status: string, by: number): void {
    this.held.set(status, (this.held.get(status) ?? 0) + by);
  }

  private staysInPlace(before: Place, row: BoardRow): boolean {
    return before.row.status === row.status && before.shown && this.shows(row) && comparators[this.filter.sort](before.row, row) === 0;
  }

  private replace(place: Place, row: BoardRow, touched: Map<string, boolean>): void {
    const more = worth(row) - worth(place.row);
    // Only the sum may differ: the list keeps its order, cards redraw themselves.
    if (more !== 0) touched.set(row.status, touched.get(row.status) ?? false);
    this.add(row.status, more);
    place.row = row;
  }

  private takeOut(place: Place, touched: Map<string, boolean>): void {
    const { status } = place.row;
    touched.set(status, place.shown || (touched.get(status) ?? false));
    if (!place.shown) return;
    const list = this.lists.get(status);
    const index = list === undefined ? -1 : this.indexOf(list, place.row);
    if (list === undefined || list[index] !== place) return;
    list.splice(index, 1);
    this.add(status, -worth(place.row));
  }

  private putIn(place: Place, touched: Map<string, boolean>): void {
    const { status } = place.row;
    const list = this.lists.get(status) ?? [];
    this.lists.set(status, list);
    list.splice(this.indexOf(list, place.row), 0, place);
    this.add(status, worth(place.row));
    touched.set(status, true);
  }

  private add(status: string, more: number): void {
    this.worths.set(status, (this.worths.get(status) ?? 0) + more);
  }

  /** Where the row stands, or belongs. */
  private indexOf(list: readonly Place[], row: BoardRow): number {
    const compare = comparators[this.filter.sort];
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = list[middle];
      if (other !== undefined && compare(other.row, row) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private publish(status: string, moved: boolean): void {
    const before = this.columns.get(status);
    const places = moved || before === undefined ? [...(this.lists.get(status) ?? [])] : before.places;
    this.columns.set(status, { places, held: this.held.get(status) ?? 0, worth: this.worths.get(status) ?? 0 });
  }

  private rebuild(): Set<string> {
    const touched = new Set(this.lists.keys());
    this.lists.clear();
    this.worths.clear();
    for (const place of this.places.values()) {
      const { status } = place.row;
      place.shown = this.shows(place.row);
      touched.add(status);
      if (!place.shown) continue;
      this.add(status, worth(place.row));
      const list = this.lists.get(status);
      if (list === undefined) this.lists.set(status, [place]);
      else list.push(place);
    }
    const compare = comparators[this.filter.sort];
    for (const list of this.lists.values()) list.sort((a, b) => compare(a.row, b.row));
    for (const status of touched) this.publish(status, true);
    return touched;
  }
}
