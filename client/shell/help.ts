import { css, html, type TemplateResult } from 'lit';
import { base } from '../ui/base.ts';
import { Localized } from '../ui/localized.ts';
import { type Key, t } from '../words/words.ts';
import { screens } from './routes.ts';
import '../ui/dialog.ts';

type Line = [keys: string[], what: Extract<Key, `help.${string}`>];

const everywhere: Line[] = [
  [['Ctrl', 'K'], 'help.palette'],
  ...screens.map((screen): Line => [['G', screen.key.toUpperCase()], screen.help]),
  [['Esc'], 'help.close'],
  [['?'], 'help.help'],
];
const board: Line[] = [
  [['J', 'K'], 'help.walk'],
  [['H', 'L'], 'help.columns'],
  [['Enter'], 'help.open'],
  [['N'], 'help.new'],
  [['C'], 'help.claim'],
  [['A'], 'help.assign'],
  [['M'], 'help.move'],
  [['1', '…', '9'], 'help.stage'],
  [['/'], 'help.search'],
  [['Ctrl', 'Z'], 'help.undo'],
];

/** The sheet behind `?`. */
class Help extends Localized {
  static override styles = [
    base,
    css`
      .columns {
        display: grid;
        grid-template-columns: 1fr 1fr;
        gap: 8px 40px;
      }
      h3 {
        font-size: var(--text-s);
        font-weight: var(--weight-medium);
        color: var(--ink-3);
        padding-block-end: 6px;
      }
      li {
        display: flex;
        align-items: center;
        gap: 4px;
        padding-block: 6px;
        border-block-start: 1px solid var(--line);
      }
      li span {
        flex: 1;
      }
      @media (max-width: 640px) {
        .columns {
          grid-template-columns: 1fr;
        }
      }
      @media (pointer: coarse) {
        kbd {
          display: inline;
        }
      }
    `,
  ];

  protected override render(): TemplateResult {
    return html`<lf-dialog wide .heading=${t('help.title')} .open=${true} @close=${() => this.dispatchEvent(new Event('close'))}>
      <div class="columns">${this.#group(t('help.everywhere'), everywhere)}${this.#group(t('help.board'), board)}</div>
    </lf-dialog>`;
  }

  #group(title: string, lines: Line[]): TemplateResult {
    return html`<section>
      <h3>${title}</h3>
      <ul>
        ${lines.map(([keys, what]) => html`<li><span>${t(what)}</span>${keys.map((key) => (key === '…' ? key : html`<kbd>${key}</kbd>`))}</li>`)}
      </ul>
    </section>`;
  }
}
customElements.define('lf-help', Help);
