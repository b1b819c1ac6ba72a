import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { MetricRow } from '../../projections/leads/rows.ts';
import { asOf, byQuarter, change, dayOf, daysOf, type Metrics, medianResponse, quartersOfToday, sources, total } from './figures.ts';

const figures = suite('figures of the dashboard');

function metrics(values: Record<string, number>): Metrics {
  return new Map(
    Object.entries(values).map(([name, value], index): [string, MetricRow] => [
      name,
      { name, value, asOf: `2026-11-21T08:00:0${index % 10}.000Z`, source: 'leads', cacheTtl: 300 },
    ]),
  );
}

figures('days are the organization’s own', () => {
  const lateEvening = Date.parse('2026-11-20T21:30:00Z');
  assert.is(dayOf(lateEvening, 'Asia/Dubai'), '2026-11-21');
  assert.is(dayOf(lateEvening, 'America/New_York'), '2026-11-20');
  assert.equal(daysOf('week', '2026-11-21'), [
    '2026-11-15',
    '2026-11-16',
    '2026-11-17',
    '2026-11-18',
    '2026-11-19',
    '2026-11-20',
    '2026-11-21',
  ]);
  assert.is(daysOf('month', '2026-03-01')[0], '2026-01-31');
  assert.is(daysOf('today', '2026-03-01', 1)[0], '2026-02-28');
});

figures('sums take the days of the range and no others', () => {
  const of = metrics({
    'leads.captured:2026-11-20': 4,
    'leads.captured:2026-11-21': 3,
    'leads.captured:2026-11-13': 9,
    'leads.captured:2026-11-21T08:15Z': 2,
  });
  assert.is(total(of, 'leads.captured', daysOf('week', '2026-11-21')), 7);
});

figures('quarters of an hour start with the organization’s midnight and end now', () => {
  const now = Date.parse('2026-11-20T20:40:00Z');
  const quarters = quartersOfToday(now, 'Asia/Dubai');
  assert.equal(
    quarters.map((start) => new Date(start).toISOString()),
    ['2026-11-20T20:00:00.000Z', '2026-11-20T20:15:00.000Z', '2026-11-20T20:30:00.000Z'],
  );
  assert.equal(byQuarter(metrics({ 'leads.answered:2026-11-20T20:15Z': 5 }), 'leads.answered', quarters), [0, 5, 0]);
});

figures('the median lies in its bucket', () => {
  const days = ['2026-11-21'];
  assert.is(medianResponse(metrics({}), days), null);
  assert.is(
    medianResponse(
      metrics({ 'response.upTo.64:2026-11-21': 1, 'response.upTo.128:2026-11-21': 2, 'response.upTo.4096:2026-11-21': 1 }),
      days,
    ),
    96,
  );
  assert.is(medianResponse(metrics({ 'response.upTo.64:2026-11-21': 1, 'response.upTo.8:2026-11-20': 50 }), days), 48);
});

figures('a change needs something to compare with', () => {
  assert.is(change(12, 10), 0.2);
  assert.is(change(5, 0), null);
});

figures('sources are added up over days, the largest first', () => {
  const of = metrics({
    'source.captured.bayut:2026-11-20': 2,
    'source.captured.bayut:2026-11-21': 2,
    'source.captured.walk_in:2026-11-21': 9,
    'source.won.bayut:2026-11-21': 1,
    'source.value.bayut:2026-11-21': 500,
    'source.captured.bayut:2026-10-01': 70,
  });
  assert.equal(sources(of, daysOf('week', '2026-11-21')), [
    { source: 'walk_in', captured: 9, won: 0, value: 0 },
    { source: 'bayut', captured: 4, won: 1, value: 500 },
  ]);
});

figures('as of the newest change', () => {
  assert.is(asOf(metrics({ a: 1, b: 2 })), '2026-11-21T08:00:01.000Z');
  assert.is(asOf(metrics({})), null);
});

figures.run();
