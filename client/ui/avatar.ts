import { css, html, LitElement, nothing, type TemplateResult } from 'lit';

/** Letters of a name for an avatar: first of the first word and of the last. */
export function initials(name: string): string {
  const words = name
    .trim()
    .split(/\s+/u)
    .filter((word) => /\p{L}|\p{N}/u.test(word));
  const first = [...(words[0] ?? '')][0] ?? '?';
  const last = words.length > 1 ? ([...(words.at(-1) ?? '')][0] ?? '') : '';
  return (first + last).toLocaleUpperCase();
}

/** The same person has the same colour everywhere: a hue from the id. */
export function hueOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < id.length; at += 1) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % 360;
}

/**
 * `<lf-avatar name="Sara M." key="<agent id>" size="22" status="available">`: initials on the person's colour, with a
 * dot for the availability. Decoration unless `label` is set; the text beside it says the same.
 */
export class Avatar extends LitElement {
  static override properties = { name: {}, key: {}, size: { type: Number }, status: {}, label: {} };
  declare name: string;
  declare key: string;
  declare size: number;
  declare status: 'available' | 'paused' | 'away' | '';
  declare label: string;

  constructor() {
    super();
    this.name = '';
    this.key = '';
    this.size = 22;
    this.status = '';
    this.label = '';
  }

  static override styles = css`
    :host {
      display: inline-grid;
      place-items: center;
      flex: none;
      position: relative;
      width: var(--size);
      height: var(--size);
      border-radius: 50%;
      background: oklch(51% 0.125 var(--person));
      color: var(--avatar-ink);
      font-size: calc(var(--size) * 0.4);
      font-weight: 640;
      line-height: 1;
      letter-spacing: 0;
      user-select: none;
    }
    /* Drawn, not written: the letters are no name, and the text beside the avatar or its label is. */
    :host::before {
      content: attr(data-letters);
    }
    i {
      position: absolute;
      box-sizing: border-box;
      inset-block-end: -2px;
      inset-inline-end: -3px;
      width: max(9px, calc(var(--size) * 0.34));
      height: max(9px, calc(var(--size) * 0.34));
      border-radius: 50%;
      border: 1.5px solid var(--around, var(--surface));
      background: var(--good);
    }
    :host([status='paused']) i {
      background: var(--warn);
    }
    :host([status='away']) i {
      background: var(--surface);
      box-shadow: inset 0 0 0 2px var(--ink-3);
    }
  `;

  protected override willUpdate(): void {
    this.style.setProperty('--person', String(hueOf(this.key === '' ? this.name : this.key)));
    this.style.setProperty('--size', `${this.size}px`);
    this.dataset['letters'] = initials(this.name);
    if (this.status === '') this.removeAttribute('status');
    else this.setAttribute('status', this.status);
    if (this.label === '') this.setAttribute('aria-hidden', 'true');
    else {
      this.removeAttribute('aria-hidden');
      this.setAttribute('role', 'img');
      this.setAttribute('aria-label', this.label);
    }
  }

  protected override render(): TemplateResult | typeof nothing {
    return this.status === '' ? nothing : html`<i></i>`;
  }
}
customElements.define('lf-avatar', Avatar);
declare global {
  interface HTMLElementTagNameMap {
    'lf-avatar': Avatar;
  }
}
