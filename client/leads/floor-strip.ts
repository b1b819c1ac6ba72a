import { css, html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { FloorRow } from '../../projections/leads/rows.ts';
import { onSecond, serverClock } from '../sync/clock.ts';
import { peopleHere } from '../sync/presence.ts';
import { me } from '../sync/session.ts';
import { base } from '../ui/base.ts';
import { Localized } from '../ui/localized.ts';
import { span, time } from '../words/format.ts';
import { t } from '../words/words.ts';
import { agents, agentsReady, onAgents } from './agents-feed.ts';
import { isFull, loadOf, presenceOf } from './lead-menus.ts';
import '../ui/avatar.ts';

/** From here on the oldest unanswered lead of an agent is worth a line. */
const WAITING_MS = 10 * 60_000;

/**
 * `<lf-floor-strip>`: the agents at the bottom of the board: who is here, how loaded, whose leads wait. While a card
 * is carried each is a place to drop it; full ones say so.
 */
export class FloorStrip extends Localized {
  static override properties = { carrying: { attribute: false }, over: { attribute: false }, owner: { attribute: false } };
  /** A card is being carried that may be given to somebody. */
  declare carrying: boolean;
  /** The agent under the pointer. */
  declare over: string | null;
  /** Who owns the carried card. */
  declare owner: string | null;
  private stops: (() => void)[] = [];

  constructor() {
    super();
    this.carrying = false;
    this.over = null;
    this.owner = null;
  }

  static override styles = [
    base,
    css`
      :host {
        display: block;
        min-width: 0;
        background: var(--surface);
        border-block-start: 1px solid var(--line);
      }
      ul {
        display: flex;
        align-items: center;
        gap: 8px;
        height: 72px;
        padding-inline: 16px;
        overflow-x: auto;
        scrollbar-width: thin;
        scrollbar-color: var(--line-strong) transparent;
      }
      li {
        display: flex;
        flex: none;
      }
      .agent {
        position: relative;
        display: grid;
        grid-template-columns: auto minmax(0, 1fr) auto;
        align-items: center;
        gap: 10px;
        min-width: 156px;
        max-width: 250px;
        padding: 7px 11px;
        border: 1px solid var(--line);
        border-radius: var(--radius-m);
        text-align: start;
        transition:
          border-color var(--motion),
          background var(--motion),
          opacity var(--motion);
      }
      a.agent:hover {
        border-color: var(--line-strong);
        background: var(--hover);
      }
      .agent.on {
        border-color: var(--accent);
        background: var(--accent-soft);
      }
      .agent.open {
        border-style: dashed;
        border-color: var(--line-strong);
      }
      .agent.over {
        border: 1px dashed var(--accent);
        background: var(--accent-soft);
        box-shadow: 0 0 0 2px var(--accent-soft);
      }
      .agent.shut {
        opacity: 0.5;
      }
      .agent.shut.over {
        opacity: 1;
        border-color: var(--bad);
        background: var(--bad-soft);
        box-shadow: none;
      }
      b {
        display: block;
        font-weight: 580;
        line-height: 17px;
      }
      small {
        display: block;
        font-size: var(--text-xs);
        line-height: 15px;
        color: var(--ink-3);
      }
      small.bad,
      small em {
        color: var(--bad);
        font-weight: 560;
        font-style: normal;
      }
      .cap {
        width: 34px;
        height: 4px;
        border-radius: 2px;
        background: var(--line);
        overflow: hidden;
      }
      .cap i {
        display: block;
        height: 100%;
        border-radius: inherit;
        background: var(--accent);
      }
      .cap i.full {
        background: var(--bad);
      }
      .quiet {
        padding-inline: 4px;
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.stops = [
      onAgents(() => this.requestUpdate()),
      peopleHere.changed.on(() => this.requestUpdate()),
      onSecond((now) => {
        if (now % 15_000 < 1_000) this.requestUpdate();
      }),
    ];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const stop of this.stops) stop();
  }

  protected override render(): TemplateResult | typeof nothing {
    const all = agents();
    if (all.length === 0) return agentsReady() ? html`<ul><li class="quiet">${t('board.noAgents')}</li></ul>` : html`<ul></ul>`;
    const here = peopleHere.people;
    const rank = (agent: FloorRow): number => (here.has(agent.id) ? 0 : agent.availability === 'available' ? 1 : 2);
    const sorted = [...all].sort((a, b) => rank(a) - rank(b) || a.fullName.localeCompare(b.fullName));
    return html`<ul data-across aria-label=${t('board.floor')}>
      ${repeat(
        sorted,
        (agent) => agent.id,
        (agent) => html`<li>${this.agent(agent, here.has(agent.id))}</li>`,
      )}
    </ul>`;
  }

  private agent(agent: FloorRow, isHere: boolean): TemplateResult {
    const full = isFull(agent);
    const shut = this.carrying && (full || agent.id === this.owner);
    const owner = new URLSearchParams(location.search).get('owner');
    const classes = [
      'agent',
      this.carrying && (shut ? 'shut' : 'open'),
      this.carrying && this.over === agent.id && 'over',
      owner === agent.id && 'on',
    ];
    const line = this.line(agent);
    const share = agent.capacity === null ? null : Math.min(100, (agent.activeLeadsCount / Math.max(1, agent.capacity)) * 100);
    const name = agent.id === me().agentId ? t('board.nameYou', { name: shortName(agent.fullName) }) : shortName(agent.fullName);
    return html`<a
      class=${classes.filter(Boolean).join(' ')}
      href="/board?owner=${agent.id}"
      draggable="false"
      data-drop=${`agent:${agent.id}`}
      data-tip=${`${agent.fullName}. ${this.presence(agent, isHere)} ${t('board.showTheirs')}`}
      aria-current=${owner === agent.id ? 'true' : nothing}
      @click=${(event: Event) => this.filter(event, owner === agent.id ? null : agent.id)}
    >
      <lf-avatar .name=${agent.fullName} .key=${agent.id} .size=${30} .status=${presenceOf(agent)}></lf-avatar>
      <span class="clip"><b class="clip"><bdi>${name}</bdi></b><span class="sr">, ${this.presence(agent, isHere)} </span><small class="num clip ${line.bad ? 'bad' : ''}">${line.text}${line.waits === null ? nothing : html` · <em>${t('board.waits', { time: line.waits })}</em>`}</small></span>
      ${share === null ? html`<span></span>` : html`<span class="cap"><i class=${full ? 'full' : ''} .style=${`width: ${share}%`}></i></span>`}
    </a>`;
  }

  /** What to know of an agent now: a pause, else the load and how long their oldest unanswered lead waits. */
  private line(agent: FloorRow): { text: string; bad: boolean; waits: string | null } {
    if (this.carrying && agent.id === this.owner) return { text: t('board.ownsIt'), bad: false, waits: null };
    if (isFull(agent)) return { text: loadOf(agent), bad: true, waits: null };
    if (agent.availability === 'paused') {
      return {
        text: agent.pausedUntil === null ? t('board.paused') : t('board.pausedUntil', { time: time(agent.pausedUntil) }),
        bad: false,
        waits: null,
      };
    }
    const waits = agent.oldestUnansweredAt === null ? 0 : serverClock.now() - Date.parse(agent.oldestUnansweredAt);
    return { text: loadOf(agent), bad: false, waits: waits > WAITING_MS && !this.carrying ? span(waits) : null };
  }

  private presence(agent: FloorRow, isHere: boolean): string {
    if (agent.availability === 'paused') return t('board.isPaused');
    return isHere ? t('board.isHere') : t('board.isNotHere');
  }

  private filter(event: Event, owner: string | null): void {
    if (event instanceof MouseEvent && (event.ctrlKey || event.metaKey || event.shiftKey)) return;
    event.preventDefault();
    this.dispatchEvent(new CustomEvent('lf-owner', { detail: owner, bubbles: true, composed: true }));
  }
}
customElements.define('lf-floor-strip', FloorStrip);
declare global {
  interface HTMLElementTagNameMap {
    'lf-floor-strip': FloorStrip;
  }
}

/** `Sara Mansour` as `Sara M.`; names of one word as they are. */
function shortName(name: string): string {
  const words = name.trim().split(/\s+/u);
  const last = words.at(-1) ?? '';
  return words.length < 2 ? name : `${words.slice(0, -1).join(' ')} ${[...last][0] ?? ''}.`;
}
