import { html, nothing, type TemplateResult } from 'lit';
import { stageName, stages } from '../leads/stages.ts';
import { me } from '../sync/session.ts';
import { sparkline } from '../ui/sparkline.ts';
import { clock, number, percent, shortMoney, shortNumber } from '../words/format.ts';
import { t } from '../words/words.ts';
import { byDay, byQuarter, change, daysOf, type Metrics, medianResponse, quartersOfToday, type Range, total, value } from './figures.ts';
import '../ui/figure.ts';

interface Delta {
  text: string;
  good: boolean;
}
interface Tile {
  name: string;
  value: number | null;
  format: (value: number) => string;
  delta: Delta | null;
  colour: 'accent' | 'good' | 'warn';
  foot: TemplateResult | typeof nothing;
}

const DAY_MS = 86_400_000;
/** Keeps a sign before its number in right-to-left writing. */
const LTR = '\u200e';

/** The row of tiles: one number each, how it stands to the same time before, and how it came. */
export function tiles(metrics: Metrics, range: Range, today: string, now: number): TemplateResult[] {
  const { currency, timezone } = me().organization;
  const days = daysOf(range, today);
  const earlier = daysOf(range, today, 1);
  const quarters = quartersOfToday(now, timezone);
  const captured = total(metrics, 'leads.captured', days);
  const capturedBefore =
    range === 'today'
      ? byQuarter(
          metrics,
          'leads.captured',
          quarters.map((start) => start - DAY_MS),
        ).reduce((sum, one) => sum + one, 0)
      : total(metrics, 'leads.captured', earlier);
  const trend = (metric: string): TemplateResult | typeof nothing =>
    sparkline(range === 'today' ? hourly(byQuarter(metrics, metric, quarters)) : byDay(metrics, metric, days));
  const share = inTime(metrics, days);
  const shareBefore = inTime(metrics, earlier);
  const median = medianResponse(metrics, days);
  const medianBefore = medianResponse(metrics, earlier);
  const won = total(metrics, 'leads.won', days);
  const wonBefore = total(metrics, 'leads.won', earlier);
  const weekly = daysOf('week', today);
  const all: Tile[] = [
    {
      name: t('tile.leads'),
      value: captured,
      format: (n) => number(Math.round(n)),
      // Without leads in the time before there is nothing to stand against.
      delta: capturedBefore === 0 ? null : countDelta(captured, capturedBefore),
      colour: 'accent',
      foot: trend('leads.captured'),
    },
    {
      name: t('tile.response'),
      value: median,
      format: (seconds) => clock(seconds * 1000),
      delta: median === null || medianBefore === null ? null : timeDelta(median - medianBefore),
      colour: 'good',
      foot: sparkline(weekly.map((day) => medianResponse(metrics, [day]) ?? 0)),
    },
    {
      name: t('tile.inTime'),
      value: share,
      format: percent,
      delta: share === null || shareBefore === null ? null : pointDelta(share - shareBefore),
      colour: 'good',
      foot: sparkline(weekly.map((day) => inTime(metrics, [day]) ?? 0)),
    },
    {
      name: t('tile.unassigned'),
      value: value(metrics, 'leads.unassigned'),
      format: (n) => number(Math.round(n)),
      delta: null,
      colour: 'accent',
      foot: html`<p class="foot">${t('tile.waiting', { count: value(metrics, 'leads.waiting') })}</p>`,
    },
    {
      name: t('tile.pipeline', { currency }),
      value: value(metrics, 'value.open'),
      format: (n) => shortMoney(n, currency),
      delta: null,
      colour: 'accent',
      foot: stageBar(metrics),
    },
    {
      name: t('tile.won'),
      value: won,
      format: (n) => number(Math.round(n)),
      delta:
        won === wonBefore
          ? null
          : { text: `${LTR}${won > wonBefore ? '+' : '−'}${shortNumber(Math.abs(won - wonBefore))}`, good: won > wonBefore },
      colour: 'warn',
      foot: sparkline(byDay(metrics, 'leads.won', range === 'month' ? days : weekly)),
    },
  ];
  return all.map(
    (tile) => html`<section class="panel tile ${tile.colour}">
      <h2>${tile.name}</h2>
      <p class="figure"><lf-figure .value=${tile.value} .format=${tile.format}></lf-figure>${tile.delta === null ? nothing : html`<em class="num ${tile.delta.good ? 'up' : 'down'}" data-tip=${t(`tile.against.${range}`)}>${tile.delta.text}</em>`}</p>
      ${tile.foot}
    </section>`,
  );
}

function inTime(metrics: Metrics, days: readonly string[]): number | null {
  const answered = total(metrics, 'leads.answered', days);
  return answered === 0 ? null : total(metrics, 'leads.answeredInTime', days) / answered;
}

/** Quarters of an hour added up to hours: a calmer line. */
function hourly(quarters: readonly number[]): number[] {
  return Array.from({ length: Math.ceil(quarters.length / 4) }, (_, hour) =>
    quarters.slice(hour * 4, hour * 4 + 4).reduce((sum, one) => sum + one, 0),
  );
}

/** Few are told by how many more, many by which share. */
function countDelta(now: number, then: number): Delta | null {
  if (now === then) return null;
  const share = then < 20 ? null : change(now, then);
  return {
    text: `${LTR}${now > then ? '+' : '−'}${share === null ? shortNumber(Math.abs(now - then)) : percent(Math.abs(share))}`,
    good: now > then,
  };
}

function pointDelta(points: number): Delta | null {
  const rounded = Math.round(points * 100);
  return rounded === 0
    ? null
    : { text: t('tile.points', { points: `${LTR}${rounded > 0 ? '+' : '−'}${Math.abs(rounded)}` }), good: rounded > 0 };
}

function timeDelta(seconds: number): Delta | null {
  return Math.abs(seconds) < 1 ? null : { text: `${LTR}${seconds > 0 ? '+' : '−'}${clock(seconds * 1000)}`, good: seconds < 0 };
}

/** Where the open leads stand, as one bar. */
function stageBar(metrics: Metrics): TemplateResult {
  const open = stages()
    .filter((stage) => stage.kind === 'open')
    .map((stage) => ({ stage, count: value(metrics, `stage.${stage.key}`) }))
    .filter(({ count }) => count > 0);
  return html`<div class="stagebar" role="img" aria-label=${open.map(({ stage, count }) => `${stageName(stage.key)} ${count}`).join(', ')}>
    ${open.map(({ stage, count }) => html`<i data-tip="${stageName(stage.key)} ${number(count)}" .style=${`flex-grow: ${count}; background: oklch(62% 0.14 ${stage.hue})`}></i>`)}
  </div>`;
}
