import { AsyncLocalStorage } from 'node:async_hooks';
import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino';

export type Log = Logger;

const requests = new AsyncLocalStorage<string>();

/** Every line logged while `work` runs, however deep, carries `requestId`. */
export function withRequestId<T>(requestId: string, work: () => T): T {
  return requests.run(requestId, work);
}

/** Names of members whose values never reach a log line, wherever they stand up to three levels deep. */
const secret = [
  'password',
  'passwordHash',
  'token',
  'accessToken',
  'refreshToken',
  'authorization',
  'cookie',
  'masterKey',
  'firstName',
  'lastName',
  'fullName',
  'email',
  'phone',
  'phoneAsTyped',
  'notes',
  'text',
];

/** What a log says of an error. Not its other members: a database error carries its whole connection, statements included. */
function describe(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return String(thrown);
  const { name, message, stack, cause } = thrown;
  const code = 'code' in thrown ? thrown.code : undefined;
  return { type: name, message, code, stack, ...(cause === undefined ? {} : { cause: describe(cause) }) };
}

/**
 * The log: one JSON object a line on standard error (standard output is for people), `requestId` on lines of a request,
 * secrets and personal data replaced by `[hidden]`.
 */
export function createLog(level: string, out: DestinationStream = destination({ fd: 2, sync: true })): Log {
  return pino(
    {
      level,
      base: undefined,
      timestamp: stdTimeFunctions.isoTime,
      serializers: { err: describe, error: describe },
      formatters: { level: (label) => ({ level: label }) },
      mixin: () => {
        const requestId = requests.getStore();
        return requestId === undefined ? {} : { requestId };
      },
      redact: {
        paths: [...secret.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), 'headers["set-cookie"]', '*.headers["set-cookie"]'],
        censor: '[hidden]',
      },
    },
    out,
  );
}
