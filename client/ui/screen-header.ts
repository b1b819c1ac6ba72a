import { css } from 'lit';

/** A screen: a bar with its heading above one scrolling region; `seg` is a group of choices in the bar. */
export const screenHeader = css`
  :host {
    display: grid;
    grid-template-rows: auto minmax(0, 1fr);
    grid-template-columns: minmax(0, 1fr);
    min-height: 0;
    background: var(--bg);
  }
  .bar {
    display: flex;
    align-items: center;
    gap: 10px;
    min-height: var(--bar);
    padding-inline: 16px;
    border-block-end: 1px solid var(--line);
    background: var(--surface);
  }
  .bar h1 {
    font-size: var(--text-l);
    font-weight: var(--weight-strong);
    letter-spacing: -0.01em;
    white-space: nowrap;
  }
  .bar .push,
  .bar .seg {
    margin-inline-start: auto;
  }
  .scroll {
    overflow-y: auto;
    overscroll-behavior: contain;
    min-height: 0;
    outline: none;
  }
  .seg {
    display: inline-flex;
    border: 1px solid var(--line-strong);
    border-radius: var(--radius-m);
    overflow: hidden;
  }
  .seg button {
    height: calc(var(--control) - 2px);
    padding-inline: 11px;
    color: var(--ink-2);
    font-weight: 520;
    display: inline-flex;
    gap: 6px;
    align-items: center;
    white-space: nowrap;
  }
  .seg button + button {
    border-inline-start: 1px solid var(--line);
  }
  .seg button:hover {
    background: var(--hover);
  }
  .seg button[aria-pressed='true'] {
    background: var(--accent-soft);
    color: var(--accent);
  }
  .seg button:focus-visible {
    outline-offset: -2px;
  }
  .seg b {
    font-weight: 600;
    font-size: var(--text-s);
  }
  @media (max-width: 640px) {
    .bar {
      min-height: 52px;
    }
    .bar .wide {
      display: none;
    }
  }
`;
