import { css } from 'lit';

/** The drawer at the end edge below the bar; the whole window on a phone; beside each other when wide. */
export const drawerStyles = css`
  :host {
    position: absolute;
    inset-block: 0;
    inset-inline-end: 0;
    z-index: 5;
    width: min(440px, 100%);
    display: flex;
    flex-direction: column;
    background: var(--surface);
    border-inline-start: 1px solid var(--line);
    box-shadow: var(--shadow-3);
    animation: enter var(--motion-slow);
    outline: none;
  }
  @keyframes enter {
    from {
      opacity: 0;
      translate: var(--from, 24px) 0;
    }
  }
  :host(:dir(rtl)) {
    --from: -24px;
  }
  :host([wide]) {
    width: 100%;
  }
  .top {
    padding: 10px 18px 14px;
    border-block-end: 1px solid var(--line);
    flex: none;
  }
  .facts {
    display: flex;
    align-items: center;
    gap: 8px;
    color: var(--ink-3);
    font-size: var(--text-s);
    min-height: var(--control);
  }
  .facts .stage {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    color: var(--ink-2);
    font-weight: var(--weight-medium);
  }
  .facts i {
    width: 8px;
    height: 8px;
    border-radius: 3px;
    flex: none;
  }
  .facts .tools {
    margin-inline-start: auto;
    display: flex;
    align-items: center;
    gap: 2px;
    margin-inline-end: -8px;
  }
  .facts .tools .tools {
    margin: 0;
  }
  .viewers {
    display: inline-flex;
    margin-inline-end: 6px;
  }
  .viewers lf-avatar {
    outline: 2px solid var(--accent);
    outline-offset: 0;
    margin-inline-start: 4px;
  }
  h2 {
    margin-block-start: 6px;
    font-size: var(--text-xl);
    font-weight: 640;
    letter-spacing: -0.015em;
    line-height: 1.25;
    overflow-wrap: anywhere;
  }
  .sub {
    display: flex;
    flex-wrap: wrap;
    gap: 2px 10px;
    align-items: center;
    color: var(--ink-2);
    margin-block-start: 2px;
  }
  .owner {
    display: inline-flex;
    gap: 6px;
    align-items: center;
  }
  .acts {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
    margin-block-start: 12px;
  }
  .tags {
    display: flex;
    flex-wrap: wrap;
    gap: 4px;
    margin-block-start: 12px;
  }
  .tag {
    display: inline-flex;
    align-items: center;
    gap: 2px;
    min-height: 24px;
    padding-inline: 9px;
    border-radius: var(--radius-full);
    background: var(--hover);
    color: var(--ink-2);
    font-size: var(--text-s);
    font-weight: 520;
  }
  .tag button {
    width: 24px;
    height: 24px;
    margin-inline: -2px -8px;
    display: grid;
    place-items: center;
    border-radius: 50%;
    color: var(--ink-3);
  }
  .tag button:hover {
    color: var(--bad);
  }
  .tag .ic {
    width: 11px;
    height: 11px;
    stroke-width: 2.2;
  }
  .tag-new {
    height: 24px;
    width: 92px;
    padding-inline: 9px;
    border: 1px dashed var(--line-strong);
    border-radius: var(--radius-full);
    background: none;
    font-size: var(--text-s);
  }
  .tag-new::placeholder {
    color: var(--ink-3);
    opacity: 1;
  }
  .body {
    overflow-y: auto;
    overscroll-behavior: contain;
    flex: 1;
    min-height: 0;
  }
  .fields {
    display: grid;
    gap: 2px;
    padding: 12px 18px;
    border-block-end: 1px solid var(--line);
    align-content: start;
  }
  .fields .btn {
    justify-self: start;
    margin-inline-start: -8px;
  }
  .log {
    padding: 10px 18px 24px;
  }
  .tabs {
    display: flex;
    gap: 4px;
    margin-inline-start: -8px;
    margin-block-end: 8px;
  }
  .tabs button {
    min-height: 28px;
    padding-inline: 8px;
    border-radius: 6px;
    color: var(--ink-3);
    font-weight: var(--weight-medium);
  }
  .tabs button:hover {
    color: var(--ink);
  }
  .tabs button[aria-selected='true'] {
    color: var(--ink);
    background: var(--hover);
  }
  .write {
    display: grid;
    gap: 6px;
    margin-block-end: 8px;
  }
  .write textarea {
    min-height: 36px;
    height: 36px;
    field-sizing: content;
    max-height: 220px;
    resize: none;
    padding-block: 7px;
    unicode-bidi: plaintext;
    text-align: start;
  }
  .write .send {
    display: flex;
    justify-content: flex-end;
    align-items: center;
    gap: 10px;
    color: var(--ink-3);
    font-size: var(--text-s);
  }
  .gone {
    display: flex;
    align-items: center;
    gap: 10px;
    margin: 12px 18px 0;
    padding: 10px 12px;
    border-radius: var(--radius-m);
    background: var(--bad-soft);
    color: var(--bad);
  }
  .gone .btn {
    margin-inline-start: auto;
  }
  .wait {
    margin: 18px;
    display: grid;
    gap: 12px;
  }
  .wait span {
    height: 18px;
  }
  :host([wide]) .body {
    display: grid;
    grid-template-columns: minmax(320px, 2fr) 3fr;
    overflow: hidden;
  }
  :host([wide]) .fields,
  :host([wide]) .log {
    overflow-y: auto;
    border-block-end: 0;
  }
  :host([wide]) .fields {
    border-inline-end: 1px solid var(--line);
  }
  @media (min-width: 641px) {
    :host(:not([wide])) {
      inset-block-start: var(--bar);
    }
  }
  @media (max-width: 640px) {
    :host {
      position: fixed;
      inset: 0;
      width: 100%;
      z-index: 20;
      border: 0;
    }
    .expand {
      display: none;
    }
    .acts {
      flex-wrap: nowrap;
    }
    .acts .btn {
      flex: 1 1 auto;
      height: 44px;
      padding-inline: 10px;
    }
    .acts .btn.icon {
      flex: none;
      width: 44px;
    }
    .facts .tools .btn {
      width: 44px;
      height: 44px;
    }
  }
  @media (pointer: coarse) {
    .tag {
      min-height: 36px;
    }
    .tag button {
      width: 36px;
      height: 36px;
    }
    .tag-new {
      height: 36px;
      font-size: 16px;
    }
    .tabs button {
      min-height: 44px;
      padding-inline: 14px;
    }
  }
`;
