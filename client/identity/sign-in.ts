import { html, nothing, type TemplateResult } from 'lit';
import { fetchJson, session, signIn } from '../sync/session.ts';
import { Refused } from '../sync/wire.ts';
import { base, buttons, fields } from '../ui/base.ts';
import { type IconName, icon } from '../ui/icons.ts';
import { Localized } from '../ui/localized.ts';
import { whyRefused } from '../words/refusals.ts';
import { type Language, language, languages, setLanguage, t } from '../words/words.ts';
import { signInStyles } from './sign-in.css.ts';

type Role = 'owner' | 'admin' | 'manager' | 'agent' | 'assistant' | 'viewer';

/** What the server says of itself to anybody: on a demo floor, who may be tried. */
interface FloorWelcome {
  demo: boolean;
  password?: string;
  accounts?: { email: string; name: string; role: Role; organization: { slug: string; name: string } }[];
}
type Field = 'email' | 'password';

/** A board in miniature, on which one card has just been moved: decoration. */
const picture = html`<div class="floor" aria-hidden="true">
  ${[4, 3, 3].map(
    (cards) =>
      html`<div class="column"><b></b>${Array.from({ length: cards }, () => html`<div class="card"><i></i><i></i><u></u></div>`)}</div>`,
  )}
</div>`;

/** Sign-in by email and password; on a demo floor every company and role is one press away. */
class SignIn extends Localized {
  static override properties = {
    welcome: { state: true },
    errors: { state: true },
    refusal: { state: true },
    busy: { state: true },
    revealed: { state: true },
    capsLock: { state: true },
    company: { state: true },
  };
  declare welcome: FloorWelcome | null;
  declare errors: Partial<Record<Field, string>>;
  declare refusal: string | null;
  declare busy: boolean;
  declare revealed: boolean;
  declare capsLock: boolean;
  declare company: string | null;

  constructor() {
    super();
    this.welcome = null;
    this.errors = {};
    this.refusal = null;
    this.busy = false;
    this.revealed = false;
    this.capsLock = false;
    this.company = null;
  }

