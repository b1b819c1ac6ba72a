import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import type { Principal } from '../identity/principal.ts';
import { type Log, withRequestId } from '../log.ts';
import type { AccessLog } from './access-log.ts';
import { tokenOfCookie } from './cookies.ts';
import type { Limits } from './limits.ts';
import type { EdgeMetrics } from './metrics.ts';
import { problemOf, refuse } from './problem.ts';
import type { Call, Route } from './route.ts';
import { clientAddress, dataHeaders, type EdgeContext, type EdgeEnvironment, header, requireSameSite } from './security.ts';

export interface EdgeParts {
  principalOf: (token: string) => Promise<Principal | null>;
  limits: Limits;
  metrics: EdgeMetrics;
  log: Log;
  accessLog: AccessLog;
  publicUrl?: string;
  trustProxy: boolean;
}

const wellFormedId = /^[A-Za-z0-9._:-]{1,64}$/;

interface Answered {
  response: Response;
  principal: Principal | null;
}

/**
 * The HTTP edge: mounts a table of routes so that each request, whatever its end, has an id, is counted, logged and
 * answered either by its handler or by a problem document.
 */
export class Edge {
  readonly app = new Hono<EdgeEnvironment>();
  readonly routes: Route[] = [];
  readonly #parts: EdgeParts;
  readonly #patterns: { pattern: RegExp; route: Route }[] = [];
  readonly #headers: Record<'http' | 'https', Record<string, string>> = { http: dataHeaders(false), https: dataHeaders(true) };

  constructor(parts: EdgeParts) {
    this.#parts = parts;
  }

  /** Adds routes; the same table is the OpenAPI document. */
  mount(routes: readonly Route[]): void {
    for (const route of routes) {
      this.routes.push(route);
      this.#patterns.push({ pattern: new RegExp(`^${route.path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`), route });
      this.app.on(route.method, route.path.replaceAll(/\{(\w+)\}/g, ':$1'), (c) =>
        this.#serve(c, route.method, route.path, (call) => this.#handle(route, call)),
      );
    }
  }

  /**
   * Answers what no route took: `pages` gets GET requests outside /api first (the client's files and its history paths),
   * then 405 where the path is known with another method, else 404.
   */
  fallBack(pages: (call: Call) => Response | null): void {
    this.app.notFound((c) =>
      this.#serve(c, c.req.method, 'unmatched', async (call) => {
        const path = c.req.path;
        if ((c.req.method === 'GET' || c.req.method === 'HEAD') && !/^\/api(?:\/|$)/.test(path)) {
          const page = pages(call);
          if (page !== null) return { response: page, principal: null };
        }
        await this.#parts.limits.anonymous(call.ip);
        const methods = this.#patterns.filter(({ pattern }) => pattern.test(path)).map(({ route }) => route.method);
        if (methods.length === 0) throw refuse('route.not-found', 'There is nothing at this address.');
        const allow = [...new Set(methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))].join(', ');
        throw refuse('method.not-allowed', `This address answers ${allow}.`, { allow });
      }),
    );
    this.app.onError((error, c) => this.#serve(c, c.req.method, 'unmatched', () => Promise.reject(error)));
  }

  /** Who asks, by bearer token or cookie; null when neither opens a session. A cookie must come from our own pages to change anything. */
  async authenticate(c: EdgeContext): Promise<Principal | null> {
    const authorization = header(c, 'authorization');
    if (authorization !== undefined) {
      return /^bearer /i.test(authorization) ? this.#parts.principalOf(authorization.slice(7).trim()) : null;
    }
    const token = tokenOfCookie(header(c, 'cookie'));
    if (token === null) return null;
    const principal = await this.#parts.principalOf(token);
    if (principal !== null && c.req.method !== 'GET' && c.req.method !== 'HEAD') requireSameSite(c, this.#parts.publicUrl, true);
    return principal;
  }

  async #handle(route: Route, call: Call): Promise<Answered> {
    if (route.open) {
      if (!route.unlimited) await this.#parts.limits.anonymous(call.ip);
      return { response: await route.handle(call), principal: null };
    }
    const principal = await this.authenticate(call.c);
    if (principal === null) {
      await this.#parts.limits.anonymous(call.ip);
      throw refuse('session.required', 'Sign in first: send a valid access token, or the session cookie.');
    }
    await this.#parts.limits.organization(principal.organizationId);
    const response = await route.handle(Object.assign(call, { principal }));
    return { response, principal };
  }

  /** The frame around every answer. */
  #serve(c: EdgeContext, method: string, template: string, work: (call: Call) => Promise<Answered>): Promise<Response> {
    const started = performance.now();
    const given = header(c, 'x-request-id');
    const requestId = given !== undefined && wellFormedId.test(given) ? given : randomUUID();
    const call = this.#callOf(c, requestId);
    const finish = ({ response, principal }: Answered, code: string | undefined): Response => {
      const ms = performance.now() - started;
      this.#parts.metrics.request(method, template, response.status, ms / 1000);
      this.#parts.accessLog({
        requestId,
        method,
        route: template,
        status: response.status,
        code,
        ms: Math.round(ms * 10) / 10,
        organizationId: principal?.organizationId,
        userId: principal?.userId,
      });
      return response;
    };
    return withRequestId(requestId, () =>
      work(call).then(
        (answered) => finish(answered, undefined),
        (error: unknown) => {
          const problem = problemOf(error, requestId);
          if (problem.status >= 500) this.#parts.log.error({ err: error, code: problem.code }, 'a request failed');
          return finish({ response: problemResponse(call, problem), principal: null }, problem.code);
        },
      ),
    );
  }

  #callOf(c: EdgeContext, requestId: string): Call {
    const { publicUrl, trustProxy } = this.#parts;
    const secure = publicUrl !== undefined ? publicUrl.startsWith('https:') : trustProxy && header(c, 'x-forwarded-proto') === 'https';
    const base = secure ? this.#headers.https : this.#headers.http;
    const answerText = (status: number, json: string, headers?: Record<string, string>) =>
      new Response(json, { status, headers: { ...base, 'content-type': 'application/json', 'x-request-id': requestId, ...headers } });
    return {
      c,
      requestId,
      ip: clientAddress(c, trustProxy),
      secure,
      answerText,
      answer: (status, body, headers) =>
        body === undefined
          ? new Response(null, { status, headers: { ...base, 'x-request-id': requestId, ...headers } })
          : answerText(status, JSON.stringify(body), headers),
    };
  }
}

function problemResponse(call: Call, problem: ReturnType<typeof problemOf>): Response {
  const headers: Record<string, string> = { 'content-type': 'application/problem+json' };
  if (problem.status === 401) headers['www-authenticate'] = 'Bearer';
  if (problem.status === 405 && typeof problem.allow === 'string') headers.allow = problem.allow;
  if (problem.status === 413) headers.connection = 'close';
  if (problem.status === 429) headers['retry-after'] = String(Math.ceil(Number(problem.retryAfterMs ?? 1000) / 1000));
  if (problem.status === 503) headers['retry-after'] = '1';
  return call.answer(problem.status, problem, headers);
}
