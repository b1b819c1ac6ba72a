import { LitElement } from 'lit';
import { onLanguageChange } from '../words/words.ts';

/** A component that shows words: draws itself again when the language changes. */
export class Localized extends LitElement {
  #stop: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#stop = onLanguageChange(() => this.requestUpdate());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop?.();
  }
}
