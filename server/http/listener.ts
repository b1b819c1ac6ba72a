import { randomUUID } from 'node:crypto';
import { createServer, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import type { App } from '../app.ts';
import { type EdgeCode, edgeCodes, problemOf, refuse } from './problem.ts';

/** Bytes of all headers together. */
const maxHeaderSize = 16 * 1024;
/** A request must have arrived whole within this time, its headers sooner: slow senders hold no connection. */
const requestTimeout = 30_000;
const headersTimeout = 10_000;
/** Longer than balancers keep idle connections, so that they close first. */
const keepAliveTimeout = 65_000;

function problemText(code: EdgeCode, detail: string): string {
  return JSON.stringify(problemOf(refuse(code, detail), randomUUID()));
}

const causes: Record<string, { code: EdgeCode; detail: string }> = {
  HPE_HEADER_OVERFLOW: { code: 'headers.too-large', detail: 'The address and headers are larger than 16 KB.' },
  ERR_HTTP_REQUEST_TIMEOUT: { code: 'request.timeout', detail: 'The request did not arrive whole in time.' },
};

/** What never became a request is answered on the bare socket, in the same form as everything else. */
function refuseRaw(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const { code, detail } = causes[error.code ?? ''] ?? {
    code: 'request.unreadable',
    detail: 'This is not a well-formed HTTP/1.1 request.',
  };
  const { status } = edgeCodes[code];
  const body = problemText(code, detail);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

/** An HTTP server for the app; not listening yet, so that sockets can be attached first. */
export function createHttpServer(app: Pick<App, 'fetch'>): Server {
  const listener = getRequestListener((request, bindings) => app.fetch(request, bindings), {
    errorHandler: () =>
      new Response(problemText('request.unreadable', 'The address of the request cannot be read.'), {
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
