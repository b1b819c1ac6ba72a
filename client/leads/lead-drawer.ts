import { html, nothing, type TemplateResult } from 'lit';
import type { LeadRow } from '../../projections/leads/rows.ts';
import { setParams } from '../router.ts';
import { onSecond, serverClock } from '../sync/clock.ts';
import { LiveRows } from '../sync/live-rows.ts';
import { announce, peopleHere } from '../sync/presence.ts';
import { can, me } from '../sync/session.ts';
import { base, buttons, fields, marks } from '../ui/base.ts';
import { icon } from '../ui/icons.ts';
import { Localized } from '../ui/localized.ts';
import { openMenu } from '../ui/menu.ts';
import { focusedElement } from '../ui/place.ts';
import { toast } from '../ui/toast.ts';
import { dateTime, phone, span } from '../words/format.ts';
import { t } from '../words/words.ts';
import { agentNamed, onAgents } from './agents-feed.ts';
import { claimLead, nameOf } from './lead-actions.ts';
import { drawerStyles } from './lead-drawer.css.ts';
import { deleteLead, noteLead, restoreLead, tagLead, untagLead } from './lead-edits.ts';
import { linesOf } from './lead-fields.ts';
import { openAssignMenu, openMoveMenu } from './lead-menus.ts';
import { responseTimer } from './response.ts';
import { movesFrom, sourceName, stageName, stageOf } from './stages.ts';
import './lead-line.ts';
import './lead-log.ts';
import '../ui/avatar.ts';
import '../ui/empty.ts';

/** `<lf-lead-drawer .lead=${id}>`: everything about one lead, live, beside the screen it was opened from. */
class LeadDrawer extends Localized {
  static override properties = {
    lead: {},
    tab: { state: true },
    all: { state: true },
    draft: { state: true },
    wide: { type: Boolean, reflect: true },
  };
  declare lead: string;
  declare tab: 'timeline' | 'history';
  declare all: boolean;
  declare draft: string;
  declare wide: boolean;
  #rows: LiveRows<LeadRow> | null = null;
  #stops: (() => void)[] = [];
  #returnTo: HTMLElement | null = null;
  /** The last the server showed of it: stays readable when the lead is deleted while open. */
  #last: LeadRow | null = null;

  constructor() {
    super();
    this.tab = 'timeline';
    this.all = false;
    this.draft = '';
    this.wide = false;
  }

  static override styles = [base, buttons, fields, marks, drawerStyles];

  override connectedCallback(): void {
    super.connectedCallback();
    this.#returnTo = focusedElement();
    this.setAttribute('role', 'region');
    this.tabIndex = -1;
    this.addEventListener('keydown', this.#onKey);
    this.#stops = [
      peopleHere.changed.on(() => this.requestUpdate()),
      onAgents(() => this.requestUpdate()),
      onSecond(() => this.requestUpdate()),
    ];
    this.focus({ preventScroll: true });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.removeEventListener('keydown', this.#onKey);
    for (const stop of this.#stops) stop();
    this.#rows?.close();
    this.#rows = null;
    announce(null, null);
    if (this.#returnTo?.isConnected) this.#returnTo.focus({ preventScroll: true });
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('lead') && this.#rows !== null) return;
    this.#rows?.close();
    this.#last = null;
    this.all = false;
    this.draft = '';
    const rows = new LiveRows<LeadRow>('lead', { lead: this.lead });
    rows.subscribe(() => this.requestUpdate());
    this.#rows = rows;
    announce(this.lead, 'viewing');
  }

  #onKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    event.preventDefault();
    event.stopPropagation();
    this.#close();
  };

  #close(): void {
    setParams({ lead: null });
  }

  protected override render(): TemplateResult {
    const row = this.#rows?.rows.get(this.lead);
    if (row !== undefined) this.#last = row;
    const shown = row ?? this.#last;
    this.setAttribute('aria-label', shown === null ? t('lead.drawer') : t('lead.drawerOf', { name: nameOf(shown) }));
    if (shown !== null) return this.#page(shown, row === undefined || row.deletedAt !== null);
    if (this.#rows?.ready || this.#rows?.refused) return this.#nothingHere();
    return html`<div class="top"><div class="facts">${this.#tools()}</div></div>
      <div class="wait" aria-hidden="true">${[60, 40, 90, 80, 85].map((width) => html`<span class="skeleton" .style=${`width: ${width}%`}></span>`)}</div>`;
  }

  #nothingHere(): TemplateResult {
    return html`<div class="top"><div class="facts">${this.#tools()}</div></div>
      <lf-empty icon="search" heading=${t('lead.notThere')} text=${t('lead.notThereText')}>
        <button class="btn" @click=${this.#close}>${t('do.close')}</button>
      </lf-empty>`;
  }

  #tools(): TemplateResult {
    const wide = this.wide ? t('lead.narrow') : t('lead.widen');
    return html`<span class="tools">
      <button class="btn ghost icon small expand" aria-label=${wide} data-tip=${wide} @click=${() => (this.wide = !this.wide)}>${icon('expand')}</button>
      <button class="btn ghost icon small" aria-label=${t('do.close')} data-tip=${t('do.close')} data-keys="Esc" @click=${this.#close}>${icon('close')}</button>
    </span>`;
  }

