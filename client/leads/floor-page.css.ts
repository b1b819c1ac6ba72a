import { css } from 'lit';

/** The agents' floor: one line a person on a desk, a card a person on a phone. */
export const floorStyles = css`
  .summary {
    font-size: var(--text-s);
  }
  .page {
    max-width: 1080px;
    margin-inline: auto;
    padding: 16px;
    display: grid;
    gap: 8px;
  }
  .free {
    display: flex;
    align-items: center;
    gap: 10px;
    padding: 10px 14px;
    border-radius: var(--radius-l);
    border: 1px dashed var(--line-strong);
    background: var(--surface);
  }
  .free:hover {
    background: var(--hover);
  }
  .free b {
    font-weight: 600;
  }
  .free span {
    color: var(--ink-2);
    flex: 1;
  }
  .free .ic:first-child {
    color: var(--accent);
  }
  .head,
  .agent {
    display: grid;
    grid-template-columns: minmax(200px, 1fr) 168px 176px 168px 104px;
    gap: 12px;
    align-items: center;
  }
  .head {
    padding-inline: 16px;
    color: var(--ink-3);
    font-size: var(--text-s);
    font-weight: 520;
    padding-block-start: 6px;
  }
  ul.panel {
    overflow: hidden;
  }
  ul.panel > li + li {
    border-block-start: 1px solid var(--line);
  }
  .agent {
    padding: 8px 16px;
    min-height: 56px;
  }
  .who {
    display: flex;
    align-items: center;
    gap: 11px;
    min-width: 0;
    text-align: start;
    border-radius: var(--radius-m);
    padding: 4px 6px;
    margin-inline-start: -6px;
  }
  .who:hover {
    background: var(--hover);
  }
  .name {
    display: grid;
    min-width: 0;
    line-height: 1.3;
  }
  .first {
    display: flex;
    gap: 6px;
    align-items: center;
    min-width: 0;
    font-weight: 580;
  }
  .here {
    color: var(--good);
    font-size: var(--text-xs);
    font-weight: 520;
    white-space: nowrap;
  }
  .name small {
    color: var(--ink-3);
    font-size: var(--text-s);
  }
  .load {
    display: flex;
    align-items: center;
    gap: 9px;
    white-space: nowrap;
  }
  .cap {
    flex: 1;
    min-width: 48px;
    max-width: 72px;
    height: 5px;
    border-radius: 3px;
    background: var(--hover);
    overflow: hidden;
  }
  .cap i {
    display: block;
    height: 100%;
    background: var(--accent);
    transition: inline-size var(--motion-slow);
  }
  .cap.full i {
    background: var(--bad);
  }
  .waits {
    display: inline-flex;
    gap: 6px;
    align-items: center;
    white-space: nowrap;
  }
  .waits .ic {
    width: 14px;
    height: 14px;
  }
  .late {
    color: var(--bad);
    font-weight: 560;
  }
  .acts {
    display: flex;
    justify-content: flex-end;
  }
  .leads {
    display: grid;
    padding: 2px 16px 12px;
    padding-inline-start: 60px;
  }
  .lead {
    display: grid;
    grid-template-columns: minmax(140px, 1fr) 150px 110px auto;
    gap: 12px;
    align-items: center;
    min-height: 36px;
    border-block-start: 1px solid var(--line);
  }
  .open {
    display: flex;
    gap: 8px;
    align-items: center;
    min-height: 28px;
    text-align: start;
    font-weight: 520;
    border-radius: var(--radius-s);
  }
  .open:hover {
    color: var(--accent);
  }
  .open i {
    width: 8px;
    height: 8px;
    border-radius: 3px;
    flex: none;
  }
  .none {
    padding: 4px 16px 14px;
    padding-inline-start: 60px;
  }
  .all {
    display: inline-block;
    padding-block: 8px;
    color: var(--accent);
    font-weight: 540;
  }
  .wait {
    display: grid;
    gap: 14px;
    padding: 16px;
  }
  .wait span {
    height: 34px;
  }
  @media (max-width: 860px) {
    .head {
      display: none;
    }
    .agent {
      grid-template-columns: 1fr auto;
      row-gap: 6px;
      padding: 12px 14px;
    }
    .who {
      grid-column: 1 / -1;
    }
    .load,
    .acts {
      justify-self: end;
    }
    .acts .btn {
      height: 36px;
    }
    .free span {
      display: none;
    }
    .free b {
      flex: 1;
    }
    .leads,
    .none {
      padding-inline-start: 14px;
    }
    .lead {
      grid-template-columns: minmax(0, 1fr) auto auto;
      min-height: 44px;
    }
    .lead > :nth-child(2) {
      display: none;
    }
  }
  @media (max-width: 640px) {
    .summary {
      display: none;
    }
    .page {
      padding: 12px;
    }
  }
`;
