import type { IconName } from '../ui/icons.ts';
import type { Key } from '../words/words.ts';

/** One screen: its address, the element that shows it and where its code is loaded from, only when it is wanted. */
export interface Screen {
  path: string;
  tag: string;
  load(): Promise<unknown>;
  title: 'nav.board' | 'nav.floor' | 'nav.dashboard' | 'nav.alerts';
  icon: IconName;
  /** Pressed after G. */
  key: string;
  help: Extract<Key, `help.go${string}`>;
}

/** The screens that exist today, in the order of the rail. */
export const screens: readonly Screen[] = [
  {
    path: '/board',
    tag: 'lf-board',
    load: () => import('../leads/board.ts'),
    title: 'nav.board',
    icon: 'board',
    key: 'b',
    help: 'help.goBoard',
  },
  {
    path: '/floor',
    tag: 'lf-floor-page',
    load: () => import('../leads/floor-page.ts'),
    title: 'nav.floor',
    icon: 'floor',
    key: 'f',
    help: 'help.goFloor',
  },
  {
    path: '/dashboard',
    tag: 'lf-dashboard',
    load: () => import('../insight/dashboard.ts'),
    title: 'nav.dashboard',
    icon: 'chart',
    key: 'd',
    help: 'help.goDashboard',
  },
  {
    path: '/alerts',
    tag: 'lf-alerts',
    load: () => import('../leads/alerts.ts'),
    title: 'nav.alerts',
    icon: 'bell',
    key: 'a',
    help: 'help.goAlerts',
  },
];

const leadAddress = new URLPattern({ pathname: '/leads/:lead' });

/** Where an address leads: a screen, another address (the root, a link to one lead), sign-in, or nowhere. */
export function route(url: URL): { screen: Screen } | { redirect: string } | 'sign-in' | 'unknown' {
  const screen = screens.find((one) => one.path === url.pathname);
  if (screen !== undefined) return { screen };
  if (url.pathname === '/') return { redirect: '/board' };
  if (url.pathname === '/sign-in') return 'sign-in';
  const lead = leadAddress.exec(url)?.pathname.groups['lead'];
  return lead === undefined ? 'unknown' : { redirect: `/board?lead=${encodeURIComponent(lead)}` };
}
