import { timingSafeEqual } from 'node:crypto';
import type { Registry } from 'prom-client';
import type { Principal } from '../identity/principal.ts';
import { hashOf } from '../identity/tokens.ts';
import { refuse } from './problem.ts';
import type { Call, OpenRoute } from './route.ts';
import { type EdgeContext, header, isLoopback } from './security.ts';

export interface HealthParts {
  registry: Registry;
  /** Resolves when the read models have reached the log's head as it was at start. */
  caughtUp: Promise<void>;
  /** One trivial statement; rejects while the database is away. */
  ping: () => Promise<unknown>;
  draining: () => boolean;
  metricsToken?: string;
  authenticate: (c: EdgeContext) => Promise<Principal | null>;
}

const pingMs = 1000;

/**
 * Pages for those who run the server: open on the machine itself, elsewhere by the operations token, or (with
 * `people`) to whoever is signed in.
 */
export async function requireOperator(
  call: Call,
  metricsToken: string | undefined,
  people?: (c: EdgeContext) => Promise<Principal | null>,
): Promise<void> {
  if (isLoopback(call.c)) return;
  const given = /^bearer (.+)$/i.exec(header(call.c, 'authorization') ?? '')?.[1];
  if (given !== undefined && metricsToken !== undefined && timingSafeEqual(hashOf(given), hashOf(metricsToken))) return;
  if (people !== undefined && (await people(call.c)) !== null) return;
  throw refuse('session.required', 'This page is open on the machine itself; from elsewhere it needs a token.');
}

/** `/livez`, `/readyz`, `/metrics`. */
export function healthRoutes(parts: HealthParts): OpenRoute[] {
  let ready = false;
  parts.caughtUp.then(
    () => {
      ready = true;
    },
    // Whoever owns the projector reports why; here it only means "not ready".
    () => undefined,
  );
  const state = async (): Promise<string> => {
    if (parts.draining()) return 'draining';
    if (!ready) return 'catching up';
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), pingMs);
    });
    try {
      return (await Promise.race([parts.ping(), late])) === 'late' ? 'database slow' : 'ready';
    } catch (error) {
      if (error instanceof Error) return 'database away';
      throw error;
    } finally {
      clearTimeout(timer);
    }
  };
  return [
    {
      method: 'GET',
      path: '/livez',
      name: 'livez',
      area: 'operations',
      summary: 'Whether the process runs',
      open: true,
      unlimited: true,
      answers: [{ status: 200, description: 'It does.' }],
      handle: (call) => call.answer(200, { status: 'alive' }),
    },
    {
      method: 'GET',
      path: '/readyz',
      name: 'readyz',
      area: 'operations',
      summary: 'Whether it should be sent requests',
      description:
        '200 once the read models have reached the head of the log as seen at start, while the database answers, until the process begins to drain.',
      open: true,
      unlimited: true,
      answers: [{ status: 200, description: 'Ready.' }],
      codes: { unavailable: { status: 503, title: 'Not ready; the detail says why' } },
      async handle(call) {
        const status = await state();
        if (status !== 'ready') throw refuse('unavailable', `Not ready: ${status}.`);
        return call.answer(200, { status });
      },
    },
    {
      method: 'GET',
      path: '/metrics',
      name: 'metrics',
      area: 'operations',
      summary: 'Figures for Prometheus',
      description: 'Open on the machine itself; from elsewhere with the operations token as bearer.',
      open: true,
      answers: [{ status: 200, description: 'Text exposition format.', contentType: 'text/plain' }],
      codes: { 'session.required': { status: 401, title: 'Asked from elsewhere without the operations token' } },
      async handle(call) {
        await requireOperator(call, parts.metricsToken);
        return call.answerText(200, await parts.registry.metrics(), { 'content-type': parts.registry.contentType });
      },
    },
  ];
}
