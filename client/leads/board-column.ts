import { css, html, nothing, type TemplateResult } from 'lit';
import { can, me, type Stage } from '../sync/session.ts';
import { base, buttons } from '../ui/base.ts';
import { icon } from '../ui/icons.ts';
import { Localized } from '../ui/localized.ts';
import { money, number, shortMoney } from '../words/format.ts';
import { t } from '../words/words.ts';
import type { BoardColumn } from './board-model.ts';
import type { CardList } from './card-list.ts';
import type { LeadCard } from './lead-card.ts';
import { stageName } from './stages.ts';
import './card-list.ts';

/** What a drag makes of a column: it may be dropped here, it is over it now, it may not. */
export type DropState = 'allowed' | 'over' | 'denied' | null;

/** `<lf-board-column>`: one stage with its cards, its count and its sum, scrolling by itself. */
export class BoardColumnElement extends Localized {
  static override properties = {
    stage: { attribute: false },
    column: { attribute: false },
    more: { attribute: false },
    narrowed: { attribute: false },
    loading: { attribute: false },
    dropState: { attribute: 'drop', reflect: true },
    draggedKey: { attribute: false },
  };
  declare stage: Stage;
  declare column: BoardColumn;
  /** Leads of this stage beyond those held. */
  declare more: number;
  /** A filter hides some. */
  declare narrowed: boolean;
  declare loading: boolean;
  declare dropState: DropState;
  declare draggedKey: string | null;

  constructor() {
    super();
    this.more = 0;
    this.narrowed = false;
    this.loading = false;
    this.dropState = null;
    this.draggedKey = null;
  }

