import { css, html, nothing, type TemplateResult } from 'lit';
import { t } from '../words/words.ts';
import { base } from './base.ts';
import { type IconName, icon } from './icons.ts';
import { Localized } from './localized.ts';
import { focusedElement, placeBeside } from './place.ts';
import './avatar.ts';

export interface MenuItem {
  label: string;
  icon?: IconName;
  /** Shows the avatar of this person instead of an icon. */
  person?: { id: string; name: string; status?: 'available' | 'paused' | 'away' };
  /** Hue of a small square (a stage) instead of an icon. */
  hue?: number;
  /** Quiet text at the end: a count, a reason. */
  hint?: string;
  shortcut?: string;
  checked?: boolean;
  danger?: boolean;
  /** Cannot be chosen; say why in `hint`. */
  disabled?: boolean;
  onSelect(): void;
}
export interface MenuSection {
  title?: string;
  items: MenuItem[];
}
export interface MenuOptions {
  /** What the menu is about, for those who cannot see where it opened. */
  label: string;
  /** With a text field that filters: for long lists of people. */
  filter?: boolean;
  /** Where to open, when not beside the element (a context menu). */
  at?: { x: number; y: number };
}

/** One menu at a time, in the top layer, with the focus inside; Escape and a choice give the focus back. */
class Menu extends Localized {
  static override properties = { sections: { attribute: false }, query: { state: true }, active: { state: true } };
  declare sections: MenuSection[];
  declare query: string;
  declare active: number;
  label = '';
  filter = false;
  returnTo: HTMLElement | null = null;
  #typed = '';
  #typedAt = 0;

  constructor() {
    super();
    this.sections = [];
    this.query = '';
    this.active = 0;
  }

  static override styles = [
    base,
    css`
      :host {
        position: fixed;
        inset: auto;
        margin: 0;
        padding: 4px;
        border: 1px solid var(--line);
        border-radius: 10px;
        background: var(--raised);
        color: var(--ink);
        box-shadow: var(--shadow-3);
        min-width: 200px;
        max-width: min(340px, calc(100vw - 16px));
        max-height: min(420px, calc(100dvh - 16px));
        overflow: hidden;
        font: var(--weight) var(--text-m) / 1.4 var(--font);
      }
      :host(:popover-open) {
        display: flex;
        flex-direction: column;
        animation: open var(--motion);
      }
      @keyframes open {
        from {
          opacity: 0;
          translate: 0 -4px;
        }
      }
      input {
        border: 0;
        border-block-end: 1px solid var(--line);
        margin: -4px -4px 4px;
        padding: 10px 14px;
        background: none;
        flex: none;
      }
      input:focus-visible {
        outline: none;
      }
      .scroll {
        overflow-y: auto;
        overscroll-behavior: contain;
        min-height: 0;
      }
      .title {
        color: var(--ink-3);
        font-size: var(--text-xs);
        font-weight: var(--weight-medium);
        padding: 8px 10px 3px;
      }
      .group + .group {
        border-block-start: 1px solid var(--line);
        margin-block-start: 4px;
        padding-block-start: 4px;
      }
      .item {
        display: flex;
        align-items: center;
        gap: 9px;
        width: 100%;
        min-height: 32px;
        padding: 4px 10px;
        border-radius: 6px;
        text-align: start;
        cursor: pointer;
      }
      .item.on {
        background: var(--hover);
      }
      .item:focus-visible {
        outline-offset: -2px;
      }
      .item .ic {
        color: var(--ink-3);
      }
      .item .text {
        flex: 1;
      }
      .item small {
        color: var(--ink-3);
        font-size: var(--text-s);
        white-space: nowrap;
      }
      .item .hue {
        width: 9px;
        height: 9px;
        border-radius: 3px;
        margin-inline: 3px;
        flex: none;
      }
      .item.danger,
      .item.danger .ic {
        color: var(--bad);
      }
      .item[aria-disabled='true'] {
        color: var(--ink-3);
        cursor: default;
      }
      .item[aria-disabled='true'] lf-avatar {
        opacity: 0.55;
      }
      .none {
        padding: 14px 10px;
        color: var(--ink-3);
        text-align: center;
      }
      @media (pointer: coarse) {
        .item {
          min-height: 44px;
        }
      }
    `,
  ];

