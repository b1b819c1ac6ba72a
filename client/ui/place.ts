/**
 * Puts a floating element beside its anchor: below if it fits, else above; lined up with the anchor's start edge, in
 * the reading direction, and kept inside the window. Both must be displayed; `floating` is position: fixed.
 */
export function placeBeside(anchor: DOMRect, floating: HTMLElement, gap = 4): void {
  const edge = 8;
  const { offsetWidth: width, offsetHeight: height } = floating;
  const rtl = getComputedStyle(floating).direction === 'rtl';
  const wanted = rtl ? anchor.right - width : anchor.left;
  const fits = wanted >= edge && wanted + width <= innerWidth - edge;
  const other = rtl ? anchor.left : anchor.right - width;
  const left = Math.min(Math.max(fits ? wanted : other, edge), Math.max(edge, innerWidth - width - edge));
  const below = anchor.bottom + gap;
  const above = anchor.top - gap - height;
  const top = below + height <= innerHeight - edge || above < edge ? Math.min(below, Math.max(edge, innerHeight - height - edge)) : above;
  floating.style.left = `${Math.round(left)}px`;
  floating.style.top = `${Math.round(top)}px`;
}

/** The element with the focus, looking into shadow roots: where to give it back to. */
export function focusedElement(): HTMLElement | null {
  let active = document.activeElement;
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  return active instanceof HTMLElement && active !== document.body ? active : null;
}
