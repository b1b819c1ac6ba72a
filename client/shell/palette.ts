import { css, html, nothing, type TemplateResult } from 'lit';
import type { BoardRow } from '../../projections/leads/rows.ts';
import { go, openLead } from '../router.ts';
import { can, fetchJson, me, signOut } from '../sync/session.ts';
import { base } from '../ui/base.ts';
import { type IconName, icon } from '../ui/icons.ts';
import { Localized } from '../ui/localized.ts';
import { focusedElement } from '../ui/place.ts';
import { setTheme } from '../ui/theme.ts';
import { phone } from '../words/format.ts';
import { whyRefused } from '../words/refusals.ts';
import { language, languages, named, setLanguage, t } from '../words/words.ts';
import { openOverlay } from './rail.ts';
import { screens } from './routes.ts';
import '../ui/avatar.ts';

interface Entry {
  group: string;
  label: string;
  icon: IconName;
  hint?: string;
  keys?: string;
  person?: { id: string; name: string };
  run(): void;
}

const PAUSE_MS = 120;

/** Ctrl+K: find a lead, go anywhere, do anything, without leaving the keyboard. */
class Palette extends Localized {
  static override properties = {
    query: { state: true },
    found: { state: true },
    active: { state: true },
    looking: { state: true },
    problem: { state: true },
  };
  declare query: string;
  declare found: BoardRow[];
  declare active: number;
  declare looking: boolean;
  declare problem: string | null;
  #search: AbortController | null = null;
  #pause: ReturnType<typeof setTimeout> | undefined;
  #returnTo: HTMLElement | null = null;

  constructor() {
    super();
    this.query = '';
    this.found = [];
    this.active = 0;
    this.looking = false;
    this.problem = null;
  }

  static override styles = [
    base,
    css`
      dialog {
        width: min(620px, calc(100vw - 24px));
        margin-block-start: min(14vh, 120px);
        padding: 0;
        border: 1px solid var(--line);
        border-radius: 14px;
        background: var(--raised);
        color: var(--ink);
        box-shadow: var(--shadow-3);
        overflow: hidden;
      }
      dialog[open] {
        animation: open var(--motion);
      }
      dialog::backdrop {
        background: var(--scrim);
      }
      @keyframes open {
        from {
          opacity: 0;
          translate: 0 -6px;
        }
      }
      .ask {
        display: flex;
        align-items: center;
        gap: 10px;
        padding-inline: 16px;
        border-block-end: 1px solid var(--line);
        color: var(--ink-3);
      }
      input {
        flex: 1;
        min-width: 0;
        height: 52px;
        border: 0;
        background: none;
        font-size: var(--text-l);
        color: var(--ink);
      }
      input::placeholder {
        color: var(--ink-3);
        opacity: 1;
      }
      input:focus-visible {
        outline: none;
      }
      .list {
        max-height: min(420px, 56dvh);
        overflow-y: auto;
        padding: 6px;
        overscroll-behavior: contain;
      }
      .title,
      .note {
        padding: 10px 10px 4px;
        font-size: var(--text-s);
        color: var(--ink-3);
        font-weight: var(--weight-medium);
      }
      .note {
        padding-block: 8px;
        font-weight: var(--weight);
      }
      .item {
        display: flex;
        align-items: center;
        gap: 10px;
        min-height: 38px;
        padding: 4px 10px;
        border-radius: var(--radius-m);
        cursor: pointer;
      }
      .item[aria-selected='true'] {
        background: var(--accent-soft);
      }
      .item > .ic {
        color: var(--ink-3);
        margin-inline: 3px;
      }
      .item[aria-selected='true'] > .ic {
        color: var(--accent);
      }
      .item .text {
        flex: 1;
        font-weight: 520;
      }
      .item small {
        color: var(--ink-2);
        font-size: var(--text-s);
        max-width: 46%;
      }
      footer {
        display: flex;
        gap: 16px;
        padding: 8px 16px;
        border-block-start: 1px solid var(--line);
        background: var(--sunken);
        color: var(--ink-3);
        font-size: var(--text-s);
      }
      footer span {
        display: inline-flex;
        gap: 5px;
        align-items: center;
      }
      @media (pointer: coarse) {
        footer {
          display: none;
        }
        .item {
          min-height: 46px;
        }
      }
    `,
  ];

  override connectedCallback(): void {
    this.#returnTo = focusedElement();
    super.connectedCallback();
  }

  protected override firstUpdated(): void {
    this.renderRoot.querySelector('dialog')?.showModal();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#pause);
    this.#search?.abort();
  }

  #entries(): Entry[] {
    const leads = this.found.map((row): Entry => {
      const stage = me().pipeline.stages.find((one) => one.key === row.status);
      return {
        group: t('palette.leads'),
        label: row.name,
        icon: 'user',
        person: { id: row.id, name: row.name },
        hint: [
          stage ? named('stage', stage.key, stage.label) : row.status,
          row.phone === null ? null : phone(row.phone),
          row.company ?? row.location,
        ]
          .filter(Boolean)
          .join(' · '),
        run: () => openLead(row.id),
      };
    });
    const wanted = this.query.trim().toLocaleLowerCase();
    return [...leads, ...this.#commands().filter((entry) => wanted === '' || entry.label.toLocaleLowerCase().includes(wanted))];
  }