  #page(row: LeadRow, gone: boolean): TemplateResult {
    return html`
      <div class="top">
        ${this.#facts(row)}
        <h2><bdi>${nameOf(row)}</bdi></h2>
        ${this.#sub(row)} ${gone ? nothing : this.#actions(row)} ${this.#tags(row, !gone && can('lead.tag', row))}
      </div>
      ${gone ? this.#gone(row) : nothing}
      <div class="body">
        <section class="fields" aria-label=${t('lead.fields')}>
          ${linesOf(row, this.all).map((line) => html`<lf-lead-line .line=${line} .row=${row} .editable=${!gone && can('lead.edit', row)}></lf-lead-line>`)}
          <button class="btn ghost small" aria-expanded=${this.all ? 'true' : 'false'} @click=${() => (this.all = !this.all)}>
            ${icon(this.all ? 'up' : 'down')}${this.all ? t('lead.fewerFields') : t('lead.moreFields')}
          </button>
        </section>
        <section class="log" aria-label=${t('lead.log')}>${this.#log(row, gone)}</section>
      </div>
    `;
  }

  #facts(row: LeadRow): TemplateResult {
    const stage = stageOf(row.status);
    const viewers = peopleHere.at(row.id).filter((person) => person.agentId !== me().agentId);
    const since = span(serverClock.now() - Date.parse(row.statusChangedAt));
    return html`<div class="facts">
      ${row.source === null ? nothing : html`<span class="src">${sourceName(row.source)}</span>`}
      <span class="stage"><i .style=${`background: oklch(62% 0.14 ${stage?.hue ?? 264})`}></i>${stageName(row.status)}</span>
      <span class="num" data-tip=${dateTime(row.statusChangedAt)}>${t('lead.inStage', { time: since })}</span>
      <span class="tools">
        ${
          viewers.length === 0
            ? nothing
            : html`<span class="viewers" data-tip=${t('lead.viewing', { names: viewers.map((person) => person.name).join(', ') })}
                >${viewers.slice(0, 4).map((person) => html`<lf-avatar .name=${person.name} .key=${person.agentId} .size=${20} .label=${t('lead.viewing', { names: person.name })}></lf-avatar>`)}</span
              >`
        }
        ${this.#tools()}
      </span>
    </div>`;
  }

  #sub(row: LeadRow): TemplateResult {
    const owner = agentNamed(row.agentId);
    const timer = row.respondBy === null ? null : responseTimer(row.respondBy, serverClock.now());
    const tone = timer === null ? '' : { later: 'new', soon: 'warn', late: 'bad' }[timer.tone];
    return html`<div class="sub">
      <span class="owner">
        ${
          row.agentId === null
            ? html`${icon('user')}${t('lead.nobody')}`
            : html`<lf-avatar .name=${owner?.fullName ?? ''} .key=${row.agentId} .size=${18}></lf-avatar><bdi>${owner?.fullName ?? t('lead.somebody')}</bdi>`
        }
      </span>
      ${row.company === null ? nothing : html`<bdi class="quiet">${row.company}</bdi>`}
      ${timer === null ? nothing : html`<span class="pill ${tone} num">${icon('clock')}${timer.text}</span>`}
      ${row.incomplete ? html`<span class="pill warn">${icon('warning')}${t('lead.incomplete')}</span>` : nothing}
    </div>`;
  }

  #actions(row: LeadRow): TemplateResult {
    const claimable = row.agentId === null && can('lead.claim', row) && stageOf(row.status)?.kind === 'open';
    const call = row.phone ?? row.phoneAsTyped;
    return html`<div class="acts">
      ${claimable ? html`<button class="btn pri" @click=${() => void claimLead(row)}>${icon('hand')}${t('lead.claim')}</button>` : nothing}
      ${call === null ? nothing : html`<a class="btn ${claimable ? '' : 'pri'}" href="tel:${call.replace(/[^+\d]/g, '')}" aria-label="${t('lead.call')} ${call}">${icon('call')}${t('lead.call')}</a>`}
      ${can('lead.move', row) && movesFrom(row.status).length > 0 ? html`<button class="btn" aria-haspopup="menu" @click=${(event: Event) => openMoveMenu(event.currentTarget as Element, row)}>${t('lead.moveTo')}</button>` : nothing}
      ${can('lead.assign', row) ? html`<button class="btn" aria-haspopup="menu" @click=${(event: Event) => openAssignMenu(event.currentTarget as Element, row)}>${t('lead.assign')}</button>` : nothing}
      <button class="btn icon" aria-haspopup="menu" aria-label=${t('do.more')} data-tip=${t('do.more')} @click=${(event: Event) => this.#more(event.currentTarget as Element, row)}>${icon('more')}</button>
    </div>`;
  }

  #more(anchor: Element, row: LeadRow): void {
    const copy = (text: string): void => {
      navigator.clipboard.writeText(text).then(
        () => toast({ text: t('lead.copied'), tone: 'good' }),
        () => toast({ text, icon: 'link' }),
      );
    };
    openMenu(
      anchor,
      [
        {
          items: [
            { label: t('lead.copyLink'), icon: 'link', onSelect: () => copy(`${location.origin}/leads/${row.id}`) },
            ...(row.phone === null
              ? []
              : [{ label: t('lead.copyPhone'), icon: 'call' as const, hint: phone(row.phone), onSelect: () => copy(row.phone ?? '') }]),
          ],
        },
        {
          items: can('lead.delete', row)
            ? [{ label: t('lead.delete'), icon: 'trash', danger: true, onSelect: () => void this.#delete(row) }]
            : [],
        },
      ],
      { label: t('do.more') },
    );
  }

  async #delete(row: LeadRow): Promise<void> {
    if (await deleteLead(row)) this.#close();
  }

  #gone(row: LeadRow): TemplateResult {
    return html`<p class="gone" role="status">
      ${icon('trash')}${t('lead.gone')}
      ${row.deletedAt !== null && can('lead.restore', row) ? html`<button class="btn small" @click=${() => void restoreLead(row)}>${t('lead.restore')}</button>` : nothing}
    </p>`;
  }

  #tags(row: LeadRow, editable: boolean): TemplateResult | typeof nothing {
    if (row.tags.length === 0 && !editable) return nothing;
    return html`<div class="tags" role="group" aria-label=${t('lead.tags')}>
      ${row.tags.map(
        (tag) => html`<span class="tag"
          ><bdi>${tag}</bdi>${editable ? html`<button aria-label=${t('lead.untag', { tag })} @click=${() => void untagLead(row, tag)}>${icon('close')}</button>` : nothing}</span
        >`,
      )}
      ${
        editable
          ? html`<input
              class="tag-new"
              aria-label=${t('lead.addTag')}
              placeholder=${t('lead.addTagShort')}
              maxlength="50"
              autocomplete="off"
              @keydown=${(event: KeyboardEvent) => this.#addTag(event, row)}
            />`
          : nothing
      }
    </div>`;
  }

  #addTag(event: KeyboardEvent, row: LeadRow): void {
    const input = event.target;
    if (event.key !== 'Enter' || !(input instanceof HTMLInputElement) || input.value.trim() === '') return;
    event.preventDefault();
    const tag = input.value.trim();
    input.value = '';
    void tagLead(row, tag);
  }

  #log(row: LeadRow, gone: boolean): TemplateResult {
    const tab = (name: 'timeline' | 'history', label: string): TemplateResult => html`<button
      role="tab"
      id=${name}
      aria-selected=${this.tab === name ? 'true' : 'false'}
      aria-controls="log"
      tabindex=${this.tab === name ? 0 : -1}
      @click=${() => (this.tab = name)}
      @keydown=${(event: KeyboardEvent) => this.#onTabKey(event)}
    >
      ${label}
    </button>`;
    return html`
      <div class="tabs" role="tablist" aria-label=${t('lead.log')}>${tab('timeline', t('lead.timeline'))}${tab('history', t('lead.history'))}</div>
      <div id="log" role="tabpanel" aria-labelledby=${this.tab}>
        ${this.tab === 'timeline' && !gone && can('lead.note', row) ? this.#composer(row) : nothing}
        <lf-lead-log .lead=${row.id} .kind=${this.tab} .currency=${row.currency} .reached=${this.#rows?.position ?? null} .version=${row.version}></lf-lead-log>
      </div>
    `;
  }

  #onTabKey(event: KeyboardEvent): void {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    event.preventDefault();
    this.tab = this.tab === 'timeline' ? 'history' : 'timeline';
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>(`#${this.tab}`)?.focus());
  }

  #composer(row: LeadRow): TemplateResult {
    const send = async (): Promise<void> => {
      const text = this.draft.trim();
      if (text === '') return;
      this.draft = '';
      if (!(await noteLead(row, text)) && this.draft === '') this.draft = text;
    };
    return html`<div class="write">
      <textarea
        class="input"
        rows="1"
        maxlength="10000"
        aria-label=${t('lead.writeNote')}
        placeholder=${t('lead.writeNote')}
        .value=${this.draft}
        @input=${(event: InputEvent) => {
          if (event.target instanceof HTMLTextAreaElement) this.draft = event.target.value;
        }}
        @keydown=${(event: KeyboardEvent) => {
          event.stopPropagation();
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void send();
        }}
      ></textarea>
      ${this.draft.trim() === '' ? nothing : html`<div class="send"><kbd>Ctrl ↵</kbd><button class="btn small pri" @click=${() => void send()}>${t('lead.saveNote')}</button></div>`}
    </div>`;
  }
}
customElements.define('lf-lead-drawer', LeadDrawer);
