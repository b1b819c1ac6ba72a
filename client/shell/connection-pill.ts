import { css, html, type TemplateResult } from 'lit';
import { type Connection, connection, onConnection } from '../sync/socket.ts';
import { base, marks } from '../ui/base.ts';
import { icon } from '../ui/icons.ts';
import { Localized } from '../ui/localized.ts';
import { time } from '../words/format.ts';
import { t } from '../words/words.ts';

/** `<lf-connection-pill>`: live, catching up or offline, and since when. Never silently stale. */
class ConnectionPill extends Localized {
  static override properties = { now: { state: true } };
  declare now: Connection;
  #stopConnection: (() => void) | undefined;

  constructor() {
    super();
    this.now = connection();
  }

  static override styles = [
    base,
    marks,
    css`
      :host {
        display: inline-flex;
      }
      .pill {
        cursor: default;
      }
      .pill.good::before {
        box-shadow: 0 0 0 3px color-mix(in oklch, currentColor 18%, transparent);
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.#stopConnection = onConnection((now) => {
      this.now = now;
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stopConnection?.();
  }

  protected override render(): TemplateResult {
    const { state, since, behind } = this.now;
    const at = time(since, true);
    if (state === 'live')
      return html`<span class="pill dot good" role="status" data-tip=${t('connection.liveSince', { time: at })}>${t('connection.live')}</span>`;
    if (state === 'offline') {
      return html`<span class="pill bad" role="status" data-tip=${t('connection.offlineSince', { time: at })}>${icon('offline')}${t('connection.offline')}<span class="num">${time(since)}</span></span>`;
    }
    const tip = behind === null ? t('connection.catchingUp') : t('connection.behind', { count: behind });
    return html`<span class="pill dot warn" role="status" data-tip=${tip}>${t('connection.catchingUp')}</span>`;
  }
}
customElements.define('lf-connection-pill', ConnectionPill);
