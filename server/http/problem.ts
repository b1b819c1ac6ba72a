import { type FieldError, Rejection } from '../../domain/kernel/rejection.ts';

/** An error as it travels, over HTTP and in socket acknowledgements alike (RFC 9457). */
export interface Problem {
  /** Where the code is explained, relative to the server. */
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  errors: FieldError[];
  requestId: string;
  [extra: string]: unknown;
}

/** Titles by status: the same for every problem of a status, as RFC 9457 asks of a type's summary. */
const titles: Record<number, string> = {
  400: 'The request is not well formed',
  401: 'Sign-in needed',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'In conflict with what is there',
  413: 'Too large',
  415: 'Unsupported media type',
  408: 'Too slow',
  422: 'Refused by a rule',
  429: 'Too many requests',
  431: 'Headers too large',
  500: 'Something broke here',
  503: 'Not available at the moment',
};

/** Codes the edge itself answers with; those of commands are declared beside each command. */
export const edgeCodes = {
  invalid: { status: 400, title: 'The body, a header or a query parameter does not have the expected shape' },
  'json.invalid': { status: 400, title: 'The body is not JSON that can be kept as it is' },
  'session.required': { status: 401, title: 'No valid access token or session cookie came with the request' },
  'session.credentials': { status: 401, title: 'E-mail and password do not match an account' },
  'session.refresh-refused': { status: 401, title: 'The refresh token is unknown, used up or ended' },
  forbidden: { status: 403, title: 'The role of the signed-in person does not include this' },
  'request.cross-site': { status: 403, title: 'A request with a cookie came from another site' },
  'route.not-found': { status: 404, title: 'There is no such route' },
  'method.not-allowed': { status: 405, title: 'The route does not know the method; see the Allow header' },
  'body.too-large': { status: 413, title: 'A JSON body may have 256 KB' },
  'media-type.unsupported': { status: 415, title: 'Bodies are application/json' },
  'request.unreadable': { status: 400, title: 'This is not a well-formed HTTP request' },
  'request.timeout': { status: 408, title: 'The request did not arrive whole within thirty seconds' },
  'headers.too-large': { status: 431, title: 'Address and headers may have 16 KB together' },
  'rate.limited': { status: 429, title: 'More requests than the limit allows; see Retry-After' },
  internal: { status: 500, title: 'An error of ours; the request id finds it in the log' },
  overloaded: { status: 503, title: 'More is asked than can be done at the moment; nothing was changed' },
  'read-model.behind': { status: 503, title: 'The read models did not reach min-position within two seconds' },
  unavailable: { status: 503, title: 'The database does not answer' },
} as const;

export type EdgeCode = keyof typeof edgeCodes;

/** A refusal by the edge; status and meaning come from `edgeCodes`. */
export function refuse(code: EdgeCode, detail: string, extra: Record<string, unknown> = {}, errors: FieldError[] = []): Rejection {
  return new Rejection(edgeCodes[code].status, code, detail, extra, errors);
}

/**
 * The one answer for ids that are missing, malformed, of another tenant or not visible to who asks: nobody learns which.
 * `noun` is the aggregate's name; code and words are the same as the store's own.
 */
export function notFound(noun: string): Rejection {
  return new Rejection(404, `${noun}.not-found`, `There is no such ${noun}.`);
}

/** Errors of the PostgreSQL driver that mean "the database cannot be reached", not "the statement is wrong". */
const outage = /^(ECONNREFUSED|ECONNRESET|EPIPE|ENOENT|ETIMEDOUT|57P0[1-5]|53300|08\d\d\d)$/;

function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string' && outage.test(error.code)) return true;
  return /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/.test(error.message);
}

/**
 * What went wrong as a refusal. Anything that is not one already is ours: 503 while the database is away, else 500,
 * neither of which says what happened inside; the caller logs the cause.
 */
export function rejectionOf(error: unknown): Rejection {
  if (error instanceof Rejection) return error;
  if (isOutage(error)) return refuse('unavailable', 'The database does not answer at the moment. Try again.');
  return refuse('internal', 'Something went wrong on our side. The request id finds it in the log.');
}

/** The problem object of a refusal. */
export function problemOf(error: unknown, requestId: string): Problem {
  const rejection = rejectionOf(error);
  return {
    type: `/docs#error-${rejection.code}`,
    title: titles[rejection.status] ?? 'Error',
    status: rejection.status,
    code: rejection.code,
    detail: rejection.message,
    errors: rejection.errors,
    requestId,
    ...rejection.extra,
  };
}
