import { css, html, nothing, type TemplateResult } from 'lit';
import { peopleHere } from '../sync/presence.ts';
import { me, session } from '../sync/session.ts';
import { base } from '../ui/base.ts';
import { Localized } from '../ui/localized.ts';
import { openMenu } from '../ui/menu.ts';
import { t } from '../words/words.ts';
import '../ui/avatar.ts';

const MOST = 4;

/** `<lf-people-here>`: who of the organization has the floor open right now, as a stack of avatars. */
class PeopleHereStack extends Localized {
  #stopPresence: (() => void) | undefined;

  static override styles = [
    base,
    css`
      :host {
        display: inline-flex;
      }
      button {
        display: flex;
        align-items: center;
        min-height: 24px;
        border-radius: var(--radius-full);
        padding-inline: 2px;
      }
      lf-avatar {
        outline: 2px solid var(--surface);
      }
      lf-avatar + lf-avatar,
      .more {
        margin-inline-start: -5px;
      }
      .more {
        min-width: 22px;
        height: 22px;
        padding-inline: 5px;
        border-radius: var(--radius-full);
        outline: 2px solid var(--surface);
        background: var(--hover);
        color: var(--ink-2);
        font-size: 10px;
        font-weight: 640;
        line-height: 22px;
        text-align: center;
        position: relative;
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.#stopPresence = peopleHere.changed.on(() => this.requestUpdate());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stopPresence?.();
  }

  #others(): { agentId: string; name: string }[] {
    const mine = session().signedIn ? me().agentId : '';
    return [...peopleHere.people.values()].filter((person) => person.agentId !== mine).sort((a, b) => a.name.localeCompare(b.name));
  }

  protected override render(): TemplateResult | typeof nothing {
    const others = this.#others();
    if (others.length === 0) return nothing;
    const label = t('board.here', { count: others.length });
    return html`<button aria-label=${label} aria-haspopup="menu" data-tip=${label} @click=${this.#list}>
      ${others.slice(0, MOST).map((person) => html`<lf-avatar .name=${person.name} .key=${person.agentId}></lf-avatar>`)}
      ${others.length > MOST ? html`<span class="more num">+${others.length - MOST}</span>` : nothing}
    </button>`;
  }

  #list(event: Event): void {
    if (!(event.currentTarget instanceof Element)) return;
    const items = this.#others().map((person) => ({
      label: person.name,
      person: { id: person.agentId, name: person.name },
      onSelect: () => undefined,
    }));
    openMenu(event.currentTarget, [{ title: t('board.hereNow'), items }], { label: t('board.hereNow'), filter: items.length > 12 });
  }
}
customElements.define('lf-people-here', PeopleHereStack);
declare global {
  interface HTMLElementTagNameMap {
    'lf-people-here': PeopleHereStack;
  }
}
