import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { BoardRow } from '../../projections/leads/rows.ts';
import {
  type BoardFilter,
  comparators,
  contextAt,
  everyLead,
  type FilterContext,
  matchesQuick,
  matchesRest,
  worth,
} from './board-filter.ts';
import { BoardModel } from './board-model.ts';

const test = suite('board model');
const now = Date.parse('2026-11-21T12:00:00Z');
const context: FilterContext = contextAt(now, Date.parse('2026-11-20T20:00:00Z'), 'me', new Set(['new', 'contacted', 'qualified']));

/** A small generator with a seed, so that a failure can be run again. */
function randoms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function lead(id: string, given: Partial<BoardRow> = {}): BoardRow {
  return {
    id,
    version: 1,
    status: 'new',
    agentId: null,
    name: `Lead ${id}`,
    company: null,
    jobTitle: null,
    source: 'website',
    propertyType: null,
    location: null,
    preferredAreas: [],
    budgetMin: null,
    budgetMax: null,
    value: null,
    currency: 'AED',
    phone: null,
    tags: [],
    score: null,
    temperature: null,
    incomplete: false,
    capturedAt: '2026-11-21T10:00:00Z',
    statusChangedAt: '2026-11-21T10:00:00Z',
    assignedAt: null,
    firstContactedAt: null,
    respondBy: null,
    nextTaskAt: null,
    closedAt: null,
    updatedAt: '2026-11-21T10:00:00Z',
    ...given,
  };
}

test('small steps give what sorting everything anew gives, for every order and filter', () => {
  const random = randoms(20261121);
  const pick = <Value>(values: readonly Value[]): Value => values[Math.floor(random() * values.length)] as Value;
  const filters: BoardFilter[] = [
    everyLead,
    { ...everyLead, sort: 'value' },
    { ...everyLead, sort: 'urgent', quick: 'unassigned' },
    { ...everyLead, sort: 'name', text: 'lead 1' },
    { ...everyLead, quick: 'mine', source: 'referral' },
  ];
  for (const filter of filters) {
    const rows = new Map<string, BoardRow>();
    const model = new BoardModel(context);
    model.show(filter, context);
    for (let step = 0; step < 400; step += 1) {
      const changed = new Set<string>();
      for (let count = Math.floor(random() * 4); count >= 0; count -= 1) {
        const id = String(Math.floor(random() * 60));
        changed.add(id);
        if (random() < 0.15) rows.delete(id);
        else {
          const minute = String(Math.floor(random() * 60)).padStart(2, '0');
          rows.set(
            id,
            lead(id, {
              status: pick(['new', 'contacted', 'qualified', 'lost']),
              agentId: pick([null, 'me', 'sara']),
              source: pick(['website', 'referral']),
              value: pick([null, 100, 200, 300]),
              respondBy: pick([null, `2026-11-21T12:${minute}:00Z`]),
              statusChangedAt: `2026-11-21T11:${minute}:00Z`,
            }),
          );
        }
      }
      model.update(changed, rows);
    }
    for (const status of ['new', 'contacted', 'qualified', 'lost']) {
      const held = [...rows.values()].filter((row) => row.status === status);
      const expected = held
        .filter((row) => matchesQuick(filter.quick, row, context) && matchesRest(filter, row))
        .sort(comparators[filter.sort]);
      const column = model.column(status);
      assert.equal(
        column.places.map((place) => place.row.id),
        expected.map((row) => row.id),
        `${JSON.stringify(filter)} in ${status}`,
      );
      assert.is(column.held, held.length);
      assert.is(
        column.worth,
        expected.reduce((sum, row) => sum + worth(row), 0),
      );
    }
  }
});

test('a change that moves nothing leaves the list itself alone, so that only its card redraws', () => {
  const model = new BoardModel(context);
  model.update(['1', '2'], new Map([lead('1'), lead('2')].map((row) => [row.id, row])));
  const before = model.column('new').places;
  assert.equal([...model.update(['1'], new Map([['1', lead('1', { score: 80 })]]))], []);
  assert.is(model.column('new').places, before);
  assert.equal([...model.update(['1'], new Map([['1', lead('1', { value: 500 })]]))], ['new']);
  assert.is(model.column('new').places, before);
  assert.is(model.column('new').worth, 500);
});

test('quick filters count what they would show', () => {
  const model = new BoardModel(context);
  const rows = [
    lead('mine', { agentId: 'me' }),
    lead('late', { respondBy: '2026-11-21T11:59:00Z' }),
    lead('soon', { respondBy: '2026-11-21T12:04:59Z', agentId: 'sara' }),
    lead('later', { respondBy: '2026-11-21T12:05:01Z', agentId: 'sara' }),
    lead('stalled', { statusChangedAt: '2026-11-14T11:00:00Z', capturedAt: '2026-11-01T10:00:00Z', agentId: 'sara' }),
    lead('lost', { status: 'lost' }),
  ];
  model.update(
    rows.map((row) => row.id),
    new Map(rows.map((row) => [row.id, row])),
  );
  assert.equal(model.counts(), { all: 5, mine: 1, unassigned: 1, attention: 2, today: 4, stalled: 1, closed: 1 });
});

test('search reads names across accents, alef and yeh forms, and phones by their digits', () => {
  const find = (text: string, row: BoardRow): boolean => matchesRest({ ...everyLead, text }, row);
  assert.ok(find('nunez emma', lead('1', { name: 'Emma Núñez' })));
  assert.ok(find('احمد', lead('1', { name: 'أحمد الفارسى' })));
  assert.ok(find('احمد', lead('1', { name: 'ٱحمد' })));
  assert.ok(find('الفارسي', lead('1', { name: 'أحمد الفارسى' })));
  assert.ok(find('0501234', lead('1', { phone: '+971501234567' })));
  assert.not(find('emma sara', lead('1', { name: 'Emma Núñez' })));
});

test.run();
