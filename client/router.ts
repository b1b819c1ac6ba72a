/** Where the person is: the address holds the state, and Back works. */
const listeners = new Set<() => void>();

/** Goes to an address of ours without loading the page. `replace` leaves no step in the history. */
export function go(to: string, options: { replace?: boolean } = {}): void {
  const target = new URL(to, location.href);
  if (target.href === location.href) return;
  if (options.replace) history.replaceState(null, '', target);
  else history.pushState(null, '', target);
  for (const listener of listeners) listener();
}

/** Sets or, with null, removes parameters of the present address: `setParams({ lead: id })` opens a lead beside the board. */
export function setParams(params: Readonly<Record<string, string | null>>, options: { replace?: boolean } = {}): void {
  const target = new URL(location.href);
  for (const [name, value] of Object.entries(params)) {
    if (value === null) target.searchParams.delete(name);
    else target.searchParams.set(name, value);
  }
  go(target.href, options);
}

export function param(name: string): string | null {
  return new URLSearchParams(location.search).get(name);
}

/** Called after each change of the address, Back and Forward included. */
export function onNavigate(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Opens a lead beside the screen that is shown. */
export function openLead(id: string): void {
  setParams({ lead: id });
}

/** Starts following the history and plain clicks on links to our own pages, in any shadow root. */
export function startRouter(isOurs: (path: string) => boolean): void {
  addEventListener('popstate', () => {
    for (const listener of listeners) listener();
  });
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const link = event.composedPath().find((node): node is HTMLAnchorElement => node instanceof HTMLAnchorElement);
    if (link === undefined || link.origin !== location.origin || link.target !== '' || !isOurs(link.pathname)) return;
    event.preventDefault();
    go(link.href);
  });
}
