import type { Role } from '../../domain/kernel/aggregate.ts';
import { Signal } from './signal.ts';
import { isProblem, type Problem, Refused } from './wire.ts';

/** How far a permission reaches: on one's own leads, the team's, all; `none` hides the control. */
export type Level = 'none' | 'own' | 'team' | 'all';

export interface Stage {
  key: string;
  label: string;
  kind: 'open' | 'won' | 'lost' | 'closed';
  hue: number;
}

/** Everything a screen needs to know before its first row: who I am, what I may do, and how this organization works. */
export interface Me {
  user: { id: string; email: string; name: string; firstName?: string | null; lastName?: string | null };
  agentId: string;
  role: Role;
  organization: {
    id: string;
    slug: string;
    name: string;
    preset: string;
    currency: string;
    region: string;
    timezone: string;
    locale: string | null;
    branding: { hue: number } | null;
    responseMinutes: number | null;
    capacity: number | null;
  };
  pipeline: { stages: Stage[]; moves: Record<string, string[]> };
  /** Null: an open list, any text is a source. */
  sources: string[] | null;
  propertyTypes: string[];
  /** Field names that capture by form requires. */
  required: string[];
  permissions: Record<string, Level>;
  visibility: string;
  organizations: { id: string; name: string; slug: string; role?: Role }[];
  /** When the access token ends, ISO 8601. */
  expiresAt?: string;
}

export interface SignInAnswer {
  accessToken: string;
  expiresAt: string;
  organizations: { id: string; name: string; slug: string }[];
}

/** Signed in, or not any more and why (`null`: nobody had signed in). */
export type SessionState = { signedIn: true; me: Me } | { signedIn: false; reason: string | null };

/** Set in this browser while somebody is signed in. */
const KNOWN = 'leadfloor.known';
const REFRESH_AHEAD_MS = 2 * 60_000;
const REFRESH_BLIND_MS = 9 * 60_000;

let state: SessionState = { signedIn: false, reason: null };
let refreshTimer: ReturnType<typeof setTimeout> | undefined;
let refreshing: Promise<boolean> | null = null;
const changed = new Signal<SessionState>();

let lastMe: Me | null = null;

/**
 * The signed-in person. On the way out it is still who was: screens that draw once more before they are taken down
 * may rely on it. Throws before anybody has signed in on this page.
 */
export function me(): Me {
  if (lastMe === null) throw new Error('Nobody is signed in');
  return lastMe;
}

export function session(): SessionState {
  return state;
}

/** Tells of every sign-in, sign-out and change of rights, beginning with how it stands; answers a function that stops listening. */
export function onSession(listener: (state: SessionState) => void): () => void {
  listener(state);
  return changed.on(listener);
}

/**
 * Whether the person may run `command` (`lead.move`), on a row if given: `own` reaches their rows and those nobody
 * owns. The server decides; this only keeps controls away that would be refused.
 */
export function can(command: string, row?: { agentId: string | null }): boolean {
  if (!state.signedIn) return false;
  const level = state.me.permissions[command] ?? 'none';
  if (level === 'none') return false;
  if (level !== 'own' || row === undefined) return true;
  return row.agentId === state.me.agentId || row.agentId === null;
}

/**
 * Picks up the session the browser holds a cookie for. Answers whether somebody is signed in. A browser in which nobody
 * ever signed in has no token to renew, and is not made to try.
 */
export async function resumeSession(): Promise<boolean> {
  try {
    const known = localStorage.getItem(KNOWN) !== null;
    welcome((await (known ? fetchJson('/api/me') : request('/api/me', {}))) as Me);
    return true;
  } catch (error) {
    if (error instanceof Refused && error.problem.status === 401) return false;
    throw error;
  }
}

/** Signs in with cookies; a refusal throws `Refused` with the problem to show. */
export async function signIn(email: string, password: string, organizationId?: string): Promise<SignInAnswer> {
  const answer = (await request('/api/sessions', { method: 'POST', body: { email, password, organizationId } })) as SignInAnswer;
  await loadMe();
  return answer;
}

export async function signOut(): Promise<void> {
  try {
    await request('/api/sessions/current', { method: 'DELETE' });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  } finally {
    endSession(null);
  }
}

/** Acts for another of the person's organizations from now on. */
export async function switchOrganization(organizationId: string): Promise<void> {
  await request('/api/sessions/switch', { method: 'POST', body: { organizationId } });
  await loadMe();
}

/** Loads the person and their rights again (after a change of permissions). */
export async function loadMe(): Promise<Me> {
  const loaded = (await fetchJson('/api/me')) as Me;
  welcome(loaded);
  return loaded;
}

function welcome(loaded: Me): void {
  localStorage.setItem(KNOWN, '1');
  lastMe = loaded;
  state = { signedIn: true, me: loaded };
  scheduleRefresh(loaded.expiresAt);
  changed.tell(state);
}

/** The session is over: shows the sign-in page with the reason. */
export function endSession(reason: string | null): void {
  if (refreshTimer !== undefined) clearTimeout(refreshTimer);
  refreshTimer = undefined;
  if (reason === null) localStorage.removeItem(KNOWN);
  state = { signedIn: false, reason };
  changed.tell(state);
}

export interface JsonRequest {
  method?: string;
  body?: object;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/**
 * Calls the API with the session's cookie. An access token that ran out is renewed once, behind the caller's back.
 * Throws `Refused` with the problem document; a network failure throws the browser's TypeError.
 */
export async function fetchJson(path: string, init: JsonRequest = {}): Promise<unknown> {
  try {
    return await request(path, init);
  } catch (error) {
    if (!(error instanceof Refused) || error.problem.status !== 401) throw error;
    if (!(await refreshSession())) throw error;
    return request(path, init);
  }
}

/** Renews the access token; callers at the same moment share one call. False when the session is over. */
export function refreshSession(): Promise<boolean> {
  refreshing ??= renew().finally(() => {
    refreshing = null;
  });
  return refreshing;
}

async function renew(): Promise<boolean> {
  try {
    const answer = (await request('/api/sessions/refresh', { method: 'POST', body: {} })) as { expiresAt?: string };
    scheduleRefresh(answer.expiresAt);
    return true;
  } catch (error) {
    if (error instanceof Refused && error.problem.status < 500) {
      if (state.signedIn) endSession('expired');
      return false;
    }
    scheduleRefresh(undefined, 20_000);
    return false;
  }
}

function scheduleRefresh(expiresAt: string | undefined, blind = REFRESH_BLIND_MS): void {
  if (refreshTimer !== undefined) clearTimeout(refreshTimer);
  const wait = expiresAt === undefined ? blind : Date.parse(expiresAt) - Date.now() - REFRESH_AHEAD_MS;
  refreshTimer = setTimeout(() => void refreshSession(), Math.min(Math.max(wait, 5_000), 2 ** 31 - 1));
}

async function request(path: string, init: JsonRequest): Promise<unknown> {
  const response = await fetch(path, {
    method: init.method ?? 'GET',
    credentials: 'same-origin',
    headers: { accept: 'application/json', ...(init.body === undefined ? {} : { 'content-type': 'application/json' }), ...init.headers },
    body: init.body === undefined ? undefined : JSON.stringify(init.body),
    signal: init.signal,
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  const body: unknown = text !== '' && isJson ? JSON.parse(text) : null;
  if (response.ok) return body;
  throw new Refused(isProblem(body) ? body : problemOf(response));
}

function problemOf(response: Response): Problem {
  return { status: response.status, code: `http.${response.status}`, title: response.statusText || String(response.status) };
}
