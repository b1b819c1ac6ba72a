import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { base } from '../ui/base.ts';
import type { Place } from './board-model.ts';
import type { LeadCard } from './lead-card.ts';
import './lead-card.ts';

const narrow = matchMedia('(max-width: 640px)');
/** Cards kept beyond each edge of the view. */
const OVERSCAN = 4;

/**
 * `<lf-card-list .places=…>`: a scrolling list of cards of one height, of which only those in view are drawn. Nothing
 * is ever measured: under 1,000 changes a second the reads of a general virtualizer cost more than all our scripts.
 * Cards that come or go above the view do not move what is in it.
 */
export class CardList extends LitElement {
  static override properties = {
    places: { attribute: false },
    draggedKey: { attribute: false },
    label: { attribute: false },
    first: { state: true },
  };
  declare places: readonly Place[];
  declare draggedKey: string | null;
  declare label: string;
  /** Index of the first card drawn. */
  declare first: number;
  private room = 0;
  /** How far it is scrolled, kept because reading it while rows change would lay the page out each time. */
  private top = 0;
  private readonly sizes = new ResizeObserver(([entry]) => {
    this.room = entry?.contentRect.height ?? 0;
    this.requestUpdate();
  });

  constructor() {
    super();
    this.places = [];
    this.draggedKey = null;
    this.label = '';
    this.first = 0;
  }

  static override styles = [
    base,
    css`
      :host {
        display: block;
        overflow: hidden auto;
        overflow-anchor: none;
        overscroll-behavior-y: contain;
        scrollbar-width: thin;
        scrollbar-color: var(--line-strong) transparent;
        contain: strict;
      }
      .all {
        position: relative;
        overflow: hidden;
      }
      .drawn {
        position: absolute;
        inset: 0 2px auto;
      }
      lf-lead-card {
        margin-block-end: 6px;
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.sizes.observe(this);
    this.addEventListener('scroll', this.scrolled, { passive: true });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sizes.disconnect();
    this.removeEventListener('scroll', this.scrolled);
  }

  /** Brings a card into view and gives it the focus. */
  async focusCard(index: number): Promise<void> {
    const start = index * step();
    if (start < this.top) this.scrollTop = start;
    else if (start + step() > this.top + this.room) this.scrollTop = start + step() + 8 - this.room;
    this.scrolled();
    await this.updateComplete;
    const card = this.cardOf(this.places[index]?.row.id ?? '');
    await card?.updateComplete;
    card?.focusCard();
  }

  /** The drawn card of a lead. */
  cardOf(key: string): LeadCard | null {
    return [...this.renderRoot.querySelectorAll('lf-lead-card')].find((card) => card.leadId === key) ?? null;
  }

  private readonly scrolled = (): void => {
    this.top = this.scrollTop;
    this.first = Math.max(0, Math.floor(this.top / step()) - OVERSCAN);
  };

  protected override willUpdate(changed: PropertyValues<CardList>): void {
    const before = changed.get('places');
    if (before === undefined || this.top < step()) return;
    // Keep what is in view where it is: the first card in view, wherever it stands now.
    const index = Math.floor(this.top / step());
    const key = before[index]?.row.id;
    const near = this.places.findIndex((place, at) => Math.abs(at - index) < 200 && place.row.id === key);
    if (near < 0 || near === index) return;
    const top = this.top + (near - index) * step();
    this.top = top;
    this.first = Math.max(0, Math.floor(top / step()) - OVERSCAN);
    void this.updateComplete.then(() => {
      this.scrollTop = top;
    });
  }

  protected override render(): TemplateResult {
    const count = this.places.length;
    const first = Math.min(this.first, Math.max(0, count - 1));
    const drawn = this.places.slice(first, first + Math.ceil(this.room / step()) + 2 * OVERSCAN + 1);
    return html`<div class="all" .style=${`height: ${count * step() + 8}px`}>
      <div class="drawn" role=${count === 0 ? 'presentation' : 'list'} aria-label=${this.label} .style=${`translate: 0 ${2 + first * step()}px`}>
        ${repeat(
          drawn,
          (place) => place.row.id,
          ({ row }, at) =>
            html`<lf-lead-card
              role="listitem"
              aria-posinset=${first + at + 1}
              aria-setsize=${count}
              .leadId=${row.id}
              .dragged=${row.id === this.draggedKey}
            ></lf-lead-card>`,
        )}
      </div>
    </div>`;
  }
}
customElements.define('lf-card-list', CardList);
declare global {
  interface HTMLElementTagNameMap {
    'lf-card-list': CardList;
  }
}

/** From the top of one card to the top of the next, px; lead-card.styles.ts has the same heights. */
function step(): number {
  return narrow.matches ? 102 : 90;
}
