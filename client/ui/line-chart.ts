import { css, html, nothing, type TemplateResult, unsafeCSS } from 'lit';
import uPlot from 'uplot';
import plotCss from 'uplot/dist/uPlot.min.css?inline';
import { t } from '../words/words.ts';
import { base, buttons } from './base.ts';
import { Localized } from './localized.ts';
import { onThemeChange } from './theme.ts';

export interface ChartLine {
  label: string;
  /** A token: `--accent`. */
  colour: string;
  dashed?: boolean;
  filled?: boolean;
  values: (number | null)[];
}

/**
 * `<lf-line-chart label .at .lines .formatAt .timezone>`: lines over time from zero, labelled directly, with the same
 * numbers as a table. Arrow keys walk the points and say them.
 */
export class LineChart extends Localized {
  static override properties = {
    label: {},
    at: { attribute: false },
    lines: { attribute: false },
    formatAt: { attribute: false },
    timezone: {},
    asTable: { type: Boolean, attribute: 'as-table' },
    said: { state: true },
  };
  declare label: string;
  /** Instants of the points, epoch ms, ascending. */
  declare at: number[];
  declare lines: ChartLine[];
  declare formatAt: (instant: number) => string;
  declare timezone: string;
  declare asTable: boolean;
  declare said: string;
  #plot: uPlot | null = null;
  #drawn = '';
  #size: ResizeObserver | undefined;
  #stopTheme: (() => void) | undefined;

  constructor() {
    super();
    this.label = '';
    this.at = [];
    this.lines = [];
    this.formatAt = String;
    this.timezone = 'UTC';
    this.asTable = false;
    this.said = '';
  }

