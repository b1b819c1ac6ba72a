import type { EntityManager } from '@mikro-orm/postgresql';
import type { PoolClient } from 'pg';
import { z } from 'zod';
import { scopeOfLead } from '../../domain/identity/audience.ts';
import { level } from '../../domain/identity/permissions.ts';
import type { Projector } from '../../projections/projector.ts';
import type { Directory } from '../identity/directory.ts';
import type { Principal } from '../identity/principal.ts';
import type { Connections } from '../store/connections.ts';
import { refuse } from './problem.ts';
import { minPositionOf, type SignedCall } from './route.ts';

export interface ReadingParts {
  connections: Pick<Connections, 'asOrganization' | 'reading'>;
  projector: Pick<Projector, 'position' | 'waitFor' | 'readSchema'>;
  directory: Directory;
}

/** What a query works with: a client that sees one organization's rows, and where each read model's live table is. */
export interface Reader {
  client: PoolClient;
  /** `"read_v1_g1".board` */
  table: (projection: string) => string;
  /** The function of a read model's schema: `"read_v1_g1".find_leads`. */
  routine: (projection: string, name: string) => string;
}

/** The same through entities: one organization's rows, and the schema of each read model's live table for the options of a query. */
export interface EntityReader {
  em: EntityManager;
  schema: (projection: string) => string;
}

const longestWaitMs = 2000;

/** Header that every query takes. */
export const readHeaders = {
  'min-position': {
    description: 'A log position, as commands answer it: the answer has seen it, or is 503 after two seconds.',
    pattern: '^\\d{1,15}$',
    example: '0',
  },
};

/** Codes that every query may answer with. */
export const readCodes = { 'read-model.behind': { status: 503, title: 'The read models did not reach min-position within two seconds' } };

/** How lists answer. */
export function listOf<Row extends z.ZodType>(row: Row) {
  return z.object({
    rows: z.array(row),
    nextCursor: z.string().nullable().describe('Send it as `cursor` for what follows; null at the end.'),
    position: z.int().describe('The log position these rows have seen at least.'),
  });
}

/** Queries of the read models: permission, read-your-writes, row-level security. */
export class Reading {
  readonly #parts: ReadingParts;

  constructor(parts: ReadingParts) {
    this.#parts = parts;
  }

  /**
   * Runs a query for the caller. `position` is what the rows have seen at least.
   * @throws Rejection 403 `forbidden` when the role does not include `name`, 503 `read-model.behind` past two seconds of waiting
   */
  async read<T>(call: SignedCall, name: string, work: (reader: Reader, position: number) => Promise<T>): Promise<T> {
    const position = await this.#admit(call, name);
    const schema = (projection: string) => `"${this.#parts.projector.readSchema(projection)}"`;
    return this.#parts.connections.asOrganization(
      call.principal.organizationId,
      (client) =>
        work(
          {
            client,
            table: (projection) => `${schema(projection)}.${projection}`,
            routine: (projection, routine) => `${schema(projection)}.${routine}`,
          },
          position,
        ),
      { readOnly: true },
    );
  }

  /** The same through entities: for what is asked by key, or as a plain list. */
  async find<T>(call: SignedCall, name: string, work: (reader: EntityReader, position: number) => Promise<T>): Promise<T> {
    const position = await this.#admit(call, name);
    const schema = (projection: string) => this.#parts.projector.readSchema(projection);
    return this.#parts.connections.reading(call.principal.organizationId, (em) => work({ em, schema }, position));
  }

  /** Checks the right, waits for `min-position`, and answers the position that rows have seen at least. */
  async #admit(call: SignedCall, name: string): Promise<number> {
    await this.requireRight(call.principal, name);
    const wanted = minPositionOf(call.c);
    if (wanted !== undefined && !(await this.#parts.projector.waitFor(wanted, longestWaitMs))) {
      throw refuse('read-model.behind', `The read models have not reached position ${wanted} yet. Try again in a moment.`);
    }
    return this.#parts.projector.position();
  }

  async requireRight(principal: Principal, name: string): Promise<void> {
    const organization = await this.#parts.directory.organization(principal.organizationId);
    if (organization === null || level(organization.state, principal, name) === 'none') {
      throw refuse('forbidden', 'Your role does not include this.');
    }
  }
}

/** The scopes whose leads a person sees; null for all of the organization. */
export function scopesOf(principal: Principal): string[] | null {
  const { audience } = principal;
  if (audience.all) return null;
  return [...audience.agents.map(scopeOfLead), ...(audience.unassigned ? [scopeOfLead(null)] : [])];
}

/** Where a page ended: the sort's name, the last row's value in it, and its key. */
const cursorShape = z.tuple([z.string().max(40), z.string().max(2000).nullable(), z.string().max(200)]);
export type Cursor = z.infer<typeof cursorShape>;

export function writeCursor(cursor: Cursor): string {
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

/** @throws Rejection 400: always */
export function refuseCursor(): never {
  throw refuse('invalid', 'The cursor is not one of this list. Start again without it.', {}, [
    { path: 'cursor', message: 'is not a cursor of this list' },
  ]);
}

/** @throws Rejection 400 for anything that this list with this sort did not hand out */
export function readCursor(text: string, sort: string): Cursor {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return refuseCursor();
    throw error;
  }
  const parsed = cursorShape.safeParse(value);
  if (!parsed.success || parsed.data[0] !== sort || parsed.data.some((part) => part?.includes('\0'))) return refuseCursor();
  return parsed.data;
}

const earliest = Date.UTC(1900, 0, 1);
const latest = Date.UTC(3000, 0, 1);

/** Whether a text names a moment that JavaScript and PostgreSQL read alike. */
export function isMoment(text: string): boolean {
  const at = Date.parse(text);
  return at >= earliest && at < latest;
}

/** A day (`2026-11-21`) or an ISO 8601 instant with its zone. */
export const dayOrInstant = z
  .string()
  .max(40)
  .refine(
    (text) => /^\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:?\d{2}))?$/.test(text) && isMoment(text),
    'must be a day or an ISO 8601 instant',
  );

/** `limit` of a list: at most 200. */
export const limitParameter = z.coerce.number().int().min(1).max(200).default(50).describe('Rows a page, at most 200.');
export const cursorParameter = z.string().max(4000).optional().describe('`nextCursor` of the page before.');

/** A list answered from rows that are JSON text already: joined, never parsed. */
export function listText(wires: readonly string[], nextCursor: string | null, position: number): string {
  return `{"rows":[${wires.join(',')}],"nextCursor":${JSON.stringify(nextCursor)},"position":${position}}`;
}
