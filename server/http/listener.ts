import { randomUUID } from 'node:crypto';
import { createServer, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import type { App } from '../app.ts';
import { problemOf, refuse } from './problem.ts';

/** Bytes of all headers together. */
const maxHeaderSize = 16 * 1024;
/** A request must have arrived whole within this time, its headers sooner: slow senders hold no connection. */
const requestTimeout = 30_000;
const headersTimeout = 10_000;
/** Longer than balancers keep idle connections, so that they close first. */
const keepAliveTimeout = 65_000;

function problemText(code: 'invalid' | 'body.too-large', detail: string): string {
  return JSON.stringify(problemOf(refuse(code, detail), randomUUID()));
}

/** What never became a request is answered on the bare socket, in the same form as everything else. */
function refuseRaw(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const tooLarge = error.code === 'HPE_HEADER_OVERFLOW';
  const status = tooLarge ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  const body = problemText('invalid', tooLarge ? 'The headers are larger than 16 KB.' : 'This is not a well-formed HTTP/1.1 request.');
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

/** An HTTP server for the app; not listening yet, so that sockets can be attached first. */
export function createHttpServer(app: Pick<App, 'fetch'>): Server {
  const listener = getRequestListener((request, bindings) => app.fetch(request, bindings), {
    errorHandler: () =>
      new Response(problemText('invalid', 'The address of the request cannot be read.'), {
        status: 400,
        headers: { 'content-type': 'application/problem+json' },
      }),
  });
  const server = createServer({ maxHeaderSize, requestTimeout, headersTimeout, keepAliveTimeout, noDelay: true }, (incoming, outgoing) => {
    void listener(incoming, outgoing);
  });
  server.on('clientError', refuseRaw);
  return server;
}
