import { css, html, nothing, type TemplateResult } from 'lit';
import { go, onNavigate, param, setParams, startRouter } from './router.ts';
import { route, type Screen, screens } from './shell/routes.ts';
import { onSession, resumeSession, session } from './sync/session.ts';
import { base, buttons } from './ui/base.ts';
import { Localized } from './ui/localized.ts';
import { showAccent } from './ui/theme.ts';
import { toast } from './ui/toast.ts';
import { t } from './words/words.ts';
import './shell/rail.ts';
import './ui/empty.ts';

const loading = {
  drawer: () => import('./leads/lead-drawer.ts'),
  palette: () => import('./shell/palette.ts'),
  help: () => import('./shell/help.ts'),
  signIn: () => import('./identity/sign-in.ts'),
};

/** The frame around every screen: who is signed in, which screen the address means, the lead beside it, the keys that work everywhere. */
class App extends Localized {
  static override properties = { started: { state: true }, shown: { state: true }, failed: { state: true }, overlay: { state: true } };
  declare started: boolean;
  declare shown: HTMLElement | null;
  declare failed: boolean;
  declare overlay: 'palette' | 'help' | null;
  #screen: Screen | null = null;
  #organization: string | null = null;
  #afterG = 0;

  constructor() {
    super();
    this.started = false;
    this.shown = null;
    this.failed = false;
    this.overlay = null;
  }