  static override styles = [
    base,
    buttons,
    unsafeCSS(plotCss),
    css`
      :host {
        display: block;
        position: relative;
        min-height: 220px;
      }
      .plot {
        height: 220px;
        border-radius: var(--radius-s);
        direction: ltr;
      }
      .said {
        position: absolute;
        inset-block-start: 3px;
        inset-inline-end: 4px;
        padding: 0 6px;
        border-radius: var(--radius-s);
        background: var(--surface);
        color: var(--ink-2);
        font-size: var(--text-s);
        pointer-events: none;
        z-index: 1;
      }
      .scroll {
        max-height: 220px;
        overflow: auto;
      }
      table {
        width: 100%;
        border-collapse: collapse;
      }
      th,
      td {
        padding: 4px 8px;
        text-align: end;
        border-block-end: 1px solid var(--line);
        font-weight: var(--weight);
      }
      thead th {
        position: sticky;
        inset-block-start: 0;
        background: var(--surface);
        color: var(--ink-3);
        font-size: var(--text-s);
      }
      th:first-child {
        text-align: start;
      }
      .u-cursor-x {
        border-color: var(--line-strong) !important;
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.#stopTheme = onThemeChange(() => {
      this.#drawn = '';
      this.requestUpdate();
    });
    this.#size = new ResizeObserver(() => this.#resize());
    this.#size.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stopTheme?.();
    this.#size?.disconnect();
    this.#plot?.destroy();
    this.#plot = null;
    this.#drawn = '';
  }

  #resize(): void {
    const box = this.renderRoot.querySelector<HTMLElement>('.plot');
    if (box !== null && box.clientWidth > 0) this.#plot?.setSize({ width: box.clientWidth, height: 220 });
  }

  protected override updated(): void {
    const box = this.renderRoot.querySelector<HTMLElement>('.plot');
    if (box === null || this.at.length === 0) {
      this.#plot?.destroy();
      this.#plot = null;
      this.#drawn = '';
      return;
    }
    const look = JSON.stringify([this.lines.map(({ values: _values, ...rest }) => rest), this.timezone, document.documentElement.lang]);
    const data: uPlot.AlignedData = [this.at.map((instant) => instant / 1000), ...this.lines.map((line) => line.values)];
    if (this.#plot !== null && look === this.#drawn) {
      this.#plot.setData(data);
      return;
    }
    this.#plot?.destroy();
    box.replaceChildren();
    this.#drawn = look;
    this.#plot = new uPlot(this.#options(box.clientWidth || 600), data, box);
  }

  #colour(value: string): string {
    const probe = document.createElement('i');
    probe.style.color = value;
    this.renderRoot.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  }

  #options(width: number): uPlot.Options {
    const ink = this.#colour('var(--ink-3)');
    const line = this.#colour('var(--line)');
    const font = `11px ${getComputedStyle(this).fontFamily}`;
    const axis = { stroke: ink, font, ticks: { show: false } };
    return {
      width,
      height: 220,
      padding: [16, 22, 0, 0],
      legend: { show: false },
      cursor: { points: { size: 7 }, drag: { x: false, y: false }, y: false },
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), this.timezone),
      scales: { y: { range: (_plot, _least, most) => [0, Math.max(4, Math.ceil((most ?? 0) * 1.15))] } },
      axes: [
        {
          ...axis,
          grid: { show: false },
          space: 64,
          size: 28,
          values: (_plot, marks) => marks.map((seconds) => this.formatAt(seconds * 1000)),
        },
        { ...axis, grid: { stroke: line, width: 1 }, size: 34, space: 42, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000] },
      ],
      series: [
        {},
        ...this.lines.map((one): uPlot.Series => {
          const stroke = this.#colour(`var(${one.colour})`);
          return {
            label: one.label,
            stroke,
            width: 2,
            points: { show: false },
            ...(one.dashed ? { dash: [5, 4] } : {}),
            ...(one.filled ? { fill: this.#colour(`color-mix(in oklch, var(${one.colour}) 10%, transparent)`) } : {}),
          };
        }),
      ],
      hooks: {
        draw: [(plot) => this.#labels(plot)],
        setCursor: [(plot) => this.#say(plot.cursor.idx ?? null)],
      },
    };
  }

  /** Names the first line at its highest point, and each other where it is farthest below the first. */
  #labels(plot: uPlot): void {
    const { ctx } = plot;
    const ratio = devicePixelRatio;
    const first = this.lines[0]?.values ?? [];
    ctx.save();
    ctx.font = `600 ${11.5 * ratio}px ${getComputedStyle(this).fontFamily}`;
    ctx.textAlign = 'center';
    const { left, top, width, height } = plot.bbox;
    this.lines.forEach((one, index) => {
      const weight = (at: number): number => (index === 0 ? (first[at] ?? 0) : (first[at] ?? 0) - (one.values[at] ?? 0));
      const best = one.values.reduce<number>((chosen, _value, at) => (weight(at) > weight(chosen) ? at : chosen), 0);
      const value = one.values[best] ?? null;
      if (value === null) return;
      const half = ctx.measureText(one.label).width / 2;
      const x = plot.valToPos((this.at[best] ?? 0) / 1000, 'x', true);
      const line = plot.valToPos(value, 'y', true);
      const room = line - plot.valToPos(first[best] ?? 0, 'y', true);
      const below = index > 0 && room < 26 * ratio && top + height - line > 20 * ratio;
      const place: [x: number, y: number] = [
        Math.min(Math.max(x, left + half), left + width - half),
        Math.max(line + (below ? 16 : index === 0 ? -7 : -11) * ratio, top + 10 * ratio),
      ];
      // A rim of the ground keeps the word readable where a line runs through it.
      ctx.lineWidth = 4 * ratio;
      ctx.lineJoin = 'round';
      ctx.strokeStyle = this.#colour('var(--surface)');
      ctx.strokeText(one.label, ...place);
      ctx.fillStyle = this.#colour(`var(${one.colour})`);
      ctx.fillText(one.label, ...place);
    });
    ctx.restore();
  }

  #say(index: number | null): void {
    const instant = index === null ? undefined : this.at[index];
    this.said =
      instant === undefined || index === null
        ? ''
        : [this.formatAt(instant), ...this.lines.map((line) => `${line.label} ${line.values[index] ?? '–'}`)].join(' · ');
  }

  #onKey(event: KeyboardEvent): void {
    const plot = this.#plot;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (plot === null || step === undefined) return;
    event.preventDefault();
    const index = Math.min(this.at.length - 1, Math.max(0, (plot.cursor.idx ?? (step > 0 ? -1 : this.at.length)) + step));
    plot.setCursor({ left: plot.valToPos((this.at[index] ?? 0) / 1000, 'x'), top: 0 });
  }

  protected override render(): TemplateResult {
    if (this.asTable) {
      return html`<div class="scroll" tabindex="0" role="region" aria-label=${this.label}>
        <table class="num">
          <thead>
            <tr>
              <th scope="col">${t('chart.time')}</th>
              ${this.lines.map((line) => html`<th scope="col">${line.label}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${this.at.map(
              (instant, index) => html`<tr>
                <th scope="row">${this.formatAt(instant)}</th>
                ${this.lines.map((line) => html`<td>${line.values[index] ?? '–'}</td>`)}
              </tr>`,
            )}
          </tbody>
        </table>
      </div>`;
    }
    return html`<div class="plot" tabindex="0" role="img" aria-label="${this.label}. ${t('chart.walk')}" @keydown=${this.#onKey} @blur=${() => this.#plot?.setCursor({ left: -10, top: -10 })}></div>
      ${this.said === '' ? nothing : html`<div class="said num" role="status">${this.said}</div>`}`;
  }
}
customElements.define('lf-line-chart', LineChart);
