import { css } from 'lit';

export const boardStyles = css`
  :host {
    display: grid;
    grid-template: auto minmax(0, 1fr) auto / minmax(0, 1fr);
    isolation: isolate;
    min-height: 0;
    background: var(--bg);
    position: relative;
  }
  .tabs {
    display: none;
  }
  .columns {
    display: grid;
    grid-auto-flow: column;
    grid-auto-columns: minmax(214px, 460px);
    gap: 8px;
    min-height: 0;
    padding: 8px 14px 10px;
    overflow-x: auto;
    overflow-y: hidden;
    scrollbar-width: thin;
    scrollbar-color: var(--line-strong) transparent;
  }
  .stage {
    position: relative;
    min-height: 0;
    display: grid;
    grid-template: minmax(0, 1fr) / minmax(0, 1fr);
  }
  .updates {
    position: absolute;
    inset-block-start: 10px;
    inset-inline: 0;
    margin-inline: auto;
    width: fit-content;
    z-index: 5;
    background: var(--accent);
    color: var(--accent-ink);
    border-radius: var(--radius-full);
    padding: 4px 12px;
    font-weight: 580;
    font-size: var(--text-s);
    box-shadow: var(--shadow-2);
    pointer-events: none;
    animation: rise var(--motion);
  }
  .zones {
    position: absolute;
    inset-block-end: 14px;
    inset-inline: 0;
    margin-inline: auto;
    width: min(760px, calc(100% - 32px));
    z-index: 6;
    display: grid;
    grid-auto-flow: column;
    grid-auto-columns: minmax(0, 1fr);
    gap: 10px;
    padding: 8px;
    border-radius: 14px;
    background: var(--raised);
    border: 1px solid var(--line);
    box-shadow: var(--shadow-3);
    animation: rise var(--motion-slow);
  }
  .zone {
    --tone: var(--ink-2);
    --soft: var(--hover);
    display: flex;
    align-items: center;
    justify-content: center;
    gap: 8px;
    height: 64px;
    border-radius: 10px;
    border: 1.5px dashed color-mix(in oklch, var(--tone) 45%, transparent);
    color: var(--tone);
    font-weight: 580;
    transition:
      background var(--motion),
      border-color var(--motion);
  }
  .zone.won {
    --tone: var(--good);
    --soft: var(--good-soft);
  }
  .zone.lost {
    --tone: var(--bad);
    --soft: var(--bad-soft);
  }
  .zone.over {
    background: var(--soft);
    border-color: var(--tone);
    border-style: solid;
  }
  .zone.denied {
    opacity: 0.4;
  }
  @keyframes rise {
    from {
      opacity: 0;
      translate: 0 8px;
    }
  }
  lf-empty.over {
    position: absolute;
    inset: 44px 0 0;
    pointer-events: none;
  }
  lf-empty.over > * {
    pointer-events: auto;
  }
  @media (max-width: 640px) {
    :host {
      --card-height: 96px;
        grid-template-rows: auto auto minmax(0, 1fr);
    }
    .tabs {
      display: flex;
      gap: 2px;
      padding-inline: 10px;
      background: var(--surface);
      border-block-end: 1px solid var(--line);
      overflow-x: auto;
      scrollbar-width: none;
    }
    .tabs button {
      display: flex;
      align-items: center;
      gap: 6px;
      flex: none;
      height: 44px;
      padding-inline: 10px;
      color: var(--ink-2);
      font-weight: 540;
      border-block-end: 2px solid transparent;
    }
    .tabs button[aria-current='true'] {
      color: var(--accent);
      border-color: var(--accent);
    }
    .tabs i {
      width: 8px;
      height: 8px;
      border-radius: 3px;
    }
    .tabs b {
      color: var(--ink-3);
      font-weight: 520;
      font-size: var(--text-s);
    }
    .columns {
      grid-auto-columns: 88vw;
      gap: 8px;
      padding: 4px 6vw 0;
      scroll-padding-inline: 6vw;
      scroll-snap-type: x mandatory;
      scrollbar-width: none;
    }
    .columns.dragging {
      scroll-snap-type: none;
    }
    lf-board-column {
      scroll-snap-align: center;
    }
    lf-floor-strip {
      display: none;
    }
    .zones {
      width: calc(100% - 20px);
    }
  }
`;