  static override styles = [
    base,
    buttons,
    css`
      :host {
        display: grid;
        grid-template-columns: var(--rail) minmax(0, 1fr);
        grid-template-rows: minmax(0, 1fr);
        height: 100dvh;
        overflow: hidden;
        background: var(--bg);
      }
      :host([alone]) {
        grid-template-columns: minmax(0, 1fr);
      }
      main {
        position: relative;
        min-width: 0;
        min-height: 0;
        display: grid;
        grid-template: minmax(0, 1fr) / minmax(0, 1fr);
        outline: none;
      }
      /* Takes the focus when it opens, so that Escape closes it; the ring belongs to what is inside. */
      lf-lead-drawer:focus-visible,
      main:focus-visible {
        outline: none;
      }
      .skip {
        position: fixed;
        inset-block-start: 8px;
        inset-inline-start: 8px;
        z-index: 30;
        padding: 8px 14px;
        border-radius: var(--radius-m);
        background: var(--float);
        color: var(--float-ink);
        translate: 0 -80px;
      }
      .skip:focus {
        translate: 0 0;
      }
      @media (max-width: 640px) {
        :host {
          grid-template-columns: minmax(0, 1fr);
          grid-template-rows: minmax(0, 1fr) auto;
        }
        lf-rail {
          order: 2;
        }
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    startRouter((path) => screens.some((screen) => screen.path === path));
    onNavigate(() => void this.#follow());
    onSession(() => this.#sessionChanged());
    document.addEventListener('keydown', (event) => this.#onKey(event));
    window.addEventListener('lf-open', (event) => {
      if (event instanceof CustomEvent && (event.detail === 'palette' || event.detail === 'help')) void this.#openOverlay(event.detail);
    });
    window.addEventListener('unhandledrejection', () => toast({ text: t('page.error'), tone: 'bad', key: 'page.error' }));
    window.addEventListener('vite:preloadError', (event) => event.preventDefault());
    void this.#start();
  }

  async #start(): Promise<void> {
    try {
      await resumeSession();
    } catch {
      this.failed = true;
    }
    this.started = true;
    await this.#follow();
  }

  #sessionChanged(): void {
    const state = session();
    const organization = state.signedIn ? state.me.organization.id : null;
    if (state.signedIn) showAccent(state.me.organization.branding?.hue ?? 262);
    // Another organization, or nobody: what is on the screen belongs to the last one.
    if (organization !== this.#organization) {
      this.#screen = null;
      this.shown = null;
      if (this.#organization !== null && organization !== null) setParams({ lead: null }, { replace: true });
    }
    this.#organization = organization;
    if (this.started) void this.#follow();
    this.requestUpdate();
  }

  /** Shows what the address means. */
  async #follow(): Promise<void> {
    if (!this.started) return;
    const url = new URL(location.href);
    const target = route(url);
    if (typeof target === 'object' && 'redirect' in target) return go(target.redirect, { replace: true });
    if (!session().signedIn) {
      if (this.failed) return this.#fail();
      if (target !== 'sign-in') return go(`/sign-in?to=${encodeURIComponent(url.pathname + url.search)}`, { replace: true });
      await this.#show('lf-sign-in', loading.signIn, t('signIn.submit'));
      return;
    }
    if (target === 'sign-in') return go(param('to') ?? '/board', { replace: true });
    if (param('lead') !== null) void loading.drawer().catch(() => this.#fail());
    if (target === 'unknown') {
      this.#screen = null;
      this.shown = null;
      this.requestUpdate();
      return;
    }
    if (this.#screen === target.screen) return this.requestUpdate();
    this.#screen = target.screen;
    await this.#show(target.screen.tag, target.screen.load, t(target.screen.title));
  }

  async #show(tag: string, load: () => Promise<unknown>, title: string): Promise<void> {
    if (this.shown?.localName === tag && this.#screen === null) return;
    document.title = `${title} · ${t('app.name')}`;
    try {
      const wanted = this.#screen;
      await load();
      if (wanted !== this.#screen) return;
      this.failed = false;
      this.shown = document.createElement(tag);
    } catch {
      this.#fail();
    }
  }

  #fail(): void {
    this.failed = true;
    this.#screen = null;
    this.shown = null;
    this.requestUpdate();
  }

  async #openOverlay(which: 'palette' | 'help'): Promise<void> {
    if (!session().signedIn) return;
    await loading[which]();
    this.overlay = which;
  }

  #onKey(event: KeyboardEvent): void {
    if (!session().signedIn || event.defaultPrevented) return;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
      event.preventDefault();
      void this.#openOverlay('palette');
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
    if (event.key === '?') void this.#openOverlay('help');
    else if (event.timeStamp - this.#afterG < 1_200) {
      const screen = screens.find((one) => one.key === event.key.toLowerCase());
      this.#afterG = 0;
      if (screen === undefined) return;
      go(screen.path);
    } else if (event.key.toLowerCase() === 'g') this.#afterG = event.timeStamp;
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  protected override render(): TemplateResult | typeof nothing {
    if (!this.started) return nothing;
    const signedIn = session().signedIn;
    this.toggleAttribute('alone', !signedIn);
    document.documentElement.style.setProperty('--toast-start', signedIn ? 'var(--rail)' : '0px');
    const lead = signedIn ? param('lead') : null;
    return html`
      ${signedIn ? html`<a class="skip" href="#main" @click=${this.#skip}>${t('nav.skip')}</a><lf-rail .current=${this.#screen?.path ?? ''}></lf-rail>` : nothing}
      <main id="main" tabindex="-1">
        ${this.shown ?? this.#instead(signedIn)}
        ${lead === null ? nothing : html`<lf-lead-drawer .lead=${lead}></lf-lead-drawer>`}
      </main>
      ${this.overlay === 'palette' ? html`<lf-palette @close=${() => (this.overlay = null)}></lf-palette>` : nothing}
      ${this.overlay === 'help' ? html`<lf-help @close=${() => (this.overlay = null)}></lf-help>` : nothing}
    `;
  }

  /** In place of a screen: nothing while it loads, else what went wrong and the way out. */
  #instead(signedIn: boolean): TemplateResult | typeof nothing {
    if (this.failed) {
      return html`<lf-empty icon="warning" heading=${t('page.failed')} text=${t('page.failedText')}>
        <button class="btn pri" @click=${() => location.reload()}>${t('do.reload')}</button>
      </lf-empty>`;
    }
    if (!signedIn || this.#screen !== null) return nothing;
    return html`<lf-empty icon="search" heading=${t('page.unknown')} text=${t('page.unknownText')}>
      <a class="btn pri" href="/board">${t('page.toBoard')}</a>
    </lf-empty>`;
  }

  #skip(event: Event): void {
    event.preventDefault();
    this.renderRoot.querySelector('main')?.focus();
  }
}
customElements.define('lf-app', App);

/** Whether a key press belongs to a text field (looking into shadow roots) rather than to the page. */
function isTyping(event: KeyboardEvent): boolean {
  const target = event.composedPath()[0];
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable ||
    target instanceof HTMLInputElement ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement
  );
}
