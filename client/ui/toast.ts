import { css, html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { t } from '../words/words.ts';
import { base } from './base.ts';
import { type IconName, icon } from './icons.ts';
import { Localized } from './localized.ts';

export interface ToastAction {
  label: string;
  run(): void;
}
export interface Toast {
  text: string;
  tone?: 'plain' | 'good' | 'bad' | 'new';
  icon?: IconName;
  /** Undo, Open, Try again: one. */
  action?: ToastAction;
  /** A later toast of the same key replaces this one in place (a burst of the same kind is one toast). */
  key?: string;
  /** How long it stays; by default 6 s, 10 s with an action. Waits while pointed at or focused. */
  stayMs?: number;
}
interface Shown extends Toast {
  id: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

const MOST = 3;
const tones: Record<NonNullable<Toast['tone']>, IconName | null> = { plain: null, good: 'check', bad: 'warning', new: 'bell' };

/** The stack at the bottom start; in the top layer, so that it also stands over an open dialog's scrim. */
class Toasts extends Localized {
  static override properties = { toasts: { state: true } };
  declare toasts: Shown[];
  #last = 0;

  constructor() {
    super();
    this.toasts = [];
  }

  static override styles = [
    base,
    css`
      :host {
        position: fixed;
        inset: auto;
        inset-inline-start: calc(var(--toast-start, var(--rail)) + 16px);
        inset-block-end: calc(var(--toast-end, 0px) + 16px);
        margin: 0;
        padding: 0;
        border: 0;
        background: none;
        overflow: visible;
        font: var(--weight) var(--text-m) / 1.4 var(--font);
        display: none;
      }
      :host(:popover-open) {
        display: grid;
        gap: 8px;
        justify-items: start;
      }
      .toast {
        display: flex;
        align-items: center;
        gap: 10px;
        min-height: 40px;
        max-width: min(440px, calc(100vw - 32px));
        padding: 6px 6px 6px 14px;
        padding-inline: 14px 6px;
        border-radius: var(--radius-l);
        background: var(--float);
        color: var(--float-ink);
        box-shadow: var(--shadow-3);
        animation: arrive var(--motion-slow);
      }
      @keyframes arrive {
        from {
          opacity: 0;
          translate: 0 10px;
        }
      }
      .text {
        padding-block: 4px;
        overflow-wrap: anywhere;
      }
      button {
        min-height: 28px;
        padding-inline: 8px;
        border-radius: 7px;
        font-weight: 620;
        color: var(--float-accent);
        flex: none;
      }
      button:hover {
        background: color-mix(in oklch, var(--float-ink) 12%, transparent);
      }
      button:focus-visible {
        outline-color: var(--float-accent);
      }
      button.close {
        color: inherit;
        width: 28px;
        padding: 0;
        display: grid;
        place-items: center;
        opacity: 0.75;
      }
      button.close .ic {
        width: 14px;
        height: 14px;
      }
      @media (max-width: 640px) {
        :host {
          inset-inline: 12px;
          inset-block-end: calc(56px + env(safe-area-inset-bottom) + 10px);
        }
        .toast {
          max-width: 100%;
        }
        button {
          min-height: 40px;
        }
        button.close {
          width: 40px;
        }
      }
    `,
  ];

  add(toast: Toast): () => void {
    const same = toast.key === undefined ? undefined : this.toasts.find((other) => other.key === toast.key);
    const id = same?.id ?? ++this.#last;
    clearTimeout(same?.timer);
    const shown: Shown = { ...toast, id, timer: undefined };
    this.toasts = same ? this.toasts.map((other) => (other.id === id ? shown : other)) : [...this.toasts, shown].slice(-MOST);
    this.#wait(shown);
    // Shown anew each time: the last to open stands on top of dialogs opened meanwhile.
    if (this.matches(':popover-open')) this.hidePopover();
    this.showPopover();
    return () => this.#drop(id);
  }

  #wait(toast: Shown): void {
    clearTimeout(toast.timer);
    toast.timer = setTimeout(() => this.#drop(toast.id), toast.stayMs ?? (toast.action ? 10_000 : 6_000));
  }

  #drop(id: number): void {
    clearTimeout(this.toasts.find((toast) => toast.id === id)?.timer);
    this.toasts = this.toasts.filter((toast) => toast.id !== id);
    if (this.toasts.length === 0 && this.matches(':popover-open')) this.hidePopover();
  }

  protected override render(): TemplateResult {
    return html`${repeat(
      this.toasts,
      (toast) => toast.id,
      (toast) => {
        const mark = toast.icon ?? tones[toast.tone ?? 'plain'];
        return html`<div
          class="toast ${toast.tone ?? 'plain'}"
          @pointerenter=${() => clearTimeout(toast.timer)}
          @pointerleave=${() => this.#wait(toast)}
          @focusin=${() => clearTimeout(toast.timer)}
          @focusout=${() => this.#wait(toast)}
        >
          ${mark === null ? nothing : icon(mark)}
          <span class="text" role=${toast.tone === 'bad' ? 'alert' : 'status'}>${toast.text}</span>
          ${
            toast.action
              ? html`<button
                  @click=${() => {
                    this.#drop(toast.id);
                    toast.action?.run();
                  }}
                >
                  ${toast.action.label}
                </button>`
              : nothing
          }
          <button class="close" aria-label=${t('do.dismiss')} @click=${() => this.#drop(toast.id)}>${icon('close')}</button>
        </div>`;
      },
    )}`;
  }
}
customElements.define('lf-toasts', Toasts);

let stack: Toasts | undefined;

/** Says something at the bottom start of the window. Answers a function that takes it away. */
export function toast(message: Toast): () => void {
  if (stack === undefined) {
    stack = new Toasts();
    stack.popover = 'manual';
    stack.setAttribute('role', 'region');
    stack.setAttribute('aria-label', t('toast.region'));
    document.body.append(stack);
  }
  return stack.add(message);
}
