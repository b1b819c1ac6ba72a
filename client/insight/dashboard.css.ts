import { css } from 'lit';

/** Tables of numbers: names at the start, figures at the end, a thin bar where a share is shown. */
export const tableStyles = css`
  .wide {
    overflow-x: auto;
    margin-inline: -16px;
    padding-inline: 16px;
  }
  table {
    border-collapse: collapse;
    width: 100%;
  }
  th {
    text-align: start;
    font-weight: var(--weight);
    white-space: nowrap;
  }
  thead th {
    color: var(--ink-3);
    font-weight: 520;
    font-size: var(--text-s);
    padding: 4px 0 6px;
    padding-inline-end: 14px;
  }
  tbody td,
  tbody th {
    padding-block: 6px;
    padding-inline-end: 14px;
    border-block-start: 1px solid var(--line);
    white-space: nowrap;
  }
  tr > :last-child {
    padding-inline-end: 0;
  }
  .r {
    text-align: end;
  }
  .rail {
    height: 6px;
    min-width: 56px;
    border-radius: 3px;
    background: var(--hover);
    overflow: hidden;
    flex: 1;
  }
  .rail i {
    display: block;
    height: 100%;
    border-radius: 3px;
    background: var(--accent);
    transition: inline-size var(--motion-slow);
  }
  .rail.full i {
    background: var(--bad);
  }
  .load {
    width: 22%;
  }
  .loadline {
    display: flex;
    align-items: center;
    gap: 10px;
  }
  .loadline span {
    min-width: 46px;
    text-align: end;
    color: var(--ink-2);
  }
`;

export const dashboardStyles = css`
  .asof {
    font-size: var(--text-s);
    white-space: nowrap;
  }
  .grid {
    display: grid;
    grid-template-columns: repeat(12, minmax(0, 1fr));
    gap: 12px;
    padding: 16px;
    max-width: 1680px;
    margin-inline: auto;
    align-items: stretch;
  }
  .panel {
    padding: 14px 16px;
  }
  .w7 {
    grid-column: span 7;
  }
  .w5 {
    grid-column: span 5;
  }
  .tall {
    height: 280px;
  }
  .panel h2 {
    font-size: var(--text-m);
    font-weight: 600;
    display: flex;
    flex-wrap: wrap;
    gap: 2px 8px;
    align-items: center;
    min-height: 24px;
    margin-block-end: 8px;
  }
  .panel h2 span {
    color: var(--ink-3);
    font-weight: 480;
    font-size: var(--text-s);
  }
  .panel h2 .push {
    margin-inline-start: auto;
  }
  .tile {
    grid-column: span 2;
    min-height: 116px;
    display: flex;
    flex-direction: column;
  }
  .tile h2 {
    color: var(--ink-3);
    font-weight: 520;
    font-size: var(--text-s);
    min-height: 0;
    margin: 0;
  }
  .figure {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    gap: 0 7px;
  }
  .figure lf-figure {
    font-size: var(--text-2xl);
    font-weight: 620;
    letter-spacing: -0.025em;
    line-height: 1.3;
  }
  .figure em {
    font-style: normal;
    font-size: var(--text-s);
    font-weight: 560;
  }
  .up {
    color: var(--good);
  }
  .down {
    color: var(--bad);
  }
  .spark {
    display: block;
    width: 100%;
    height: 28px;
    margin-block-start: auto;
    color: var(--accent);
  }
  .tile.good .spark {
    color: var(--good);
  }
  .tile.warn .spark {
    color: var(--warn);
  }
  .foot {
    margin-block-start: auto;
    color: var(--ink-2);
    font-size: var(--text-s);
  }
  .stagebar {
    display: flex;
    gap: 2px;
    height: 8px;
    margin-block: auto 4px;
  }
  .stagebar i {
    border-radius: 2px;
    min-width: 2px;
  }
  .funnel th,
  .funnel td {
    border: 0;
    padding-block: 4px;
  }
  .funnel tbody th {
    width: 30%;
    white-space: normal;
  }
  .track {
    width: 100%;
  }
  .step {
    height: 22px;
    border-radius: 5px;
    transition: inline-size var(--motion-slow);
  }
  .count {
    font-weight: 580;
  }
  .now {
    margin-block-start: 10px;
    font-size: var(--text-s);
  }
  .none {
    padding-block: 12px;
  }
  ${tableStyles}
  @media (max-width: 1180px) {
    .tile {
      grid-column: span 4;
    }
    .w7,
    .w5 {
      grid-column: 1 / -1;
    }
  }
  @media (max-width: 640px) {
    .grid {
      padding: 12px;
      gap: 8px;
    }
    .tile {
      grid-column: span 6;
      min-height: 104px;
    }
    .panel {
      padding: 12px 14px;
    }
    .bar {
      flex-wrap: wrap;
      padding-block: 8px;
    }
    .asof {
      display: none;
    }
    .bar h1 {
      flex: 1;
      overflow: hidden;
      text-overflow: ellipsis;
    }
    .bar .seg {
      margin: 0;
      width: 100%;
    }
    .bar .seg button {
      flex: 1;
      justify-content: center;
    }
  }
`;
