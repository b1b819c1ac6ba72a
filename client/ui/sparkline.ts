import { html, nothing, svg, type TemplateResult } from 'lit';

/** A line without axes, for a tile: decoration beside the number it belongs to. Style its `stroke` by `color`. */
export function sparkline(values: readonly number[]): TemplateResult | typeof nothing {
  if (values.length < 2) return nothing;
  const most = Math.max(...values, 1);
  const points = values
    .map((value, index) => `${((index / (values.length - 1)) * 100).toFixed(1)},${(25 - (value / most) * 23).toFixed(1)}`)
    .join(' ');
  return html`<svg class="spark" viewBox="0 0 100 26" preserveAspectRatio="none" aria-hidden="true">
    ${svg`<polyline points=${points} fill="none" stroke="currentColor" stroke-width="1.6" vector-effect="non-scaling-stroke"></polyline>`}
  </svg>`;
}