  static override styles = [base, buttons, fields, signInStyles];

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#greet();
  }

  async #greet(): Promise<void> {
    try {
      this.welcome = (await fetchJson('/api/floor')) as FloorWelcome;
      this.company = this.welcome.accounts?.[0]?.organization.slug ?? null;
    } catch (error) {
      this.refusal = error instanceof Refused ? null : t('signIn.noServer');
    }
  }

  protected override firstUpdated(): void {
    if (matchMedia('(pointer: fine)').matches) this.#input('email').focus();
  }

  #input(name: Field): HTMLInputElement {
    const input = this.renderRoot.querySelector<HTMLInputElement>(`#${name}`);
    if (input === null) throw new Error(`The sign-in form has no ${name}`);
    return input;
  }

  #check(): boolean {
    const email = this.#input('email').value.trim();
    this.errors = {
      ...(email === ''
        ? { email: t('signIn.emailMissing') }
        : /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(email)
          ? {}
          : { email: t('signIn.emailWrong') }),
      ...(this.#input('password').value === '' ? { password: t('signIn.passwordMissing') } : {}),
    };
    const first = this.errors.email !== undefined ? 'email' : this.errors.password !== undefined ? 'password' : null;
    if (first !== null) this.#input(first).focus();
    return first === null;
  }

  #submit(event: Event): void {
    event.preventDefault();
    if (this.busy || !this.#check()) return;
    void this.#enter(this.#input('email').value.trim(), this.#input('password').value);
  }

  async #enter(email: string, password: string): Promise<void> {
    this.busy = true;
    this.refusal = null;
    try {
      await signIn(email, password);
    } catch (error) {
      this.refusal = this.#why(error);
      await this.updateComplete;
      this.#input('password').select();
    } finally {
      this.busy = false;
    }
  }

  #why(error: unknown): string {
    if (!(error instanceof Refused))
      return error instanceof TypeError ? t('signIn.noServer') : t('signIn.failed', { why: whyRefused(error) });
    if (error.problem.status === 401) return t('signIn.wrong');
    if (error.problem.status === 429) return t('signIn.tooMany');
    return error.problem.status >= 500 ? t('signIn.noServer') : t('signIn.failed', { why: whyRefused(error) });
  }

  protected override render(): TemplateResult {
    const state = session();
    const reason = state.signedIn ? null : state.reason;
    const notice = reason === null ? null : reason === 'expired' ? t('signIn.expired') : t('signIn.ended');
    return html`
      <section class="story">
        <div class="brand"><span class="mark" aria-hidden="true">L</span>${t('app.name')}</div>
        <p class="lead">${t('signIn.lead')}</p>
        <ul>
          ${this.#point('board', t('signIn.point.live'))} ${this.#point('hand', t('signIn.point.claim'))} ${this.#point('check', t('signIn.point.safe'))}
        </ul>
        ${picture}
      </section>
      <section class="enter">
        <div class="box">
          <h1>${t('signIn.heading')}</h1>
          ${notice === null ? nothing : html`<p class="notice" role="status">${icon('info')}${notice}</p>`}
          <form novalidate @submit=${this.#submit}>
            ${this.#field('email', t('signIn.email'), 'email', 'username')}
            ${this.#field('password', t('signIn.password'), this.revealed ? 'text' : 'password', 'current-password')}
            ${this.capsLock ? html`<p class="hint caps">${icon('info')}${t('signIn.capsLock')}</p>` : nothing}
            ${this.refusal === null ? nothing : html`<p class="error" role="alert">${icon('warning')}${this.refusal}</p>`}
            <button class="btn pri" type="submit" aria-disabled=${this.busy ? 'true' : nothing}>${this.busy ? t('signIn.busy') : t('signIn.submit')}</button>
          </form>
          ${this.#demo()}
          <div class="languages" role="group" aria-label=${t('signIn.language')}>
            ${(Object.keys(languages) as Language[]).map(
              (one) =>
                html`<button lang=${one} aria-pressed=${one === language() ? 'true' : 'false'} @click=${() => setLanguage(one)}>${languages[one]}</button>`,
            )}
          </div>
        </div>
      </section>
    `;
  }

  #point(glyph: IconName, text: string): TemplateResult {
    return html`<li>${icon(glyph)}<span>${text}</span></li>`;
  }

  #field(name: Field, label: string, type: string, autocomplete: AutoFill): TemplateResult {
    const error = this.errors[name];
    const isPassword = name === 'password';
    return html`<div class="field">
      <label for=${name}>${label}</label>
      <div class="with">
        <input
          class="input"
          id=${name}
          name=${name}
          type=${type}
          autocomplete=${autocomplete}
          inputmode=${isPassword ? nothing : 'email'}
          autocapitalize="none"
          spellcheck="false"
          dir="ltr"
          required
          aria-invalid=${error === undefined ? 'false' : 'true'}
          aria-describedby=${error === undefined ? nothing : `${name}-error`}
          @input=${() => {
            if (this.errors[name] !== undefined) this.errors = { ...this.errors, [name]: undefined };
          }}
          @keyup=${(event: KeyboardEvent) => {
            if (isPassword) this.capsLock = event.getModifierState('CapsLock');
          }}
        />
        ${
          isPassword
            ? html`<button
                type="button"
                class="reveal"
                aria-pressed=${this.revealed ? 'true' : 'false'}
                aria-label=${this.revealed ? t('signIn.hide') : t('signIn.show')}
                data-tip=${this.revealed ? t('signIn.hide') : t('signIn.show')}
                @click=${() => (this.revealed = !this.revealed)}
              >
                ${icon(this.revealed ? 'eyeOff' : 'eye')}
              </button>`
            : nothing
        }
      </div>
      ${error === undefined ? nothing : html`<p class="error" id="${name}-error">${icon('warning')}${error}</p>`}
    </div>`;
  }

  #demo(): TemplateResult | typeof nothing {
    const { demo, accounts = [], password = '' } = this.welcome ?? { demo: false };
    if (!demo || accounts.length === 0) return nothing;
    const companies = [...new Map(accounts.map((one) => [one.organization.slug, one.organization])).values()];
    const here = accounts.filter((one) => one.organization.slug === this.company);
    return html`<div class="demo">
      <p>${t('signIn.demo')}</p>
      <div class="companies" role="radiogroup" aria-label=${t('profile.organization')}>
        ${companies.map(
          (one) =>
            html`<label><input type="radio" name="company" class="sr" .checked=${one.slug === this.company} @change=${() => (this.company = one.slug)} /><span>${one.name}</span></label>`,
        )}
      </div>
      <div class="people">
        ${here.map((one) => {
          const role = t(`role.${one.role}`);
          return html`<button
            class="person"
            aria-disabled=${this.busy ? 'true' : nothing}
            @click=${() => {
              if (!this.busy) void this.#enter(one.email, password);
            }}
          >
            <lf-avatar .name=${one.name} .key=${one.email} .size=${26}></lf-avatar>
            <span class="who"><bdi class="clip">${one.name}</bdi><small>${role}</small></span>
          </button>`;
        })}
      </div>
    </div>`;
  }
}
customElements.define('lf-sign-in', SignIn);
