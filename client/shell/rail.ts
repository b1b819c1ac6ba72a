import { css, html, nothing, type TemplateResult } from 'lit';
import { onUnread, unreadAlerts } from '../leads/alerts-feed.ts';
import { go } from '../router.ts';
import { me, onSession, session, signOut, switchOrganization } from '../sync/session.ts';
import { base } from '../ui/base.ts';
import { icon } from '../ui/icons.ts';
import { Localized } from '../ui/localized.ts';
import { type MenuSection, openMenu } from '../ui/menu.ts';
import { setTheme, type Theme, theme } from '../ui/theme.ts';
import { toast } from '../ui/toast.ts';
import { whyRefused } from '../words/refusals.ts';
import { type Language, language, languages, setLanguage, t } from '../words/words.ts';
import { screens } from './routes.ts';
import '../ui/avatar.ts';

/** The slim rail at the start edge; on a phone the bar at the bottom. */
class Rail extends Localized {
  static override properties = { current: {} };
  declare current: string;
  #stop: (() => void)[] = [];

  constructor() {
    super();
    this.current = '';
  }

  static override styles = [
    base,
    css`
      :host {
        display: contents;
      }
      nav {
        display: flex;
        flex-direction: column;
        align-items: center;
        gap: 2px;
        padding-block: 10px;
        background: var(--sunken);
        border-inline-end: 1px solid var(--line);
        min-height: 0;
      }
      .logo {
        width: 28px;
        height: 28px;
        border-radius: 8px;
        background: var(--accent);
        color: var(--accent-ink);
        display: grid;
        place-items: center;
        font-weight: 700;
        margin-block-end: 14px;
      }
      a.entry,
      button.entry {
        width: 36px;
        height: 34px;
        display: grid;
        place-items: center;
        border-radius: var(--radius-m);
        border: 1px solid transparent;
        color: var(--ink-3);
        position: relative;
        transition: color var(--motion);
      }
      .entry:hover {
        color: var(--ink);
      }
      .entry[aria-current] {
        background: var(--surface);
        color: var(--ink);
        border-color: var(--line);
        box-shadow: var(--shadow-1);
      }
      .entry .ic {
        width: 18px;
        height: 18px;
      }
      .unread::before {
        content: attr(data-count);
      }
      .unread {
        position: absolute;
        inset-block-start: 0;
        inset-inline-end: 0;
        min-width: 15px;
        height: 15px;
        padding-inline: 3.5px;
        border-radius: var(--radius-full);
        background: var(--bad);
        color: var(--surface);
        font-size: 9.5px;
        line-height: 15px;
        font-weight: 680;
        text-align: center;
        box-shadow: 0 0 0 2px var(--sunken);
      }
      .last {
        margin-block-start: auto;
      }
      .name {
        display: none;
      }
      @media (max-width: 640px) {
        nav {
          order: 2;
          flex-direction: row;
          justify-content: space-around;
          gap: 0;
          padding: 0 4px env(safe-area-inset-bottom);
          border-inline-end: 0;
          border-block-start: 1px solid var(--line);
          height: calc(56px + env(safe-area-inset-bottom));
        }
        .logo,
        button.help {
          display: none !important;
        }
        .last {
          margin: 0;
        }
        a.entry,
        button.entry {
          width: auto;
          min-width: 60px;
          height: 48px;
          align-content: center;
          gap: 2px;
          box-shadow: none;
          background: none;
          border-color: transparent;
        }
        .entry[aria-current] {
          color: var(--accent);
          background: none;
          border-color: transparent;
          box-shadow: none;
        }
        .name {
          display: block;
          font-size: 10.5px;
          line-height: 13px;
          font-weight: 540;
        }
        .unread {
          inset-inline-end: calc(50% - 16px);
        }
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.#stop = [onUnread(() => this.requestUpdate()), onSession(() => this.requestUpdate())];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const stop of this.#stop) stop();
  }

  protected override render(): TemplateResult | typeof nothing {
    if (!session().signedIn) return nothing;
    const { organization, user, agentId } = me();
    const unread = unreadAlerts();
    return html`<nav aria-label=${t('nav.main')}>
      <div class="logo" data-tip=${organization.name} aria-hidden="true">${[...organization.name][0] ?? ''}</div>
      ${screens.map((screen) => {
        const count = screen.path === '/alerts' ? unread : 0;
        const name = t(screen.title);
        return html`<a
          class="entry"
          href=${screen.path}
          aria-current=${screen.path === this.current ? 'page' : nothing}
          aria-label=${count > 0 ? `${name}, ${t('nav.unread', { count })}` : name}
          data-tip=${name}
          data-keys="G ${screen.key.toUpperCase()}"
          >${icon(screen.icon)}<span class="name" aria-hidden="true">${name}</span>${
            count > 0 ? html`<span class="unread num" data-count=${count > 99 ? '99+' : count}></span>` : nothing
          }</a
        >`;
      })}
      <button class="entry help last" aria-label=${t('profile.shortcuts')} data-tip=${t('profile.shortcuts')} data-keys="?" @click=${() => openOverlay('help')}>
        ${icon('help')}
      </button>
      <button class="entry" aria-label=${t('nav.profile')} aria-haspopup="menu" data-tip=${t('profile.signedInAs', { name: user.name })} @click=${this.#profile}>
        <lf-avatar .name=${user.name} .key=${agentId} .size=${24}></lf-avatar>
      </button>
    </nav>`;
  }

  #profile(event: Event): void {
    if (!(event.currentTarget instanceof HTMLElement)) return;
    const { organization, organizations, user, role } = me();
    const chosen = theme();
    const themes: [Theme, 'screen' | 'sun' | 'moon'][] = [
      ['system', 'screen'],
      ['light', 'sun'],
      ['dark', 'moon'],
    ];
    const sections: MenuSection[] = [
      {
        title: `${user.name} · ${t(`role.${role}`)}`,
        items: (organizations.length > 1 ? organizations : []).map((one) => ({
          label: one.name,
          icon: 'building',
          checked: one.id === organization.id,
          onSelect: () => void this.#switch(one.id, one.name),
        })),
      },
      {
        title: t('profile.theme'),
        items: themes.map(([name, glyph]) => ({
          label: t(`profile.theme.${name}`),
          icon: glyph,
          checked: name === chosen,
          onSelect: () => setTheme(name),
        })),
      },
      {
        title: t('profile.language'),
        items: (Object.keys(languages) as Language[]).map((one) => ({
          label: languages[one],
          icon: 'globe',
          checked: one === language(),
          onSelect: () => setLanguage(one),
        })),
      },
      {
        title: user.email,
        items: [
          { label: t('profile.shortcuts'), icon: 'keyboard', shortcut: '?', onSelect: () => openOverlay('help') },
          { label: t('profile.api'), icon: 'doc', onSelect: () => location.assign('/docs') },
          { label: t('profile.signOut'), icon: 'door', onSelect: () => void signOut() },
        ],
      },
    ];
    openMenu(event.currentTarget, sections, { label: t('nav.profile') });
  }

  async #switch(id: string, name: string): Promise<void> {
    if (id === me().organization.id) return;
    try {
      await switchOrganization(id);
      go('/board');
    } catch (error) {
      toast({ text: t('profile.switchFailed', { name, why: whyRefused(error) }), tone: 'bad' });
    }
  }
}
customElements.define('lf-rail', Rail);

/** Asks the shell for the palette or the help sheet. */
export function openOverlay(which: 'palette' | 'help'): void {
  window.dispatchEvent(new CustomEvent('lf-open', { detail: which }));
}
