import { css } from 'lit';

/** The sign-in page: the story on the accent at the start, the form at the end; on a phone only the form. */
export const signInStyles = css`
  :host {
    display: grid;
    grid-template-columns: minmax(320px, 5fr) 7fr;
    min-height: 100%;
    overflow: auto;
    background: var(--surface);
  }
  .story {
    display: flex;
    flex-direction: column;
    min-width: 0;
    padding: 40px 48px 0;
    color: var(--ink);
    background: var(--sunken);
    border-inline-end: 1px solid var(--line);
  }
  .brand {
    display: flex;
    align-items: center;
    gap: 10px;
    font-size: var(--text-l);
    font-weight: 640;
    letter-spacing: -0.01em;
  }
  .mark {
    width: 30px;
    height: 30px;
    border-radius: 9px;
    background: var(--accent);
    color: var(--accent-ink);
    display: grid;
    place-items: center;
    font-weight: 700;
  }
  .lead {
    margin-block: auto 20px;
    font-size: clamp(22px, 2.3vw, 32px);
    line-height: 1.22;
    font-weight: 600;
    letter-spacing: -0.022em;
    max-width: 20ch;
    text-wrap: balance;
  }
  .story ul {
    display: grid;
    gap: 10px;
    color: var(--ink-2);
    font-size: 14px;
  }
  .story li {
    display: flex;
    gap: 10px;
    align-items: flex-start;
  }
  .story li .ic {
    color: var(--accent);
    margin-block-start: 2px;
  }
  .floor {
    display: grid;
    grid-template-columns: repeat(3, minmax(0, 1fr));
    gap: 12px;
    height: 300px;
    margin-block-start: auto;
    padding: 16px 16px 0;
    border: 1px solid var(--line);
    border-block-end: 0;
    border-start-start-radius: 14px;
    border-start-end-radius: 14px;
    background: var(--bg);
    box-shadow: var(--shadow-3);
  }
  .column {
    --stage: 240;
    display: flex;
    flex-direction: column;
    gap: 8px;
    min-width: 0;
  }
  .column:nth-child(2) {
    --stage: 200;
  }
  .column:nth-child(3) {
    --stage: 285;
  }
  :host(:dir(rtl)) .card {
    --back: 1;
  }
  .column b {
    height: 6px;
    width: 46%;
    margin-block-end: 4px;
    border-radius: 3px;
    background: oklch(62% 0.14 var(--stage));
  }
  .card {
    position: relative;
    display: grid;
    gap: 7px;
    padding: 11px;
    height: 54px;
    border-radius: var(--radius-m);
    border: 1px solid var(--line);
    background: var(--surface);
    box-shadow: var(--shadow-1);
  }
  .card i {
    height: 6px;
    width: 62%;
    border-radius: 3px;
    background: var(--line-strong);
  }
  .card i + i {
    width: 42%;
    background: var(--line);
  }
  .card:nth-child(odd) i {
    width: 48%;
  }
  .card u {
    position: absolute;
    inset-block-end: 9px;
    inset-inline-end: 9px;
    width: 14px;
    height: 14px;
    border-radius: 50%;
    background: oklch(58% 0.12 var(--who, 30));
  }
  .card:nth-child(2n) u {
    --who: 160;
  }
  .card:nth-child(3n) u {
    --who: 310;
  }
  .column:first-child .card:nth-child(-n + 3) {
    border-style: dashed;
    border-color: var(--line-strong);
  }
  .column:first-child .card:nth-child(-n + 3) u {
    width: 30px;
    border-radius: 5px;
    background: var(--accent);
  }
  .column:nth-child(2) .card:nth-child(2) {
    border-color: var(--accent);
    background: var(--accent-soft);
    box-shadow: var(--shadow-2);
    animation: moved 900ms 500ms var(--ease) backwards;
  }
  @keyframes moved {
    from {
      translate: calc((100% + 12px) * var(--back, -1)) 6px;
      rotate: -2deg;
    }
  }
  .enter {
    display: grid;
    place-items: center;
    padding: 32px 24px;
  }
  .box {
    width: min(400px, 100%);
    display: grid;
    gap: 20px;
  }
  h1 {
    font-size: 22px;
    font-weight: 640;
    letter-spacing: -0.018em;
  }
  form {
    display: grid;
    gap: 14px;
  }
  .input {
    height: 38px;
    font-size: 14px;
  }
  .with {
    position: relative;
  }
  #password {
    padding-inline-end: 40px;
  }
  .reveal {
    position: absolute;
    inset-inline-end: 4px;
    inset-block-start: 4px;
    width: 30px;
    height: 30px;
    display: grid;
    place-items: center;
    border-radius: 6px;
    color: var(--ink-3);
  }
  .reveal:hover {
    color: var(--ink);
    background: var(--hover);
  }
  form .btn {
    height: 38px;
    font-size: 14px;
  }
  .notice,
  .caps {
    display: flex;
    gap: 8px;
    align-items: flex-start;
  }
  .notice {
    padding: 10px 12px;
    border-radius: var(--radius-m);
    background: var(--new-soft);
    color: var(--ink);
  }
  .notice .ic {
    color: var(--new);
    margin-block-start: 1px;
  }
  .caps {
    color: var(--warn);
    margin-block-start: -6px;
  }
  .demo {
    display: grid;
    gap: 10px;
    padding-block-start: 18px;
    border-block-start: 1px solid var(--line);
  }
  .demo p {
    color: var(--ink-2);
  }
  .companies {
    display: flex;
    flex-wrap: wrap;
    gap: 4px;
  }
  .companies span {
    display: block;
    padding: 4px 10px;
    border-radius: var(--radius-full);
    color: var(--ink-2);
    font-weight: 520;
    cursor: pointer;
    border: 1px solid var(--line);
  }
  .companies span:hover {
    background: var(--hover);
  }
  .companies input:checked + span {
    background: var(--accent-soft);
    color: var(--accent);
    border-color: transparent;
  }
  .companies input:focus-visible + span {
    outline: 2px solid var(--focus);
    outline-offset: 1px;
  }
  .people {
    display: grid;
    grid-template-columns: repeat(2, minmax(0, 1fr));
    gap: 6px;
  }
  .person {
    display: flex;
    align-items: center;
    gap: 9px;
    padding: 6px 9px;
    border: 1px solid var(--line);
    border-radius: var(--radius-m);
    text-align: start;
    min-width: 0;
    transition: background var(--motion);
  }
  .person:hover {
    background: var(--hover);
    border-color: var(--line-strong);
  }
  .who {
    display: grid;
    min-width: 0;
    line-height: 1.25;
  }
  .who bdi {
    font-weight: 560;
  }
  .who small {
    color: var(--ink-3);
    font-size: var(--text-s);
  }
  .languages {
    display: flex;
    gap: 4px;
    justify-content: center;
  }
  .languages button {
    padding: 4px 10px;
    min-height: 28px;
    border-radius: var(--radius-s);
    color: var(--ink-3);
  }
  .languages button:hover {
    color: var(--ink);
  }
  .languages button[aria-pressed='true'] {
    color: var(--ink);
    font-weight: var(--weight-medium);
  }
  @media (max-width: 860px) {
    :host {
      grid-template-columns: minmax(0, 1fr);
      grid-template-rows: auto 1fr;
    }
    .story {
      padding: 20px 24px 4px;
      background: none;
      border: 0;
    }
    .lead,
    .story ul,
    .floor {
      display: none;
    }
    .enter {
      place-items: start center;
      padding: 20px 24px 32px;
    }
  }
  @media (max-height: 700px) {
    .floor {
      display: none;
    }
    .story ul {
      margin-block-end: auto;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .card {
      animation: none !important;
    }
  }
  @media (pointer: coarse) {
    .input,
    form .btn {
      height: 46px;
      font-size: 16px;
    }
    .reveal {
      width: 38px;
      height: 38px;
    }
    .companies span {
      padding-block: 9px;
    }
    .person {
      min-height: 48px;
    }
    .languages button {
      min-height: 44px;
    }
  }
`;
