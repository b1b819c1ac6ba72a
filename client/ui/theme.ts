/** Which theme the person chose; `system` follows the device. Kept in this browser. */
export type Theme = 'system' | 'light' | 'dark';

const KEY = 'leadfloor.theme';
const changed = new Set<() => void>();

export function theme(): Theme {
  const kept = localStorage.getItem(KEY);
  return kept === 'light' || kept === 'dark' ? kept : 'system';
}

/** Keeps the choice and shows it at once. */
export function setTheme(next: Theme): void {
  if (next === 'system') localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, next);
  showTheme();
}

/** Puts the kept choice on the document; tokens.css does the rest. */
export function showTheme(): void {
  const choice = theme();
  if (choice === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = choice;
  for (const listener of changed) listener();
}

/** For what CSS cannot reach (canvas): called whenever colours may have changed. */
export function onThemeChange(listener: () => void): () => void {
  const system = matchMedia('(prefers-color-scheme: dark)');
  changed.add(listener);
  system.addEventListener('change', listener);
  return () => {
    changed.delete(listener);
    system.removeEventListener('change', listener);
  };
}

/** The organization's accent hue, 0 to 359. */
export function showAccent(hue: number): void {
  document.documentElement.style.setProperty('--hue', String(hue));
}
