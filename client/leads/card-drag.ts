import type { LeadCard } from './lead-card.ts';

/** Where a card may be let go: a stage (`stage:won`), an agent (`agent:<id>`). Elements say so with `data-drop`. */
export type DropTarget = { kind: 'stage' | 'agent'; id: string };

/** The board's side of a drag. */
export interface DragHost {
  /** May this card be carried at all? */
  lift(card: LeadCard): boolean;
  hover(target: DropTarget | null): void;
  drop(target: DropTarget | null): void;
  cancel(): void;
  /** Where the copy that follows the pointer is put. */
  ghostRoot(): ShadowRoot;
  /** Elements that scroll when the pointer comes near their edges. */
  scrollers(x: number, y: number): HTMLElement[];
}

const START_PX = 5;
const LONG_PRESS_MS = 380;
const LONG_PRESS_SLACK_PX = 9;
const EDGE_PX = 56;
const SPEED_PX = 14;

interface Press {
  card: LeadCard;
  pointerId: number;
  touch: boolean;
  x: number;
  y: number;
  /** Where in the card it was taken. */
  grip: { x: number; y: number };
  timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * Carries a card by pointer: the mouse after five pixels, a finger after a long press (until then it scrolls).
 * Escape puts it back. It knows nothing of leads: hosts say what may be lifted and what a drop means.
 */
export class CardDrag {
  private readonly host: DragHost;
  private press: Press | null = null;
  private ghost: LeadCard | null = null;
  private target: DropTarget | null = null;
  private at = { x: 0, y: 0 };
  private frame = 0;

  constructor(surface: HTMLElement, host: DragHost) {
    this.host = host;
    surface.addEventListener('pointerdown', this.down);
    surface.addEventListener('dragstart', (event) => event.preventDefault());
    surface.addEventListener('contextmenu', (event) => {
      if (this.press?.touch) event.preventDefault();
    });
    // Not passive: once a card is lifted the finger must not scroll the page.
    surface.addEventListener('touchmove', (event) => this.ghost !== null && event.cancelable && event.preventDefault(), { passive: false });
  }

  get active(): boolean {
    return this.ghost !== null;
  }

  /** Ends whatever is under way without a drop. */
  cancel(): void {
    const wasActive = this.ghost !== null;
    this.release();
    if (wasActive) this.host.cancel();
  }

  private readonly down = (event: PointerEvent): void => {
    if (event.button !== 0 || !event.isPrimary || this.press !== null) return;
    const path = event.composedPath();
    const card = path.find((node): node is LeadCard => node instanceof HTMLElement && node.localName === 'lf-lead-card');
    if (card === undefined || path.some((node) => node instanceof HTMLButtonElement)) return;
    const box = card.getBoundingClientRect();
    const touch = event.pointerType !== 'mouse';
    this.press = {
      card,
      pointerId: event.pointerId,
      touch,
      x: event.clientX,
      y: event.clientY,
      grip: { x: event.clientX - box.left, y: event.clientY - box.top },
      timer: touch ? setTimeout(() => this.lift(), LONG_PRESS_MS) : undefined,
    };
    this.at = { x: event.clientX, y: event.clientY };
    addEventListener('pointermove', this.move);
    addEventListener('pointerup', this.up);
    addEventListener('pointercancel', this.lost);
    addEventListener('blur', this.lost);
    addEventListener('keydown', this.key, { capture: true });
  };

  private readonly move = (event: PointerEvent): void => {
    const { press } = this;
    if (press === null || event.pointerId !== press.pointerId) return;
    this.at = { x: event.clientX, y: event.clientY };
    if (this.ghost !== null) {
      event.preventDefault();
      this.follow();
      return;
    }
    const far = Math.hypot(event.clientX - press.x, event.clientY - press.y);
    if (press.touch) {
      if (far > LONG_PRESS_SLACK_PX) this.release();
    } else if (far >= START_PX) this.lift();
  };

