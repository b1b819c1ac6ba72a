import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Stands between a pool and PostgreSQL, for tests, and cuts connections at the worst moment. */
export interface CutProxy {
  /** The same database, reached through the proxy. */
  url: string;
  /** The next so many appends are executed, but their answers never arrive. */
  loseAnswers(count: number): void;
  /** Answers lost so far. */
  lost(): number;
  close(): Promise<void>;
}

/** `url` must name a Unix socket directory, as the embedded database does. */
export async function cutProxy(url: string): Promise<CutProxy> {
  const target = new URL(url);
  const directory = target.searchParams.get('host') ?? decodeURIComponent(target.hostname);
  const port = target.searchParams.get('port') ?? (target.port || '5432');
  const place = await mkdtemp(join(tmpdir(), 'leadfloor-proxy-'));
  const sockets = new Set<Socket>();
  let armed = 0;
  let lost = 0;
  const server = createServer((client) => {
    const upstream = createConnection(join(directory, `.s.PGSQL.${port}`));
    let cut = false;
    const end = () => {
      client.destroy();
      upstream.destroy();
      sockets.delete(client);
      sockets.delete(upstream);
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', end);
      socket.on('close', end);
    }
    client.on('data', (chunk) => {
      if (armed > 0 && !cut && (chunk.includes('\0append\0') || chunk.includes('\0append_one\0'))) {
        armed -= 1;
        cut = true;
      }
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      // PostgreSQL answers an append after its commit: whoever is cut off here cannot know.
      if (cut) {
        lost += 1;
        end();
      } else client.write(chunk);
    });
  });
  await new Promise<void>((resolve) => server.listen(join(place, `.s.PGSQL.${port}`), resolve));
  const through = new URL(url);
  if (target.searchParams.has('host')) through.searchParams.set('host', place);
  else through.hostname = encodeURIComponent(place);
  return {
    url: through.toString(),
    loseAnswers(count) {
      armed = count;
    },
    lost: () => lost,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await rm(place, { recursive: true, force: true });
    },
  };
}
