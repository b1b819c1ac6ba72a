import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { Call } from './route.ts';
import { header, pageHeaders } from './security.ts';

const mediaTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.txt': 'text/plain; charset=utf-8',
  '.map': 'application/json',
};
const compressible = new Set(['.html', '.js', '.css', '.svg', '.json', '.webmanifest', '.txt', '.map']);
/** Vite puts the content's hash into these names, so a name never means two contents. */
const hashed = /^\/assets\/.+-[A-Za-z0-9_-]{8,}\.\w+$/;

interface ClientFile {
  plain: Buffer;
  type: string;
  etag: string;
  forever: boolean;
  packed: Partial<Record<'br' | 'gzip', Buffer>>;
  compresses: boolean;
}

/** The media type of an asset of ours by its extension. */
export function mediaTypeOf(path: string): string | undefined {
  return mediaTypes[extname(path)];
}

function load(directory: string): Map<string, ClientFile> {
  const files = new Map<string, ClientFile>();
  if (!existsSync(directory)) return files;
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const full = join(entry.parentPath, entry.name);
    const path = `/${relative(directory, full).split(sep).join('/')}`;
    const plain = readFileSync(full);
    files.set(path, {
      plain,
      type: mediaTypeOf(path) ?? 'application/octet-stream',
      etag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`,
      forever: hashed.test(path),
      packed: {},
      compresses: compressible.has(extname(path)) && plain.length > 1000,
    });
  }
  return files;
}

function packedAs(file: ClientFile, encoding: 'br' | 'gzip'): Buffer {
  file.packed[encoding] ??=
    encoding === 'br'
      ? brotliCompressSync(file.plain, {
          params: { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_SIZE_HINT]: file.plain.length },
        })
      : gzipSync(file.plain);
  return file.packed[encoding];
}

function encodingFor(file: ClientFile, accepted: string | undefined): 'br' | 'gzip' | null {
  if (!file.compresses || accepted === undefined) return null;
  if (/\bbr\b/.test(accepted)) return 'br';
  return /\bgzip\b/.test(accepted) ? 'gzip' : null;
}

/**
 * Serves the built client from memory, so a path can only ever name a file that was built. Hashed assets are kept by
 * browsers for a year, everything else is asked for again with its tag. Other paths without an extension are the
 * client's own history (`/board`, `/floor`) and get its page. Answers null for what is none of these.
 */
export function clientFiles(directory: string): (call: Call) => Response | null {
  let files = load(directory);
  return (call) => {
    const path = call.c.req.path;
    // A client built after the server started is found without a restart.
    if (files.size === 0) files = load(directory);
    const file = files.get(path) ?? (extname(path) === '' ? files.get('/index.html') : undefined);
    if (file === undefined) return null;
    const headers: Record<string, string> = {
      ...pageHeaders(call.secure),
      'x-request-id': call.requestId,
      'content-type': file.type,
      'cache-control': file.forever ? 'public, max-age=31536000, immutable' : 'no-cache',
      etag: file.etag,
      vary: 'accept-encoding',
    };
    if (header(call.c, 'if-none-match') === file.etag) return new Response(null, { status: 304, headers });
    const encoding = encodingFor(file, header(call.c, 'accept-encoding'));
    if (encoding !== null) headers['content-encoding'] = encoding;
    const body = encoding === null ? file.plain : packedAs(file, encoding);
    return new Response(new Uint8Array(body), { status: 200, headers });
  };
}
