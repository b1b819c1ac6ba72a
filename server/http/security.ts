import type { Context } from 'hono';
import { refuse } from './problem.ts';

/** What node hands over beside the request; absent in tests that call the app directly. */
export interface NodeBindings {
  incoming?: { headers: Record<string, string | string[] | undefined>; socket: { remoteAddress?: string } };
}

/** Environment of our Hono app. */
export interface EdgeEnvironment {
  Bindings: NodeBindings;
}
export type EdgeContext = Context<EdgeEnvironment>;

/** A request header. Reads node's parsed headers where there are some, which spares building a Headers object per request. */
export function header(c: EdgeContext, name: string): string | undefined {
  const incoming = c.env?.incoming;
  if (incoming === undefined) return c.req.header(name);
  const value = incoming.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** The address of who asks. Behind a trusted proxy: the last entry of X-Forwarded-For, the one the proxy itself wrote. */
export function clientAddress(c: EdgeContext, trustProxy: boolean): string {
  const direct = c.env?.incoming?.socket.remoteAddress ?? '127.0.0.1';
  if (!trustProxy) return direct;
  const forwarded = header(c, 'x-forwarded-for')?.split(',').at(-1)?.trim();
  return forwarded === undefined || forwarded === '' ? direct : forwarded;
}

const loopback = /^(?:127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;

/** From this machine itself. A forwarded request is not, even when the proxy that forwards runs here. */
export function isLoopback(c: EdgeContext): boolean {
  if (header(c, 'x-forwarded-for') !== undefined || header(c, 'forwarded') !== undefined) return false;
  return loopback.test(c.env?.incoming?.socket.remoteAddress ?? '127.0.0.1');
}

/** Origins that are ours: the public address when one is set, else whatever host the request was sent to. */
export function isOwnOrigin(origin: string, host: string | undefined, publicUrl: string | undefined): boolean {
  if (!URL.canParse(origin)) return false;
  if (publicUrl !== undefined && new URL(publicUrl).origin === origin) return true;
  return publicUrl === undefined && host !== undefined && new URL(origin).host === host;
}

/**
 * A cookie travels by itself, so a changing request that leans on one must prove that it comes from our own pages.
 * `required` is false where no cookie is used yet (sign-in): then only a stated foreign origin is refused.
 * @throws Rejection 403 `request.cross-site`
 */
export function requireSameSite(c: EdgeContext, publicUrl: string | undefined, required: boolean): void {
  const site = header(c, 'sec-fetch-site');
  const origin = header(c, 'origin');
  const foreign =
    (site !== undefined && site !== 'same-origin') || (origin !== undefined && !isOwnOrigin(origin, header(c, 'host'), publicUrl));
  if (foreign || (required && site === undefined && origin === undefined)) {
    throw refuse(
      'request.cross-site',
      'Requests that use the session cookie must come from this site itself; elsewhere send a bearer token.',
    );
  }
}

/** Scripts, styles and connections from this origin only; nothing inline, no plug-ins, no framing. */
export const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const everywhere = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
};

/** Headers of answers that carry data: not kept anywhere, not rendered as a page. */
export function dataHeaders(secure: boolean): Record<string, string> {
  return {
    ...everywhere,
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    ...(secure ? { 'strict-transport-security': 'max-age=31536000; includeSubDomains' } : {}),
  };
}

/** Headers of pages and what they load. */
export function pageHeaders(secure: boolean): Record<string, string> {
  return {
    ...everywhere,
    'cross-origin-opener-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    'x-frame-options': 'DENY',
    'content-security-policy': pagePolicy,
    ...(secure ? { 'strict-transport-security': 'max-age=31536000; includeSubDomains' } : {}),
  };
}
