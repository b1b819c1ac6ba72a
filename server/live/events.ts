import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { type FieldError, Rejection } from '../../domain/kernel/rejection.ts';
import { problemOf, refuse } from '../http/problem.ts';
import type { Log } from '../log.ts';
import type { LiveSocket } from './live-socket.ts';

/** Answers an event; absent when the sender asked for no answer. */
export type Ack = (answer: unknown) => void;

/** One event a client may send: its form, whether it makes sense without an answer, and what it does. */
export interface EventHandler<Data> {
  data: z.ZodType<Data>;
  /** Done even if the sender wants no answer. Others are ignored then, since their outcome would be lost. */
  silent?: boolean;
  /** Calls `ack` itself (in the tick in which a watch begins) or answers what is to be acknowledged. */
  handle: (socket: LiveSocket, data: Data, ack: Ack) => Promise<unknown>;
}

/** Keeps the data type exact while letting a table hold handlers of every type. */
export function event<Data>(handler: EventHandler<Data>): EventHandler<never> {
  return handler as unknown as EventHandler<never>;
}

/** Events a socket may send in a second, in the long run and at once. Commands and watches also count for the organization. */
const perSecond = 2_000;
const burst = 6_000;

/** What an unanswered handler returns. */
export const answered = Symbol('answered');

/**
 * The one wrapper around everything a client can send: known name, one argument of the right form, an ack where one is
 * needed, a budget, and a problem object for whatever goes wrong. A socket can send anything; the server stays up.
 */
export function receive(live: LiveSocket, handlers: Readonly<Record<string, EventHandler<never>>>, log: Log): void {
  let budget = burst;
  let refilled = performance.now();
  live.socket.onAny((name: unknown, ...args: unknown[]) => {
    const now = performance.now();
    budget = Math.min(burst, budget + ((now - refilled) / 1000) * perSecond);
    refilled = now;
    const last = args.at(-1);
    const ack: Ack | null = typeof last === 'function' ? (answer) => void last(answer) : null;
    const data = ack === null ? args : args.slice(0, -1);
    const handler = typeof name === 'string' && Object.hasOwn(handlers, name) ? handlers[name] : undefined;
    const work = async (): Promise<void> => {
      if (budget < 1)
        throw refuse('rate.limited', 'This connection sends more than the limit allows. Try again in a moment.', { retryAfterMs: 1000 });
      budget -= 1;
      if (handler === undefined) throw refuse('invalid', 'There is no such event.', {}, [{ path: '', message: 'is not an event' }]);
      if (ack === null && handler.silent !== true) return;
      if (data.length > 1) throw refuse('invalid', 'An event takes one object.', {}, [{ path: '', message: 'has too many arguments' }]);
      const parsed = handler.data.safeParse(data[0]);
      if (!parsed.success) throw refuse('invalid', 'The event does not have the expected shape.', {}, errorsOf(parsed.error));
      const reply = ack ?? (() => undefined);
      const answer = await handler.handle(live, parsed.data, reply);
      if (answer !== answered) reply(answer);
    };
    work().catch((error: unknown) => {
      const problem = problemOf(error, randomUUID());
      if (!(error instanceof Rejection) && problem.status >= 500)
        log.error({ err: error, event: String(name).slice(0, 60), requestId: problem.requestId }, 'a socket event failed');
      ack?.(problem);
    });
  });
}

function errorsOf(error: z.ZodError): FieldError[] {
  return error.issues.slice(0, 20).map((issue) => ({ path: issue.path.map(String).join('.'), message: issue.message }));
}