  private lift(): void {
    const { press } = this;
    if (press === null || this.ghost !== null) return;
    if (!this.host.lift(press.card)) {
      this.release();
      return;
    }
    const box = press.card.getBoundingClientRect();
    const ghost = document.createElement('lf-lead-card');
    ghost.leadId = press.card.leadId;
    ghost.ghost = true;
    ghost.inert = true;
    Object.assign(ghost.style, {
      position: 'fixed',
      insetBlockStart: '0',
      left: '0',
      width: `${box.width}px`,
      zIndex: '40',
      pointerEvents: 'none',
      willChange: 'translate',
      // A finger covers what it is over: the copy shrinks towards it.
      ...(press.touch ? { scale: '0.72', transformOrigin: `${press.grip.x}px ${press.grip.y}px` } : {}),
    });
    this.ghost = ghost;
    this.host.ghostRoot().append(ghost);
    document.documentElement.style.cursor = 'grabbing';
    if (press.touch) navigator.vibrate?.(12);
    this.follow();
    this.frame = requestAnimationFrame(this.autoScroll);
  }

  private follow(): void {
    const { press, ghost } = this;
    if (press === null || ghost === null) return;
    ghost.style.translate = `${Math.round(this.at.x - press.grip.x)}px ${Math.round(this.at.y - press.grip.y)}px`;
    const target = targetAt(this.at.x, this.at.y);
    if (target?.id === this.target?.id && target?.kind === this.target?.kind) return;
    this.target = target;
    this.host.hover(target);
  }

  private readonly autoScroll = (): void => {
    if (this.ghost === null) return;
    const { x, y } = this.at;
    let scrolled = false;
    for (const element of this.host.scrollers(x, y)) {
      const box = element.getBoundingClientRect();
      const [left, top] = [element.scrollLeft, element.scrollTop];
      if (element.scrollHeight > element.clientHeight) element.scrollTop += push(y, box.top, box.bottom);
      if (element.scrollWidth > element.clientWidth) element.scrollLeft += push(x, box.left, box.right);
      scrolled ||= left !== element.scrollLeft || top !== element.scrollTop;
    }
    if (scrolled) this.follow();
    this.frame = requestAnimationFrame(this.autoScroll);
  };

  private readonly up = (event: PointerEvent): void => {
    if (event.pointerId !== this.press?.pointerId) return;
    const wasActive = this.ghost !== null;
    const { target } = this;
    this.release();
    if (!wasActive) return;
    swallowClick();
    this.host.drop(target);
  };

  private readonly lost = (): void => this.cancel();

  private readonly key = (event: KeyboardEvent): void => {
    if (this.ghost === null || event.key !== 'Escape') return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.cancel();
    addEventListener('pointerup', swallowClick, { once: true });
  };

  private release(): void {
    clearTimeout(this.press?.timer);
    cancelAnimationFrame(this.frame);
    this.ghost?.remove();
    this.ghost = null;
    this.press = null;
    this.target = null;
    document.documentElement.style.cursor = '';
    removeEventListener('pointermove', this.move);
    removeEventListener('pointerup', this.up);
    removeEventListener('pointercancel', this.lost);
    removeEventListener('blur', this.lost);
    removeEventListener('keydown', this.key, { capture: true });
  }
}

/** How far to scroll this frame for a pointer at `at` between two edges. */
function push(at: number, start: number, end: number): number {
  if (at < start + EDGE_PX) return -Math.ceil(SPEED_PX * Math.min(1, (start + EDGE_PX - at) / EDGE_PX));
  if (at > end - EDGE_PX) return Math.ceil(SPEED_PX * Math.min(1, (at - end + EDGE_PX) / EDGE_PX));
  return 0;
}

/** The drop target under a point, looking into shadow roots and out of them again. */
function targetAt(x: number, y: number): DropTarget | null {
  let node: Node | null = deepest(x, y);
  while (node !== null) {
    const said = node instanceof HTMLElement ? node.dataset['drop'] : undefined;
    if (said !== undefined) {
      const at = said.indexOf(':');
      return { kind: said.slice(0, at) === 'agent' ? 'agent' : 'stage', id: said.slice(at + 1) };
    }
    node = node.parentNode instanceof ShadowRoot ? node.parentNode.host : node.parentNode;
  }
  return null;
}

function deepest(x: number, y: number): Element | null {
  let found = document.elementFromPoint(x, y);
  for (;;) {
    const inner = found?.shadowRoot?.elementFromPoint(x, y) ?? null;
    if (inner === null || inner === found) return found;
    found = inner;
  }
}

/** The click that follows a drop must not open the lead. */
function swallowClick(): void {
  const swallow = (event: Event): void => {
    event.preventDefault();
    event.stopPropagation();
  };
  addEventListener('click', swallow, { capture: true, once: true });
  setTimeout(() => removeEventListener('click', swallow, { capture: true }), 50);
}
