import type { AlertRow } from '../../projections/leads/rows.ts';
import { openLead } from '../router.ts';
import { send } from '../sync/commands.ts';
import { LiveRows } from '../sync/live-rows.ts';
import { onSession } from '../sync/session.ts';
import { toast } from '../ui/toast.ts';
import { whyRefused } from '../words/refusals.ts';
import { t } from '../words/words.ts';
import { alertText } from './alert-words.ts';

/** The signed-in person's alerts, watched as long as they are signed in: for the rail, the toasts and the list. */
let feed: LiveRows<AlertRow> | null = null;
let organization: string | null = null;
/** Alerts that were there when the watch began are not news. */
let known: Set<string> | null = null;
const listeners = new Set<() => void>();

onSession((state) => {
  const next = state.signedIn ? state.me.organization.id : null;
  if (next === organization) return;
  organization = next;
  known = null;
  feed?.close();
  feed = next === null ? null : new LiveRows<AlertRow>('alerts', {});
  feed?.subscribe((changed, { reset }) => {
    if (known !== null && !reset) announce([...changed].filter((key) => !known?.has(key)));
    known = new Set(feed?.rows.keys());
    for (const listener of listeners) listener();
  });
  for (const listener of listeners) listener();
});

/** Tells whenever the alerts or their read marks change. */
export function onUnread(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Newest first. */
export function alerts(): AlertRow[] {
  return [...(feed?.rows.values() ?? [])].sort(
    (one, other) => other.createdAt.localeCompare(one.createdAt) || other.id.localeCompare(one.id),
  );
}

export function alertsReady(): boolean {
  return feed?.ready ?? false;
}

export function unreadAlerts(): number {
  let count = 0;
  for (const row of feed?.rows.values() ?? []) if (row.readAt === null) count += 1;
  return count;
}

/** Opens what the alert is about and marks it read. */
export function openAlert(row: AlertRow): void {
  if (row.readAt === null) void markRead(row);
  if (row.leadId !== null && row.kind !== 'reassigned-away') openLead(row.leadId);
}

export async function markRead(row: AlertRow): Promise<void> {
  const readAt = new Date().toISOString();
  await told(() =>
    send<AlertRow>({ type: 'alert.read', stream: row.id, data: {}, patch: (alert) => ({ ...alert, readAt: alert.readAt ?? readAt }) }),
  );
}

export async function markAllRead(): Promise<void> {
  await Promise.all(
    alerts()
      .filter((row) => row.readAt === null)
      .map(markRead),
  );
}

async function told(run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
  } catch (error) {
    toast({ text: whyRefused(error), tone: 'bad' });
  }
}

/** One toast for one alert; one for a burst. */
function announce(keys: readonly string[]): void {
  const fresh = keys.map((key) => feed?.rows.get(key)).filter((row) => row !== undefined && row.readAt === null);
  const [only] = fresh;
  if (only === undefined) return;
  if (fresh.length > 1) {
    toast({ text: t('alert.burst', { count: fresh.length }), tone: 'new', key: 'alerts' });
    return;
  }
  const opens = only.leadId !== null && only.kind !== 'reassigned-away';
  toast({ text: alertText(only), tone: 'new', ...(opens ? { action: { label: t('do.open'), run: () => openAlert(only) } } : {}) });
}
