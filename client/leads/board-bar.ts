import { css, html, nothing, type TemplateResult } from 'lit';
import { can, me } from '../sync/session.ts';
import { base, buttons, marks } from '../ui/base.ts';
import { icon } from '../ui/icons.ts';
import { Localized } from '../ui/localized.ts';
import { openMenu } from '../ui/menu.ts';
import { screenHeader } from '../ui/screen-header.ts';
import { number } from '../words/format.ts';
import { t } from '../words/words.ts';
import { agentNamed, agents } from './agents-feed.ts';
import { type BoardFilter, isNarrowed, type QuickFilter, quickFilters, type Sort, sorts } from './board-filter.ts';
import { sourceName } from './stages.ts';
import '../shell/connection-pill.ts';
import '../shell/people-here.ts';

/** `<lf-board-bar>`: title, connection, who is here, search, and the quick filters with their live counts. Fires `filter` with what is to change. */
export class BoardBar extends Localized {
  static override properties = { filter: { attribute: false }, counts: { attribute: false }, sources: { attribute: false } };
  declare filter: BoardFilter;
  declare counts: Record<QuickFilter, number>;
  /** Asked when the menu opens. */
  declare sources: () => [source: string, count: number][];

  static override styles = [
    base,
    buttons,
    marks,
    screenHeader,
    css`
      :host {
        display: block;
        background: var(--surface);
      }
      .org {
        color: var(--ink-2);
        max-width: 22ch;
      }
      .search {
        margin-inline-start: auto;
        position: relative;
        width: min(300px, 30vw);
        flex: none;
      }
      .search .ic {
        position: absolute;
        inset-inline-start: 10px;
        inset-block-start: 7px;
        color: var(--ink-3);
        pointer-events: none;
      }
      .search input {
        width: 100%;
        height: var(--control);
        padding-inline: 34px 34px;
        border: 1px solid var(--line);
        border-radius: var(--radius-m);
        background: var(--bg);
      }
      .search input::placeholder {
        color: var(--ink-3);
        opacity: 1;
      }
      .search input::-webkit-search-cancel-button {
        display: none;
      }
      .search kbd,
      .search .clear {
        position: absolute;
        inset-inline-end: 7px;
        inset-block-start: 50%;
        translate: 0 -50%;
      }
      .search .clear {
        width: 24px;
        height: 24px;
        display: grid;
        place-items: center;
        border-radius: 6px;
        color: var(--ink-3);
        inset-inline-end: 3px;
      }
      .search .clear .ic {
        position: static;
        width: 13px;
        height: 13px;
      }
      .filters {
        display: flex;
        align-items: center;
        gap: 4px;
        height: 44px;
        padding-inline: 12px;
        border-block-end: 1px solid var(--line);
        overflow-x: auto;
        scrollbar-width: none;
      }
      .chip {
        height: 26px;
        padding-inline: 10px;
        border-radius: var(--radius-full);
        display: inline-flex;
        align-items: center;
        gap: 6px;
        flex: none;
        color: var(--ink-2);
        font-weight: 520;
        white-space: nowrap;
        transition:
          background var(--motion),
          color var(--motion);
      }
      .chip:hover {
        background: var(--hover);
      }
      .chip b {
        font-weight: 560;
        font-size: var(--text-s);
        color: var(--ink-3);
      }
      .chip.alert b {
        color: var(--bad);
      }
      .chip.on {
        background: var(--accent-soft);
        color: var(--accent);
      }
      .chip.on b {
        color: inherit;
      }
      .chip .ic {
        width: 13px;
        height: 13px;
        opacity: 0.75;
      }
      .chip bdi {
        max-width: 16ch;
      }
      .sep {
        width: 1px;
        height: 18px;
        background: var(--line);
        margin-inline: 6px;
        flex: none;
      }
      .end {
        margin-inline-start: auto;
        display: flex;
        gap: 4px;
        padding-inline-start: 8px;
      }
      @media (max-width: 900px) {
        .org {
          display: none;
        }
      }
      @media (max-width: 640px) {
        .bar {
          flex-wrap: nowrap;
        }
        lf-people-here {
          display: none;
        }
        .search {
          width: 44px;
          margin-inline-end: -4px;
        }
        .search input {
          height: 44px;
          font-size: 16px;
          padding-inline: 36px 4px;
          background: none;
          border-color: transparent;
        }
        .search:not(:focus-within, .full) input {
          padding: 0;
          cursor: pointer;
        }
        .search:not(:focus-within, .full) input::placeholder {
          color: transparent;
        }
        .search .ic {
          inset-inline-start: 14px;
          inset-block-start: 14px;
        }
        .search:focus-within,
        .search.full {
          flex: 1 1 0;
          width: auto;
        }
        .search:focus-within input,
        .search.full input {
          height: 40px;
          background: var(--bg);
          border-color: var(--line);
        }
        .search:focus-within .ic,
        .search.full .ic {
          inset-block-start: 12px;
        }
        .search kbd,
        .sep,
        .end {
          display: none;
        }
        .bar:has(.search:focus-within) :is(lf-connection-pill, h1),
        .bar:has(.search.full) h1 {
          display: none;
        }
        .chip {
          height: 36px;
        }
        .filters {
          height: 52px;
          padding-inline: 10px;
        }
      }
    `,
  ];

