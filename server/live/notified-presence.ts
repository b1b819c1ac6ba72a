import { randomUUID } from 'node:crypto';
import type { Log } from '../log.ts';
import type { Connections } from '../store/connections.ts';
import type { PresenceNote, PresenceRelay } from './presence.ts';

const channel = 'presence';
/** PostgreSQL refuses notifications of 8,000 bytes and more. */
const mostBytes = 7_000;

/**
 * Presence of other processes on the same database, by NOTIFY. Nothing depends on it: what is lost is told again within
 * half a minute, and a process that falls silent is forgotten.
 */
export async function notifiedPresence(
  connections: Pick<Connections, 'listen' | 'app'>,
  log: Log,
): Promise<PresenceRelay & { close: () => Promise<void> }> {
  const node = randomUUID();
  const listeners = new Set<(notes: readonly PresenceNote[]) => void>();
  const stop = await connections.listen(channel, (payload) => {
    if (payload === '') return;
    const told: { node: string; notes: PresenceNote[] } = JSON.parse(payload);
    if (told.node !== node) for (const listener of listeners) listener(told.notes);
  });
  const send = (notes: readonly PresenceNote[]): void => {
    const text = JSON.stringify({ node, notes });
    if (Buffer.byteLength(text) > mostBytes) {
      if (notes.length < 2) return;
      const half = notes.length >> 1;
      send(notes.slice(0, half));
      send(notes.slice(half));
      return;
    }
    connections.app
      .query('select pg_notify($1, $2)', [channel, text])
      .catch((error: unknown) => log.debug({ err: error }, 'presence was not passed on'));
  };
  return { send, subscribe: (listener) => void listeners.add(listener), close: stop };
}
