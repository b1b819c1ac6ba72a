import { z } from 'zod';
import type { CodeNote } from '../../domain/kernel/aggregate.ts';
import { type EdgeCode, edgeCodes } from './problem.ts';
import type { AnswerNote, Route } from './route.ts';

/** JSON Schema as far as the document and its page look into it. */
export interface Schema {
  type?: string | string[];
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
  enum?: unknown[];
  const?: unknown;
  format?: string;
  default?: unknown;
  example?: unknown;
  additionalProperties?: boolean | Schema;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  $ref?: string;
  [keyword: string]: unknown;
}

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  description?: string;
  schema: Schema;
}

interface Media {
  schema: Schema;
  example?: unknown;
  examples?: Record<string, { summary: string; value: unknown }>;
}

export interface Operation {
  operationId: string;
  summary: string;
  description?: string;
  tags: string[];
  security: Record<string, string[]>[];
  parameters: Parameter[];
  requestBody?: { required: true; content: Record<string, Media> };
  responses: Record<string, { description: string; content?: Record<string, Media> }>;
  'x-codes': Record<string, CodeNote>;
}

export interface OpenApi {
  openapi: '3.1.0';
  info: { title: string; version: string; description: string };
  servers: { url: string }[];
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; securitySchemes: Record<string, unknown> };
}

const areas: Record<string, string> = {
  identity: 'Signing in, people, teams, the organization itself',
  leads: 'Leads, agents, imports, alerts',
  engagement: 'Activities and tasks',
  scoring: 'Scores and predictions',
  outreach: 'Campaigns and sequences',
  documents: 'Files and shares',
  deals: 'Properties and transactions',
  insight: 'Reports and figures',
  operations: 'For those who run the server',
};

const introduction = `One body shape in, one answer shape out. Commands (\`POST\`) are recorded durably before they are answered, with \`{id, version, position}\`; queries answer \`{rows, nextCursor, position}\`.

Send \`Authorization: Bearer <access token>\`. Send \`idempotency-key\` with commands and repeat them freely; send \`min-position\` with queries to read your own writes. Money is in minor units of its currency, instants are ISO 8601 UTC. Errors are RFC 9457 problem documents with a stable \`code\`. What you may not see answers exactly as what does not exist.`;

function toSchema(schema: z.ZodType, io: 'input' | 'output'): Schema {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12', io, unrepresentable: 'any' }) as Schema;
  return rest;
}

const problemSchema: Schema = {
  type: 'object',
  required: ['type', 'title', 'status', 'code', 'detail', 'errors', 'requestId'],
  properties: {
    type: { type: 'string', format: 'uri-reference', description: 'Where the code is explained.' },
    title: { type: 'string', description: 'The same for every problem of this status.' },
    status: { type: 'integer' },
    code: { type: 'string', description: 'Stable; what programs look at.' },
    detail: { type: 'string', description: 'What a person can act on.' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['path', 'message'],
        properties: { path: { type: 'string', description: 'Dotted path in the input.' }, message: { type: 'string' } },
      },
    },
    requestId: { type: 'string' },
  },
  additionalProperties: true,
};

function parametersOf(route: Route): Parameter[] {
  const path = [...route.path.matchAll(/\{(\w+)\}/g)].map(
    ([, name = '']): Parameter => ({ name, in: 'path', required: true, schema: { type: 'string', format: 'uuid' } }),
  );
  const query = route.query === undefined ? { properties: {}, required: [] } : toSchema(route.query, 'input');
  const queries = Object.entries(query.properties ?? {}).map(
    ([name, schema]): Parameter => ({
      name,
      in: 'query',
      required: query.required?.includes(name) ?? false,
      ...(schema.description === undefined ? {} : { description: schema.description }),
      schema,
    }),
  );
  const headers = Object.entries(route.headers ?? {}).map(
    ([name, { description, pattern, example }]): Parameter => ({
      name,
      in: 'header',
      required: false,
      description,
      schema: { type: 'string', pattern, example },
    }),
  );
  return [...path, ...queries, ...headers];
}