  #commands(): Entry[] {
    const other = language() === 'en' ? 'ar' : 'en';
    const theme = (name: 'system' | 'light' | 'dark', glyph: IconName): Entry => ({
      group: t('palette.do'),
      label: `${t('profile.theme')}: ${t(`profile.theme.${name}`)}`,
      icon: glyph,
      run: () => setTheme(name),
    });
    return [
      ...(can('lead.capture')
        ? [{ group: t('palette.do'), label: t('help.new'), icon: 'plus' as const, keys: 'N', run: () => go('/board?new=1') }]
        : []),
      ...screens.map(
        (screen): Entry => ({
          group: t('palette.go'),
          label: t(screen.title),
          icon: screen.icon,
          keys: `G ${screen.key.toUpperCase()}`,
          run: () => go(screen.path),
        }),
      ),
      theme('light', 'sun'),
      theme('dark', 'moon'),
      theme('system', 'screen'),
      { group: t('palette.do'), label: `${t('profile.language')}: ${languages[other]}`, icon: 'globe', run: () => setLanguage(other) },
      { group: t('palette.do'), label: t('profile.shortcuts'), icon: 'keyboard', keys: '?', run: () => openOverlay('help') },
      { group: t('palette.do'), label: t('profile.signOut'), icon: 'door', run: () => void signOut() },
    ];
  }

  #onInput(event: InputEvent): void {
    if (!(event.target instanceof HTMLInputElement)) return;
    this.query = event.target.value;
    this.active = 0;
    clearTimeout(this.#pause);
    this.#search?.abort();
    const wanted = this.query.trim();
    if (wanted.length < 2) {
      this.found = [];
      this.looking = false;
      return;
    }
    this.looking = true;
    this.#pause = setTimeout(() => void this.#find(wanted), PAUSE_MS);
  }

  async #find(wanted: string): Promise<void> {
    const search = new AbortController();
    this.#search = search;
    try {
      const answer = (await fetchJson(`/api/leads?limit=8&q=${encodeURIComponent(wanted)}`, { signal: search.signal })) as {
        rows: BoardRow[];
      };
      this.found = answer.rows;
      this.problem = null;
    } catch (error) {
      if (search.signal.aborted) return;
      this.found = [];
      this.problem = t('palette.failed', { why: whyRefused(error) });
    }
    this.looking = false;
  }

  #onKey(event: KeyboardEvent): void {
    event.stopPropagation();
    const entries = this.#entries();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && entries.length > 0) this.active = (this.active + step + entries.length) % entries.length;
    else if (event.key === 'Enter') this.#run(entries[this.active]);
    else return;
    event.preventDefault();
    void this.updateComplete.then(() => this.renderRoot.querySelector(`#entry${this.active}`)?.scrollIntoView({ block: 'nearest' }));
  }

  #run(entry: Entry | undefined): void {
    if (entry === undefined) return;
    this.renderRoot.querySelector('dialog')?.close();
    entry.run();
  }

  #closed(): void {
    this.#returnTo?.focus({ preventScroll: true });
    this.dispatchEvent(new Event('close'));
  }

  protected override render(): TemplateResult {
    const entries = this.#entries();
    const groups = Map.groupBy(
      entries.map((entry, index) => ({ entry, index })),
      ({ entry }) => entry.group,
    );
    const none = !this.looking && this.problem === null && this.query.trim().length >= 2 && this.found.length === 0;
    return html`<dialog
      aria-label=${t('palette.label')}
      @close=${this.#closed}
      @keydown=${this.#onKey}
      @pointerdown=${(event: PointerEvent) => {
        if (event.target instanceof HTMLDialogElement) event.target.close();
      }}
    >
      <div class="ask">
        ${icon('search')}
        <input
          autofocus
          role="combobox"
          aria-expanded="true"
          aria-controls="list"
          aria-autocomplete="list"
          aria-label=${t('palette.label')}
          aria-activedescendant=${entries.length > 0 ? `entry${this.active}` : nothing}
          placeholder=${t('palette.placeholder')}
          autocomplete="off"
          spellcheck="false"
          @input=${this.#onInput}
        />
        <kbd>Esc</kbd>
      </div>
      <div class="list">
        <div role="status">
          ${none ? html`<div class="note">${t('palette.noLeads', { query: this.query.trim() })}</div>` : nothing}
          ${this.problem === null ? nothing : html`<div class="note">${this.problem}</div>`}
          ${this.looking && this.found.length === 0 ? html`<div class="note">${t('palette.searching')}</div>` : nothing}
        </div>
        <div id="list" role="listbox" aria-label=${t('palette.label')}>
          ${[...groups].map(
            ([title, members]) => html`<div role="group" aria-label=${title}>
              <div class="title" role="presentation">${title}</div>
              ${members.map(({ entry, index }) => this.#item(entry, index))}
            </div>`,
          )}
        </div>
      </div>
      <footer aria-hidden="true">
        <span><kbd>↑</kbd><kbd>↓</kbd>${t('palette.hint.choose')}</span><span><kbd>↵</kbd>${t('palette.hint.open')}</span><span><kbd>Esc</kbd>${t('palette.hint.close')}</span>
      </footer>
    </dialog>`;
  }

  #item(entry: Entry, index: number): TemplateResult {
    return html`<div
      class="item"
      id="entry${index}"
      role="option"
      aria-selected=${index === this.active ? 'true' : 'false'}
      @pointermove=${() => (this.active = index)}
      @click=${() => this.#run(entry)}
    >
      ${entry.person ? html`<lf-avatar .name=${entry.person.name} .key=${entry.person.id}></lf-avatar>` : icon(entry.icon)}
      <span class="text clip"><bdi>${entry.label}</bdi></span>
      ${entry.hint === undefined ? nothing : html`<small class="clip num">${entry.hint}</small>`}
      ${entry.keys === undefined ? nothing : html`<kbd>${entry.keys}</kbd>`}
    </div>`;
  }
}
customElements.define('lf-palette', Palette);