  static override styles = [
    base,
    buttons,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-height: 0;
        min-width: 0;
        border-radius: var(--radius-l);
        transition:
          opacity var(--motion),
          background var(--motion);
      }
      :host([drop='denied']) {
        opacity: 0.42;
      }
      :host([drop='allowed']) .body {
        outline: 1.5px dashed var(--line-strong);
      }
      :host([drop='over']) .body {
        outline: 1.5px dashed var(--accent);
        background: var(--accent-soft);
      }
      header {
        display: flex;
        align-items: center;
        gap: 8px;
        height: 32px;
        padding-inline: 6px 2px;
        flex: none;
      }
      .hue {
        width: 8px;
        height: 8px;
        border-radius: 3px;
        flex: none;
      }
      h2 {
        font-size: var(--text-m);
        font-weight: 600;
      }
      .count {
        color: var(--ink-3);
        font-weight: 500;
      }
      /* The currency gives way first: it wraps onto a line that is not shown. */
      .sum {
        flex: 1 1 0;
        min-width: 6ch;
        height: 18px;
        line-height: 18px;
        overflow: hidden;
        display: flex;
        flex-flow: row-reverse wrap;
        column-gap: 4px;
        color: var(--ink-3);
        font-weight: 500;
        font-size: var(--text-s);
        white-space: nowrap;
      }
      .add {
        color: var(--ink-3);
        width: 26px;
        height: 26px;
        display: grid;
        place-items: center;
        border-radius: var(--radius-s);
        flex: none;
      }
      .add:hover {
        background: var(--hover);
        color: var(--ink);
      }
      .sum + .add {
        margin-inline-start: -2px;
      }
      .body {
        flex: 1;
        min-height: 0;
        position: relative;
        border-radius: 10px;
        outline: 1.5px dashed transparent;
        outline-offset: -1px;
        transition:
          background var(--motion),
          outline-color var(--motion);
      }
      lf-card-list {
        position: absolute;
        inset: 0;
        border-radius: inherit;
      }
      .none {
        position: absolute;
        inset: 2px 2px auto;
        height: 84px;
        display: grid;
        place-items: center;
        text-align: center;
        padding-inline: 16px;
        color: var(--ink-3);
        font-size: var(--text-s);
        border: 1px dashed var(--line);
        border-radius: var(--radius-m);
      }
      .rest {
        flex: none;
        padding: 6px;
        color: var(--ink-3);
        font-size: var(--text-s);
        text-align: center;
      }
      .bones {
        position: absolute;
        inset: 2px 2px auto;
        display: grid;
        gap: 6px;
      }
      .bone {
        height: 84px;
        border: 1px solid var(--line);
        border-radius: var(--radius-m);
        background: var(--surface);
        padding: 12px 10px;
        display: grid;
        align-content: space-between;
        animation: bones 240ms 200ms both;
      }
      .bone i {
        height: 9px;
        border-radius: 4px;
        background: var(--hover);
      }
      @keyframes bones {
        from {
          opacity: 0;
        }
      }
      @media (max-width: 640px) {
        header {
          height: 36px;
        }
        .add {
          width: 44px;
          height: 44px;
        }
      }
    `,
  ];

  /** The place of a card in the column, -1 when it is not shown here. */
  indexOf(key: string): number {
    return this.column.places.findIndex((place) => place.row.id === key);
  }

  keyAt(index: number): string | null {
    return this.column.places[index]?.row.id ?? null;
  }

  /** The element that scrolls. */
  get scroller(): CardList | null {
    return this.renderRoot.querySelector('lf-card-list');
  }

  /** Brings a card into view and gives it the focus. */
  async focusCard(key: string): Promise<void> {
    const index = this.indexOf(key);
    if (index >= 0) await this.scroller?.focusCard(index);
  }

  cardOf(key: string): LeadCard | null {
    return this.scroller?.cardOf(key) ?? null;
  }

  protected override render(): TemplateResult {
    const { stage, column } = this;
    const name = stageName(stage.key);
    const shown = column.places.length;
    const total = column.held + this.more;
    const { currency } = me().organization;
    this.setAttribute('role', 'group');
    this.setAttribute('aria-label', t('board.columnLabel', { stage: name, count: total }));
    return html`
      <header>
        <i class="hue" .style=${`background: oklch(62% 0.14 ${stage.hue})`}></i>
        <h2 class="clip">${name}</h2>
        <span class="count num" data-tip=${t('board.shownOf', { shown, total })}>${this.narrowed || shown < total ? `${number(shown)} / ${number(total)}` : number(total)}</span>
        ${column.worth > 0 ? html`<span class="sum num" data-tip=${money(column.worth, currency)}><span>${shortMoney(column.worth, currency)}</span><span class="cur">${currency}</span></span>` : html`<span class="sum"></span>`}
        ${
          can('lead.capture') && stage.kind === 'open'
            ? html`<button class="add" aria-label=${t('board.addTo', { stage: name })} data-tip=${t('board.addTo', { stage: name })} @click=${this.add}>${icon('plus')}</button>`
            : nothing
        }
      </header>
      <div class="body" data-drop=${`stage:${stage.key}`}>
        ${this.loading ? bones : shown === 0 ? html`<p class="none">${this.narrowed ? t('board.noneMatch') : t('board.noneHere', { stage: name })}</p>` : nothing}
<lf-card-list .places=${column.places} .draggedKey=${this.draggedKey} .label=${name}></lf-card-list>
      </div>
      ${this.more > 0 ? html`<p class="rest num">${t('board.more', { count: this.more })}</p>` : nothing}
    `;
  }

  private readonly add = (): void => {
    this.dispatchEvent(new CustomEvent('lf-add', { detail: this.stage.key, bubbles: true, composed: true }));
  };
}
customElements.define('lf-board-column', BoardColumnElement);
declare global {
  interface HTMLElementTagNameMap {
    'lf-board-column': BoardColumnElement;
  }
}

const bone = (widths: readonly [string, string, string]): TemplateResult =>
  html`<div class="bone">${widths.map((width) => html`<i .style=${`width: ${width}`}></i>`)}</div>`;
const bones = html`<div class="bones" aria-hidden="true">${bone(['62%', '84%', '40%'])}${bone(['48%', '70%', '52%'])}${bone(['70%', '58%', '36%'])}</div>`;