/** Codes any such route may answer with, beside its own. */
function usualCodes(route: Route): Record<string, CodeNote> {
  const names: EdgeCode[] = [];
  if (!route.open) names.push('session.required', 'forbidden');
  if (!(route.open && route.unlimited)) names.push('rate.limited');
  if (route.query !== undefined || route.body !== undefined || route.headers !== undefined) names.push('invalid');
  if (route.body !== undefined) names.push('json.invalid', 'body.too-large', 'media-type.unsupported');
  if (!route.open && route.method !== 'GET') names.push('request.cross-site');
  names.push('headers.too-large', 'internal', 'unavailable');
  if (route.method === 'POST') names.push('overloaded');
  return Object.fromEntries(names.map((name) => [name, edgeCodes[name]]));
}

function answerOf(answer: AnswerNote): { description: string; content?: Record<string, Media> } {
  if (answer.schema === undefined && answer.contentType === undefined) return { description: answer.description };
  const schema = answer.schema === undefined ? { type: 'string' } : toSchema(answer.schema, 'output');
  const media: Media = answer.example === undefined ? { schema } : { schema, example: answer.example };
  return { description: answer.description, content: { [answer.contentType ?? 'application/json']: media } };
}

function refusalsOf(codes: Record<string, CodeNote>): Operation['responses'] {
  const byStatus = new Map<number, [string, CodeNote][]>();
  for (const entry of Object.entries(codes)) byStatus.set(entry[1].status, [...(byStatus.get(entry[1].status) ?? []), entry]);
  return Object.fromEntries(
    [...byStatus].map(([status, list]) => [
      String(status),
      {
        description: list.map(([code, note]) => `\`${code}\`: ${note.title}.`).join(' '),
        content: {
          'application/problem+json': {
            schema: { $ref: '#/components/schemas/Problem' },
            examples: Object.fromEntries(
              list.map(([code, note]) => [
                code,
                {
                  summary: note.title,
                  value: {
                    type: `/docs#error-${code}`,
                    title: note.title,
                    status,
                    code,
                    detail: `${note.title}.`,
                    errors: [],
                    requestId: 'b1946ac9-2492-4d23-8f0c-6d9c1f0a7e11',
                  },
                },
              ]),
            ),
          },
        },
      },
    ]),
  );
}

function operationOf(route: Route, examples: Readonly<Record<string, unknown>>): Operation {
  const codes = { ...usualCodes(route), ...route.codes };
  const example = route.bodyExample ?? examples[route.name];
  return {
    operationId: route.name,
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    tags: [route.area],
    security: route.open ? [] : [{ bearer: [] }, { cookie: [] }],
    parameters: parametersOf(route),
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: toSchema(route.body, 'input'), ...(example === undefined ? {} : { example }) } },
          },
        }),
    responses: { ...Object.fromEntries(route.answers.map((answer) => [String(answer.status), answerOf(answer)])), ...refusalsOf(codes) },
    'x-codes': codes,
  };
}

/** The OpenAPI 3.1 document of a table of routes; `examples` are bodies by command name. */
export function describe(routes: readonly Route[], examples: Readonly<Record<string, unknown>>, version: string): OpenApi {
  const paths: OpenApi['paths'] = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationOf(route, examples) };
  }
  const used = new Set(routes.map((route) => route.area));
  return {
    openapi: '3.1.0',
    info: { title: 'Leadfloor', version, description: introduction },
    servers: [{ url: '/' }],
    tags: Object.entries(areas)
      .filter(([name]) => used.has(name))
      .map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: { Problem: problemSchema },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'The access token of POST /api/sessions.' },
        cookie: {
          type: 'apiKey',
          in: 'cookie',
          name: 'leadfloor-access',
          description: 'Set by POST /api/sessions; `__Host-leadfloor-access` on https.',
        },
      },
    },
  };
}