  #shown(): MenuSection[] {
    const wanted = this.query.trim().toLocaleLowerCase();
    if (wanted === '') return this.sections;
    return this.sections
      .map((section) => ({ ...section, items: section.items.filter((item) => item.label.toLocaleLowerCase().includes(wanted)) }))
      .filter((section) => section.items.length > 0);
  }

  protected override render(): TemplateResult {
    const shown = this.#shown();
    let index = -1;
    return html`
      ${
        this.filter
          ? html`<input
              type="text"
              role="combobox"
              aria-expanded="true"
              aria-controls="list"
              aria-autocomplete="list"
              aria-activedescendant=${`item${this.active}`}
              aria-label=${t('menu.filter')}
              placeholder=${t('menu.filter')}
              autocomplete="off"
              .value=${this.query}
              @input=${this.#onFilter}
            />`
          : nothing
      }
      <div class="scroll" id="list" role=${this.filter ? 'listbox' : 'menu'} aria-label=${this.label}>
        ${shown.map(
          (section) => html`<div class="group" role="group" aria-label=${section.title ?? this.label}>
            ${section.title === undefined ? nothing : html`<div class="title" role="presentation">${section.title}</div>`}
            ${section.items.map((item) => {
              index += 1;
              return this.#item(item, index);
            })}
          </div>`,
        )}
      </div>
      ${shown.length === 0 ? html`<div class="none" role="status">${t('menu.none')}</div>` : nothing}
    `;
  }

  #item(item: MenuItem, index: number): TemplateResult {
    const on = index === this.active;
    const checkable = item.checked !== undefined;
    const role = this.filter ? 'option' : checkable ? 'menuitemradio' : 'menuitem';
    return html`<div
      class="item ${on ? 'on' : ''} ${item.danger ? 'danger' : ''}"
      id=${`item${index}`}
      role=${role}
      tabindex=${this.filter ? nothing : on ? 0 : -1}
      aria-disabled=${item.disabled ? 'true' : nothing}
      aria-checked=${checkable && !this.filter ? String(item.checked) : nothing}
      aria-selected=${this.filter ? String(on) : nothing}
      @pointermove=${() => this.#goTo(index)}
      @click=${() => this.#choose(item)}
    >
      ${
        item.person
          ? html`<lf-avatar .name=${item.person.name} .key=${item.person.id} .status=${item.person.status ?? ''}></lf-avatar>`
          : item.hue !== undefined
            ? html`<i class="hue" .style=${`background: oklch(62% 0.14 ${item.hue})`}></i>`
            : item.icon
              ? icon(item.icon)
              : nothing
      }
      <span class="text clip"><bdi>${item.label}</bdi></span>
      ${item.hint === undefined ? nothing : html`<small>${item.hint}</small>`}
      ${item.shortcut === undefined ? nothing : html`<kbd>${item.shortcut}</kbd>`}
      ${item.checked ? icon('check') : nothing}
    </div>`;
  }

  protected override firstUpdated(): void {
    this.addEventListener('keydown', (event) => this.#onKey(event));
    this.addEventListener('toggle', (event) => {
      if (event.newState === 'closed') this.#closed();
    });
  }

  /** Opens at the rectangle with the focus on the checked item, else the first. */
  async openAt(anchor: DOMRect): Promise<void> {
    const items = this.sections.flatMap((section) => section.items);
    this.active = Math.max(
      0,
      items.findIndex((item) => item.checked),
    );
    await this.updateComplete;
    this.showPopover();
    placeBeside(anchor, this);
    this.#focusActive();
  }

  #items(): MenuItem[] {
    return this.#shown().flatMap((section) => section.items);
  }

  #goTo(index: number): void {
    if (index === this.active) return;
    this.active = index;
    void this.updateComplete.then(() => this.#focusActive());
  }

  #focusActive(): void {
    const field = this.renderRoot.querySelector('input');
    const item = this.renderRoot.querySelector<HTMLElement>(`#item${this.active}`);
    item?.scrollIntoView({ block: 'nearest' });
    (field ?? item)?.focus({ preventScroll: true });
  }

  #onFilter(event: InputEvent): void {
    if (!(event.target instanceof HTMLInputElement)) return;
    this.query = event.target.value;
    this.active = 0;
  }

  #onKey(event: KeyboardEvent): void {
    const count = this.#items().length;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    event.stopPropagation();
    if (step !== undefined && count > 0) this.#goTo((this.active + step + count) % count);
    else if (event.key === 'Home' && !this.filter) this.#goTo(0);
    else if (event.key === 'End' && !this.filter) this.#goTo(count - 1);
    else if (event.key === 'Enter' || (event.key === ' ' && !this.filter)) this.#choose(this.#items()[this.active]);
    else if (event.key === 'Escape' || event.key === 'Tab') this.hidePopover();
    else {
      if (!this.filter && event.key.length === 1 && !event.ctrlKey && !event.metaKey) this.#typeAhead(event.key);
      return;
    }
    event.preventDefault();
  }

  /** Letters typed within half a second of each other go to the item that begins with them. */
  #typeAhead(key: string): void {
    const now = performance.now();
    this.#typed = now - this.#typedAt < 500 ? this.#typed + key.toLocaleLowerCase() : key.toLocaleLowerCase();
    this.#typedAt = now;
    const items = this.#items();
    const start = this.#typed.length === 1 ? this.active + 1 : this.active;
    for (let offset = 0; offset < items.length; offset += 1) {
      const index = (start + offset) % items.length;
      if (items[index]?.label.toLocaleLowerCase().startsWith(this.#typed)) {
        this.#goTo(index);
        return;
      }
    }
  }

  #choose(item: MenuItem | undefined): void {
    if (item === undefined || item.disabled) return;
    this.hidePopover();
    item.onSelect();
  }

  #closed(): void {
    this.remove();
    const focus = focusedElement();
    if (focus === null || focus === this) this.returnTo?.focus({ preventScroll: true });
  }
}
customElements.define('lf-menu', Menu);

/** Opens a menu beside `anchor` (or at a point). The focus returns to where it was. */
export function openMenu(anchor: Element, sections: MenuSection[], options: MenuOptions): void {
  for (const open of document.querySelectorAll<Menu>('lf-menu')) open.hidePopover();
  const menu = new Menu();
  menu.popover = 'auto';
  menu.sections = sections.filter((section) => section.items.length > 0);
  menu.label = options.label;
  menu.filter = options.filter ?? false;
  menu.returnTo = focusedElement() ?? (anchor instanceof HTMLElement ? anchor : null);
  document.body.append(menu);
  const at = options.at;
  void menu.openAt(at === undefined ? anchor.getBoundingClientRect() : new DOMRect(at.x, at.y, 0, 0));
}
