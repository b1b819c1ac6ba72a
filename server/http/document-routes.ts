import type { Principal } from '../identity/principal.ts';
import { requireOperator } from './health.ts';
import { describe, type OpenApi } from './openapi.ts';
import { referenceAssets, renderReference } from './reference-page.ts';
import type { Call, OpenRoute, Route } from './route.ts';
import { type EdgeContext, pageHeaders } from './security.ts';

export interface DocumentParts {
  /** All mounted routes, known once mounting is over. */
  routes: () => readonly Route[];
  /** Bodies by command name. */
  examples: Readonly<Record<string, unknown>>;
  version: string;
  metricsToken?: string;
  authenticate: (c: EdgeContext) => Promise<Principal | null>;
}

/** `/openapi.json` and the page that shows it, `/docs`. Both are made once, when first asked for. */
export function documentRoutes(parts: DocumentParts): OpenRoute[] {
  let document: OpenApi | null = null;
  let json: string | null = null;
  let html: string | null = null;
  const openApi = () => {
    document ??= describe(parts.routes(), parts.examples, parts.version);
    return document;
  };
  const page = async (call: Call, type: string, text: string) => {
    await requireOperator(call, parts.metricsToken, parts.authenticate);
    return new Response(text, {
      status: 200,
      headers: { ...pageHeaders(call.secure), 'content-type': type, 'cache-control': 'no-cache', 'x-request-id': call.requestId },
    });
  };
  return [
    {
      method: 'GET',
      path: '/openapi.json',
      name: 'document.read',
      area: 'operations',
      summary: 'This document (OpenAPI 3.1)',
      open: true,
      answers: [{ status: 200, description: 'Every route of the server.', contentType: 'application/json' }],
      handle(call) {
        json ??= JSON.stringify(openApi());
        return call.answerText(200, json, { 'cache-control': 'no-cache' });
      },
    },
    {
      method: 'GET',
      path: '/docs',
      name: 'document.page',
      area: 'operations',
      summary: 'This document as a page to read',
      description: 'Open on the machine itself; from elsewhere to signed-in people or with the operations token.',
      open: true,
      answers: [{ status: 200, description: 'A page.', contentType: 'text/html' }],
      codes: { 'session.required': { status: 401, title: 'Asked from elsewhere without signing in' } },
      handle(call) {
        html ??= renderReference(openApi());
        return page(call, 'text/html; charset=utf-8', html);
      },
    },
    ...Object.entries(referenceAssets).map(
      ([name, { type, text }]): OpenRoute => ({
        method: 'GET',
        path: `/docs/${name}`,
        name: `document.${name.endsWith('.css') ? 'style' : 'script'}`,
        area: 'operations',
        summary: `What the page of this document loads (${name})`,
        open: true,
        answers: [{ status: 200, description: 'A file.', contentType: type }],
        codes: { 'session.required': { status: 401, title: 'Asked from elsewhere without signing in' } },
        handle: (call) => page(call, type, text),
      }),
    ),
  ];
}
