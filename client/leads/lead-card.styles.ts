import { css } from 'lit';

/** Fixed height, three lines; the title link covers the card, the controls lie above it. */
export const cardStyles = css`
  :host {
    display: block;
    height: var(--card-height, 84px);
    contain: layout style size;
  }
  .card {
    position: relative;
    height: var(--card-height, 84px);
    display: grid;
    grid-template: 20px 18px 1fr / minmax(0, 1fr);
    padding: 8px 10px;
    background: var(--surface);
    border: 1px solid var(--line);
    border-radius: var(--radius-m);
    box-shadow: var(--shadow-1);
    cursor: pointer;
    user-select: none;
    -webkit-touch-callout: none;
    transition:
      border-color var(--motion),
      opacity var(--motion);
  }
  .card:hover {
    border-color: var(--line-strong);
  }
  .card.unassigned {
    border-style: dashed;
    border-color: var(--line-strong);
  }
  .card.open {
    border-color: var(--accent);
  }
  .card:has(.title:focus-visible) {
    outline: 2px solid var(--focus);
    outline-offset: 0;
  }
  .title:focus-visible {
    outline: none;
  }
  .card.fresh::before {
    content: '';
    position: absolute;
    inset: -1px;
    border-radius: inherit;
    border: 1px solid color-mix(in oklch, var(--accent) 45%, var(--line));
    background: color-mix(in oklch, var(--accent) 9%, transparent);
    pointer-events: none;
    animation: settle 1500ms ease-in forwards;
    animation-delay: var(--fresh-delay, 0ms);
  }
  @keyframes settle {
    70% {
      opacity: 1;
    }
    to {
      opacity: 0;
    }
  }
  .card.away {
    opacity: 0.38;
  }
  .r1 {
    display: flex;
    align-items: center;
    gap: 6px;
    min-width: 0;
  }
  .title {
    font-weight: 590;
    color: var(--ink);
  }
  .title::after {
    content: '';
    position: absolute;
    inset: 0;
    border-radius: inherit;
  }
  .marks {
    margin-inline-start: auto;
    display: flex;
    align-items: center;
    gap: 5px;
    flex: none;
  }
  .viewer {
    position: relative;
    outline: 2px solid var(--accent);
    outline-offset: 1px;
    margin-inline-end: 2px;
  }
  .score {
    font-size: var(--text-xs);
    font-weight: 640;
    padding: 0 5px;
    line-height: 17px;
    border-radius: 5px;
    color: var(--ink-2);
    background: var(--hover);
  }
  .score.hot {
    color: var(--bad);
    background: var(--bad-soft);
  }
  .score.warm {
    color: var(--warn);
    background: var(--warn-soft);
  }
  .r2 {
    display: flex;
    white-space: nowrap;
    color: var(--ink-2);
    font-size: var(--text-s);
    line-height: 18px;
  }
  .r2 .clip {
    display: block;
  }
  .r2 .clip::first-letter {
    text-transform: uppercase;
  }
  .r3 {
    display: flex;
    align-items: center;
    gap: 7px;
    align-self: end;
    min-width: 0;
    height: 22px;
    font-size: var(--text-xs);
    color: var(--ink-3);
    white-space: nowrap;
  }
  .timer {
    font-weight: 620;
    color: var(--ink-2);
    display: inline-flex;
    align-items: center;
    gap: 4px;
  }
  .timer .ic {
    width: 12px;
    height: 12px;
  }
  .timer.soon {
    color: var(--warn);
  }
  .timer.late {
    color: var(--bad);
  }
  .src {
    display: inline-block;
  }
  .src::first-letter {
    text-transform: uppercase;
  }
  .src.partial {
    color: var(--warn);
    background: var(--warn-soft);
  }
  .src.partial i {
    font-style: normal;
    font-weight: 700;
  }
  .facts {
    display: flex;
    align-items: center;
    gap: 7px;
    min-width: 0;
    overflow: hidden;
  }
  .do {
    margin-inline-start: auto;
    display: flex;
    align-items: center;
    gap: 4px;
    position: relative;
    flex: none;
  }
  .do button {
    display: grid;
    place-items: center;
    min-width: 24px;
    height: 24px;
    border-radius: 6px;
  }
  .owner {
    border-radius: 50%;
  }
  .more {
    position: absolute;
    inset-block-start: 5px;
    inset-inline-end: 6px;
    display: grid;
    place-items: center;
    width: 28px;
    height: 24px;
    border-radius: 6px;
    color: var(--ink-2);
    background: var(--surface);
    box-shadow: 0 0 0 3px var(--surface);
    opacity: 0;
    transition: opacity var(--motion);
  }
  .more:hover {
    background: var(--hover);
    color: var(--ink);
  }
  .card:hover .more,
  .card:focus-within .more,
  .more[aria-expanded='true'] {
    opacity: 1;
  }
  .claim {
    padding-inline: 10px;
    background: var(--accent);
    color: var(--accent-ink);
    font-weight: 600;
    font-size: var(--text-xs);
  }
  .claim:hover {
    background: var(--accent-strong);
  }
  .nobody {
    width: 20px;
    height: 20px;
    border-radius: 50%;
    border: 1.5px dashed var(--line-strong);
    color: var(--ink-3);
    display: grid;
    place-items: center;
  }
  .nobody .ic {
    width: 11px;
    height: 11px;
  }
  .saving {
    width: 6px;
    height: 6px;
    border-radius: 50%;
    background: var(--accent);
    animation: lf-appear 200ms 500ms both;
  }
  :host([ghost]) .card {
    box-shadow: var(--shadow-3);
    border-color: var(--accent);
    border-style: solid;
    rotate: 1.2deg;
    cursor: grabbing;
  }
  @media (hover: none) {
    .more {
      position: relative;
      inset: auto;
      opacity: 1;
      box-shadow: none;
      color: var(--ink-3);
    }
  }
  @media (max-width: 640px) {
    .card {
      grid-template-rows: 22px 20px 1fr;
      padding: 9px 12px 8px;
    }
    .title {
      font-size: var(--text-l);
    }
    .r2 {
      font-size: var(--text-m);
      line-height: 20px;
    }
    .r3 {
      font-size: 12.5px;
      height: 34px;
      margin-block-end: -2px;
    }
    .do button {
      min-width: 44px;
      height: 44px;
      margin-block: -5px;
    }
    .more {
      width: 44px;
      height: 44px;
      margin: -10px -12px;
      background: none;
    }
    .do .claim {
      height: 34px;
      margin: 0;
      padding-inline: 18px;
      font-size: 14px;
      border-radius: var(--radius-m);
      position: relative;
    }
    .do .claim::after {
      content: '';
      position: absolute;
      inset: -5px 0;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    :host([ghost]) .card {
      rotate: none;
    }
  }
  @media (forced-colors: active) {
    .card.fresh {
      border-color: Highlight;
    }
  }
`;
