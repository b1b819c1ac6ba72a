import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Log } from '../log.ts';

export type Listen = (channel: string, onNotify: (payload: string) => void) => Promise<() => Promise<void>>;

/**
 * One connection that listens for all channels of a process. It is a wake-up only: nothing may depend on a
 * notification arriving. After a reconnect every listener is called once with ''.
 */
export function startListening(url: string, log: Log): { listen: Listen; close(): Promise<void> } {
  const listeners = new Map<string, Set<(payload: string) => void>>();
  let client: pg.Client | null = null;
  let connecting: Promise<void> | null = null;
  const closing = new AbortController();

  async function connect(): Promise<void> {
    for (let pause = 50; !closing.signal.aborted; pause = Math.min(pause * 2, 2_000)) {
      const fresh = new pg.Client({ connectionString: url, application_name: 'leadfloor listen', keepAlive: true });
      let lost = false;
      const onLost = (error?: Error) => {
        if (lost) return;
        lost = true;
        if (client !== fresh) return;
        client = null;
        if (closing.signal.aborted) return;
        log.warn({ err: error }, 'the listening connection was lost');
        connecting = connect().then(wakeAll);
      };
      fresh.on('error', onLost);
      fresh.on('end', () => onLost());
      fresh.on('notification', ({ channel, payload }) => {
        for (const listener of listeners.get(channel) ?? []) listener(payload ?? '');
      });
      try {
        await fresh.connect();
        for (const channel of listeners.keys()) await fresh.query(`listen ${pg.escapeIdentifier(channel)}`);
        if (lost) continue;
        client = fresh;
        connecting = null;
        return;
      } catch (error) {
        log.debug({ err: error }, 'the listening connection could not be made yet');
        await fresh.end().catch((failure: Error) => log.debug({ err: failure }, 'a failed connection did not close'));
        await sleep(pause, undefined, { signal: closing.signal }).catch(() => undefined);
      }
    }
    connecting = null;
  }

  function wakeAll(): void {
    if (closing.signal.aborted) return;
    for (const set of listeners.values()) for (const listener of set) listener('');
  }

  return {
    async listen(channel, onNotify) {
      const known = listeners.get(channel);
      const set = known ?? new Set();
      set.add(onNotify);
      listeners.set(channel, set);
      if (client === null) connecting ??= connect();
      await connecting;
      if (!known && client !== null) await (client as pg.Client).query(`listen ${pg.escapeIdentifier(channel)}`);
      return async () => {
        set.delete(onNotify);
        if (set.size > 0 || listeners.get(channel) !== set) return;
        listeners.delete(channel);
        await client
          ?.query(`unlisten ${pg.escapeIdentifier(channel)}`)
          .catch((error: Error) => log.debug({ err: error }, 'unlisten failed'));
      };
    },
    async close() {
      closing.abort();
      await connecting;
      const last = client;
      client = null;
      await last?.end();
    },
  };
}
