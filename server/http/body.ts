import type { Context } from 'hono';
import { parseJson } from './json.ts';
import { refuse } from './problem.ts';

/** Largest JSON body, in bytes. */
export const bodyLimit = 256 * 1024;
/** How much of a body over the limit is read and thrown away, so that the sender hears 413 rather than a reset. */
const drainLimit = 8 * 1024 * 1024;

function tooLarge(): never {
  throw refuse('body.too-large', 'The body is larger than 256 KB.');
}

async function readAll(stream: ReadableStream<Uint8Array>): Promise<Buffer<ArrayBuffer>> {
  const reader = stream.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > drainLimit) {
      await reader.cancel();
      break;
    }
    if (size <= bodyLimit) parts.push(value);
    else parts.length = 0;
  }
  if (size > bodyLimit) tooLarge();
  return Buffer.concat(parts);
}

const jsonType = /^application\/(?:[a-z0-9.+-]+\+)?json\s*(?:;|$)/i;

/**
 * The JSON body of a request.
 * @throws Rejection 415 for another content type, 413 past 256 KB (after draining up to 8 MB), 400 for what is not sound JSON.
 */
export async function readJson(c: Context): Promise<unknown> {
  const request = c.req;
  const declared = request.header('content-length');
  const type = request.header('content-type');
  // A declared length is enforced by the HTTP parser, so the short way cannot be talked into reading more.
  const short = declared !== undefined && Number(declared) <= bodyLimit;
  const bytes = short ? await request.arrayBuffer() : request.raw.body === null ? new ArrayBuffer(0) : await readAll(request.raw.body);
  if (bytes.byteLength === 0) return parseJson(bytes);
  if (type === undefined || !(type === 'application/json' || jsonType.test(type))) {
    throw refuse('media-type.unsupported', 'The body must be JSON: content-type application/json.');
  }
  return parseJson(bytes);
}
