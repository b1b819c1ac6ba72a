import { css } from 'lit';

/** What every component's shadow root starts from: reset, type, focus ring, and the controls that are plain HTML. */
export const base = css`
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  :host {
    color: var(--ink);
  }
  :host([hidden]),
  [hidden] {
    display: none !important;
  }
  h1,
  h2,
  h3,
  h4,
  p,
  dl,
  dd,
  ol,
  ul,
  figure,
  fieldset {
    margin: 0;
    padding: 0;
    border: 0;
  }
  ol,
  ul {
    list-style: none;
  }
  button,
  input,
  select,
  textarea {
    font: inherit;
    color: inherit;
    letter-spacing: inherit;
  }
  button {
    border: 0;
    background: none;
    padding: 0;
    cursor: pointer;
    touch-action: manipulation;
  }
  button:disabled,
  [aria-disabled='true'] {
    cursor: default;
  }
  a {
    color: inherit;
    text-decoration: none;
  }
  :focus-visible {
    outline: 2px solid var(--focus);
    outline-offset: 1px;
  }
  .num {
    font-variant-numeric: tabular-nums;
  }
  .quiet {
    color: var(--ink-3);
  }
  .clip {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    min-width: 0;
  }
  .sr {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .ic {
    width: 16px;
    height: 16px;
    flex: none;
    stroke: currentColor;
    fill: none;
    stroke-width: 1.7;
    stroke-linecap: round;
    stroke-linejoin: round;
    display: block;
  }
  [dir='rtl'] .flip,
  :host(:dir(rtl)) .flip {
    scale: -1 1;
  }
  kbd {
    font: 500 10.5px/15px var(--font);
    border: 1px solid var(--line-strong);
    border-block-end-width: 2px;
    border-radius: 4px;
    padding-inline: 4px;
    color: var(--ink-3);
    background: var(--surface);
    white-space: nowrap;
  }
  @media (pointer: coarse) {
    kbd {
      display: none;
    }
  }
`;

/** Buttons: `btn`, with `pri` (the one main action), `ghost`, `danger`, `small`, `icon` (square; needs an aria-label). */
export const buttons = css`
  .btn {
    height: var(--control);
    padding-inline: 12px;
    border-radius: var(--radius-m);
    font-weight: var(--weight-medium);
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 6px;
    border: 1px solid var(--line-strong);
    background: var(--surface);
    white-space: nowrap;
    flex: none;
    transition:
      background var(--motion),
      border-color var(--motion),
      color var(--motion);
  }
  .btn:hover:not(:disabled, [aria-disabled='true']) {
    background: var(--hover);
  }
  .btn:disabled,
  .btn[aria-disabled='true'] {
    color: var(--ink-3);
    background: var(--sunken);
    border-color: var(--line);
  }
  .btn.pri {
    background: var(--accent);
    color: var(--accent-ink);
    border-color: transparent;
  }
  .btn.pri:hover:not(:disabled, [aria-disabled='true']) {
    background: var(--accent-strong);
  }
  .btn.pri kbd,
  .btn.danger kbd {
    background: transparent;
    color: inherit;
    border-color: color-mix(in oklch, currentColor 45%, transparent);
  }
  .btn.pri:disabled,
  .btn.pri[aria-disabled='true'] {
    background: var(--hover);
    color: var(--ink-2);
  }
  .btn.ghost {
    border-color: transparent;
    background: none;
    color: var(--ink-2);
  }
  .btn.ghost:hover {
    color: var(--ink);
  }
  .btn.danger {
    color: var(--bad);
  }
  .btn.small {
    height: var(--control-s);
    padding-inline: 8px;
    font-size: var(--text-s);
    border-radius: 6px;
  }
  .btn.icon {
    width: var(--control);
    padding: 0;
  }
  .btn.icon.small {
    width: var(--control-s);
  }
`;

/** Text fields and labels: a `field` wraps a label and an `input`; `.error` below it says what to do. */
export const fields = css`
  .field {
    display: grid;
    gap: 5px;
  }
  .field > label,
  .field > .label {
    font-weight: var(--weight-medium);
    font-size: var(--text-s);
    color: var(--ink-2);
  }
  .input {
    width: 100%;
    min-width: 0;
    height: calc(var(--control) + 4px);
    padding-inline: 10px;
    border: 1px solid var(--line-strong);
    border-radius: var(--radius-m);
    background: var(--surface);
    transition: border-color var(--motion);
  }
  textarea.input {
    height: auto;
    min-height: 72px;
    padding-block: 8px;
    resize: vertical;
    line-height: 1.45;
  }
  .input::placeholder {
    color: var(--ink-3);
    opacity: 1;
  }
  .input:hover {
    border-color: var(--ink-3);
  }
  .input:focus-visible {
    outline: 2px solid var(--focus);
    outline-offset: -1px;
    border-color: transparent;
  }
  .input[aria-invalid='true'] {
    border-color: var(--bad);
  }
  .error {
    color: var(--bad);
    font-size: var(--text-s);
    display: flex;
    gap: 5px;
    align-items: flex-start;
  }
  .error .ic {
    width: 14px;
    height: 14px;
    margin-block-start: 1px;
  }
  .hint {
    color: var(--ink-3);
    font-size: var(--text-s);
  }
  @media (pointer: coarse) {
    .input {
      font-size: 16px;
    }
  }
`;

/** Small shared marks: pills that carry a meaning (with text), chips, source tags, skeleton blocks. */
export const marks = css`
  .pill {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    height: 24px;
    padding-inline: 9px;
    border-radius: var(--radius-full);
    font-size: var(--text-s);
    font-weight: 550;
    white-space: nowrap;
    color: var(--ink-2);
    background: var(--hover);
  }
  .pill.dot::before {
    content: '';
    width: 7px;
    height: 7px;
    border-radius: 50%;
    background: currentColor;
    flex: none;
  }
  .pill .ic {
    width: 13px;
    height: 13px;
  }
  .pill.good {
    color: var(--good);
    background: var(--good-soft);
  }
  .pill.warn {
    color: var(--warn);
    background: var(--warn-soft);
  }
  .pill.bad {
    color: var(--bad);
    background: var(--bad-soft);
  }
  .pill.new {
    color: var(--new);
    background: var(--new-soft);
  }
  .pill.accent {
    color: var(--accent);
    background: var(--accent-soft);
  }
  .src {
    padding-inline: 5px;
    border-radius: 4px;
    background: var(--hover);
    color: var(--ink-2);
    font-weight: 520;
    font-size: var(--text-xs);
    line-height: 18px;
    white-space: nowrap;
  }
  .panel {
    background: var(--surface);
    border: 1px solid var(--line);
    border-radius: var(--radius-l);
    box-shadow: var(--shadow-1);
    min-width: 0;
  }
  .skeleton {
    display: block;
    border-radius: var(--radius-s);
    background: var(--hover);
    animation: lf-appear 200ms 200ms both;
  }
  @keyframes lf-appear {
    from {
      opacity: 0;
    }
  }
`;