  /** Puts the focus into the search field. */
  focusSearch(): void {
    const field = this.renderRoot.querySelector('input');
    field?.focus();
    field?.select();
  }

  private change(change: Partial<BoardFilter>): void {
    this.dispatchEvent(new CustomEvent('filter', { detail: change }));
  }

  protected override render(): TemplateResult {
    const { filter } = this;
    return html`
      <header class="bar">
        <h1>${t('board.title')}</h1>
        <bdi class="org clip">${me().organization.name}</bdi>
        <lf-connection-pill></lf-connection-pill>
        <lf-people-here></lf-people-here>
        <div class="search ${filter.text === '' ? '' : 'full'}" role="search">
          ${icon('search')}
          <input
            type="search"
            aria-label=${t('board.search')}
            placeholder=${t('board.search')}
            autocomplete="off"
            spellcheck="false"
            maxlength="80"
            .value=${filter.text}
            @input=${this.typed}
            @keydown=${this.searchKey}
          />
          ${
            filter.text === ''
              ? html`<kbd aria-hidden="true">/</kbd>`
              : html`<button class="clear" aria-label=${t('board.clearSearch')} @click=${() => this.change({ text: '' })}>${icon('close')}</button>`
          }
        </div>
        ${
          can('lead.capture')
            ? html`<button class="btn pri" @click=${() => this.dispatchEvent(new CustomEvent('lf-add', { detail: null, bubbles: true, composed: true }))}>
                ${t('board.newLead')} <kbd aria-hidden="true">N</kbd>
              </button>`
            : nothing
        }
      </header>
      <div class="filters" data-across role="group" aria-label=${t('board.filters')}>
        ${quickFilters.map((quick) => this.quick(quick))}
        <span class="sep"></span>
        ${this.sourceChip()} ${this.ownerChip()}
        ${isNarrowed(filter) ? html`<button class="chip" @click=${() => this.change({ quick: 'all', source: null, owner: null, text: '' })}>${icon('close')}${t('board.clear')}</button>` : nothing}
        <span class="end">
          <button class="chip" aria-haspopup="menu" aria-label=${t('board.sortBy', { sort: t(`board.sort.${filter.sort}`) })} @click=${this.sortMenu}>
            ${icon('sort')}${t(`board.sort.${filter.sort}`)}
          </button>
        </span>
      </div>
    `;
  }

