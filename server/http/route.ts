import type { z } from 'zod';
import type { CodeNote } from '../../domain/kernel/aggregate.ts';
import type { FieldError } from '../../domain/kernel/rejection.ts';
import type { Principal } from '../identity/principal.ts';
import { readJson } from './body.ts';
import { refuse } from './problem.ts';
import { type EdgeContext, header } from './security.ts';

export type Method = 'GET' | 'POST' | 'DELETE';

/** One answer a route may give, for the document. */
export interface AnswerNote {
  status: number;
  description: string;
  schema?: z.ZodType;
  /** Default `application/json`; ignored without a schema. */
  contentType?: string;
  example?: unknown;
}

/** What a handler knows of the request it answers. */
export interface Call {
  c: EdgeContext;
  requestId: string;
  ip: string;
  /** The answer travels over https, so cookies are `__Host-` and secure. */
  secure: boolean;
  /** Builds the answer: JSON text or a value to be written as JSON, with the headers every answer has. */
  answer(status: number, body?: unknown, headers?: Record<string, string>): Response;
  /** The same from text that is JSON already. */
  answerText(status: number, json: string, headers?: Record<string, string>): Response;
}

export interface SignedCall extends Call {
  principal: Principal;
}

/** A request header, for the document. */
export interface HeaderNote {
  description: string;
  /** How its values look. */
  pattern: string;
  example: string;
}

interface RouteNote {
  method: Method;
  /** Template as in the document: `/api/leads/{id}/tag`. */
  path: string;
  /** Name in metrics, permissions and the document: `lead.tag`, `lead.list`. */
  name: string;
  /** Heading in the document. */
  area: string;
  summary: string;
  description?: string;
  query?: z.ZodObject;
  body?: z.ZodType;
  bodyExample?: unknown;
  /** Headers beyond the usual, by name. */
  headers?: Readonly<Record<string, HeaderNote>>;
  answers: AnswerNote[];
  codes?: Record<string, CodeNote>;
}

/** A route for everybody; counted against the address's budget unless `unlimited`. */
export interface OpenRoute extends RouteNote {
  open: true;
  unlimited?: boolean;
  handle: (call: Call) => Response | Promise<Response>;
}

/** A route for signed-in people. */
export interface SignedRoute extends RouteNote {
  open?: false;
  handle: (call: SignedCall) => Response | Promise<Response>;
}

export type Route = OpenRoute | SignedRoute;

/** Zod's complaints as the contract writes them. */
export function fieldErrors(error: z.ZodError, prefix = ''): FieldError[] {
  return error.issues.map((issue) => ({ path: prefix + issue.path.join('.'), message: issue.message }));
}

/** @throws Rejection 400 `invalid` naming each wrong place */
export function parseWith<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = fieldErrors(parsed.error);
  const first = errors[0];
  const where = first === undefined || first.path === '' ? '' : ` at ${first.path}`;
  throw refuse('invalid', `${what} is not as expected${where}: ${first?.message ?? 'unknown reason'}`, {}, errors);
}

/** The JSON body by its schema. */
export async function bodyOf<T>(call: Call, schema: z.ZodType<T>): Promise<T> {
  return parseWith(schema, await readJson(call.c), 'The body');
}

/** The query parameters by their schema; each name once. */
export function queryOf<T>(call: Call, schema: z.ZodType<T>): T {
  const url = call.c.req.url;
  const start = url.indexOf('?');
  const given: Record<string, string> = {};
  if (start !== -1) {
    for (const [name, value] of new URLSearchParams(url.slice(start + 1))) {
      if (Object.hasOwn(given, name))
        throw refuse('invalid', `The query parameter ${name} was given twice.`, {}, [{ path: name, message: 'was given twice' }]);
      if (value.includes('\0'))
        throw refuse('invalid', 'A query parameter contains the character NUL.', {}, [{ path: name, message: 'must not contain NUL' }]);
      given[name] = value;
    }
  }
  return parseWith(schema, given, 'The query');
}

/** `if-match: 3` or `"3"`: the version the caller has seen. */
export function expectedVersionOf(c: EdgeContext): number | undefined {
  const value = header(c, 'if-match');
  if (value === undefined) return undefined;
  const version = /^(?:"(\d{1,9})"|(\d{1,9}))$/.exec(value.trim());
  if (version === null)
    throw refuse('invalid', 'The if-match header must be a version such as 3.', {}, [
      { path: 'if-match', message: 'must be a whole number, bare or quoted' },
    ]);
  return Number(version[1] ?? version[2]);
}

/** `min-position`: the log position that the answer must have seen. */
export function minPositionOf(c: EdgeContext): number | undefined {
  const value = header(c, 'min-position');
  if (value === undefined) return undefined;
  if (!/^\d{1,15}$/.test(value))
    throw refuse('invalid', 'The min-position header must be a log position.', {}, [
      { path: 'min-position', message: 'must be a whole number' },
    ]);
  return Number(value);
}