  private quick(quick: QuickFilter): TemplateResult | typeof nothing {
    const on = this.filter.quick === quick;
    const count = this.counts[quick];
    // Filters that can find nothing here are left out: `Mine` for those who own no leads, and empty exceptions.
    if (!on && count === 0 && (quick === 'stalled' || quick === 'closed' || (quick === 'mine' && me().role !== 'agent'))) return nothing;
    const alert = count > 0 && (quick === 'unassigned' || quick === 'attention');
    return html`<button
      class="chip ${on ? 'on' : ''} ${alert ? 'alert' : ''}"
      aria-pressed=${on ? 'true' : 'false'}
      data-tip=${t(`board.quickTip.${quick}`)}
      @click=${() => this.change({ quick: on ? 'all' : quick })}
    >
      ${t(`board.quick.${quick}`)} <b class="num">${number(count)}</b>
    </button>`;
  }

  private sourceChip(): TemplateResult {
    const { source } = this.filter;
    return html`<button class="chip ${source === null ? '' : 'on'}" aria-haspopup="menu" @click=${this.sourceMenu}>
      <bdi class="clip">${source === null ? t('board.source') : sourceName(source)}</bdi>${icon('down')}
    </button>`;
  }

  private ownerChip(): TemplateResult {
    const { owner } = this.filter;
    const name =
      owner === null
        ? t('board.owner')
        : owner === 'none'
          ? t('board.unassigned')
          : (agentNamed(owner)?.fullName ?? t('board.formerAgent'));
    return html`<button class="chip ${owner === null ? '' : 'on'}" aria-haspopup="menu" @click=${this.ownerMenu}><bdi class="clip">${name}</bdi>${icon('down')}</button>`;
  }

  private readonly typed = (event: Event): void => {
    if (event.target instanceof HTMLInputElement) this.change({ text: event.target.value.trimStart() });
  };

  private readonly searchKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' && event.key !== 'Enter' && event.key !== 'ArrowDown') return;
    event.preventDefault();
    if (event.key === 'Escape') this.change({ text: '' });
    this.dispatchEvent(new CustomEvent('leave-search'));
  };

  private readonly sourceMenu = (event: Event): void => {
    if (!(event.currentTarget instanceof Element)) return;
    const { source } = this.filter;
    const items = this.sources()
      .slice(0, 60)
      .map(([key, count]) => ({
        label: sourceName(key),
        hint: number(count),
        checked: key.toLowerCase() === source?.toLowerCase(),
        onSelect: () => this.change({ source: key.toLowerCase() === source?.toLowerCase() ? null : key }),
      }));
    openMenu(
      event.currentTarget,
      [{ items: [{ label: t('board.allSources'), checked: source === null, onSelect: () => this.change({ source: null }) }] }, { items }],
      {
        label: t('board.source'),
        filter: items.length > 10,
      },
    );
  };

  private readonly ownerMenu = (event: Event): void => {
    if (!(event.currentTarget instanceof Element)) return;
    const { owner } = this.filter;
    const items = agents().map((agent) => ({
      label: agent.id === me().agentId ? t('board.nameYou', { name: agent.fullName }) : agent.fullName,
      person: { id: agent.id, name: agent.fullName },
      hint: number(agent.activeLeadsCount),
      checked: agent.id === owner,
      onSelect: () => this.change({ owner: agent.id === owner ? null : agent.id }),
    }));
    const general = [
      { label: t('board.allOwners'), checked: owner === null, onSelect: () => this.change({ owner: null }) },
      { label: t('board.unassigned'), checked: owner === 'none', onSelect: () => this.change({ owner: 'none' }) },
    ];
    openMenu(event.currentTarget, [{ items: general }, { items }], { label: t('board.owner'), filter: items.length > 10 });
  };

  private readonly sortMenu = (event: Event): void => {
    if (!(event.currentTarget instanceof Element)) return;
    const items = sorts.map((sort: Sort) => ({
      label: t(`board.sort.${sort}`),
      checked: sort === this.filter.sort,
      onSelect: () => this.change({ sort }),
    }));
    openMenu(event.currentTarget, [{ title: t('board.sort'), items }], { label: t('board.sort') });
  };
}
customElements.define('lf-board-bar', BoardBar);
declare global {
  interface HTMLElementTagNameMap {
    'lf-board-bar': BoardBar;
  }
}
