import { z } from 'zod';
import { aggregates } from '../../domain/catalogue.ts';
import { permissions } from '../../domain/identity/permissions.ts';
import type { Aggregate, Command } from '../../domain/kernel/aggregate.ts';
import { isUuid, nilId } from '../../domain/kernel/ids.ts';
import type { Principal } from '../identity/principal.ts';
import type { CommandAnswer, EventStore } from '../store/store.ts';
import { readJson } from './body.ts';
import { notFound, refuse } from './problem.ts';
import { expectedVersionOf, type SignedCall, type SignedRoute } from './route.ts';
import { header } from './security.ts';

/** A command as HTTP and the socket hand it over: who is meant by the principal, the rest by the sender. */
export interface SentCommand {
  /** `lead.assign` */
  type: string;
  /** The stream; for creating commands the client's own id, if it chose one. */
  id?: string;
  data: unknown;
  /** Idempotency key. */
  commandId?: string;
  expectedVersion?: number;
  sentAt?: string | number;
  ip?: string;
  userAgent?: string;
  requestId?: string;
}

export type RunCommand = (principal: Principal, command: SentCommand) => Promise<CommandAnswer>;

const wellFormedSentAt = /^[\x21-\x7e]{1,64}$/;

/** The one way in for commands of people, whatever the transport: form, then the store. */
export function createCommandRunner(store: Pick<EventStore, 'execute'>): RunCommand {
  return async (principal, sent) => {
    const known = routable.get(sent.type);
    if (known === undefined) throw refuse('invalid', 'There is no such command.', {}, [{ path: 'type', message: 'is not a command' }]);
    requireForm(sent, known.command);
    return store.execute({
      type: sent.type,
      // People belong to no organization: their own streams live under the nil one.
      organizationId: known.aggregate.name === 'user' ? nilId : principal.organizationId,
      actor: principal,
      id: sent.id?.toLowerCase(),
      data: sent.data,
      commandId: sent.commandId?.toLowerCase(),
      expectedVersion: sent.expectedVersion,
      sentAt: sent.sentAt,
      ip: sent.ip,
      userAgent: sent.userAgent,
      correlationId: sent.requestId,
    });
  };
}

function requireForm(sent: SentCommand, command: Command): void {
  if (sent.id !== undefined && !isUuid(sent.id)) {
    if (command.creates) throw refuse('invalid', 'The id must be a UUID.', {}, [{ path: 'id', message: 'must be a UUID' }]);
    throw notFound(sent.type.slice(0, sent.type.indexOf('.')));
  }
  if (sent.id === undefined && !command.creates)
    throw refuse('invalid', 'The command must name what it is for.', {}, [{ path: 'stream', message: 'is missing' }]);
  if (sent.commandId !== undefined && !isUuid(sent.commandId)) {
    throw refuse('invalid', 'The idempotency key must be a UUID.', {}, [{ path: 'idempotency-key', message: 'must be a UUID' }]);
  }
  if (typeof sent.sentAt === 'string' && !wellFormedSentAt.test(sent.sentAt)) {
    throw refuse('invalid', 'The sender’s stamp must be a short text or a number.', {}, [
      { path: 'x-sent-at', message: 'must be at most 64 visible characters' },
    ]);
  }
  if (sent.data === null || typeof sent.data !== 'object' || Array.isArray(sent.data)) {
    throw refuse('invalid', 'The data must be a JSON object.', {}, [{ path: '', message: 'must be an object' }]);
  }
}

/** Members of an answer that tell of the transport rather than of the fact. */
export function wireAnswer(answer: CommandAnswer): Record<string, unknown> {
  const { created: _created, repeated: _repeated, ...rest } = answer;
  return rest;
}

const answerSchema = z.looseObject({
  id: z.string().describe('Id of what the command was for, or made.'),
  version: z.int().describe('Its version now; send it as if-match to be sure nobody was faster.'),
  position: z.int().describe('Position in the log; send it as min-position to read your own write.'),
});

const creationHeaders = {
  'idempotency-key': {
    description: 'A UUID of your own. The same command with the same key is answered again, not done again.',
    pattern: '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$',
    example: '0193a5b2-7c1e-7d4a-9f3e-2b6c8d0e1f2a',
  },
  'x-sent-at': {
    description: 'Your own stamp, echoed untouched to everybody who watches.',
    pattern: '^[\\x21-\\x7e]{1,64}$',
    example: '1795248000000',
  },
};
const commandHeaders = {
  ...creationHeaders,
  'if-match': {
    description: 'The version you have seen, `3` or `"3"`; another one answers 409 version.conflict.',
    pattern: '^(?:\\d{1,9}|"\\d{1,9}")$',
    example: '3',
  },
};

const usualCodes = {
  'version.conflict': { status: 409, title: 'if-match names another version than the present one' },
  'command.reused': { status: 409, title: 'The idempotency key was used for another command' },
};

interface Routable {
  aggregate: Aggregate;
  command: Command;
}

/** Commands that a person of some role may send; the rest is for the system's own hands and has no door. */
export const routable: ReadonlyMap<string, Routable> = new Map(
  aggregates.flatMap((aggregate) =>
    aggregate.commands
      .filter((command) => Object.values(permissions[command.name] ?? {}).some((reach) => reach !== 'none'))
      .map((command): [string, Routable] => [command.name, { aggregate, command: command as unknown as Command }]),
  ),
);

/** `POST /api/<plural>` for what creates, `POST /api/<plural>/{id}/<verb>` for the rest: routes nobody writes by hand. */
export function commandRoutes(run: RunCommand): SignedRoute[] {
  return [...routable.values()].map(({ aggregate, command }) => {
    const verb = command.name.slice(command.name.indexOf('.') + 1);
    return {
      method: 'POST',
      path: command.creates ? `/api/${aggregate.plural}` : `/api/${aggregate.plural}/{id}/${verb}`,
      name: command.name,
      area: aggregate.area,
      summary: command.summary,
      body: command.data,
      headers: command.creates ? creationHeaders : commandHeaders,
      answers: [
        command.creates
          ? { status: 201, description: 'Made; recorded durably.', schema: answerSchema }
          : { status: 200, description: 'Recorded durably.', schema: answerSchema },
      ],
      codes: {
        ...usualCodes,
        ...(command.creates ? {} : { [`${aggregate.name}.not-found`]: { status: 404, title: 'Missing, or not visible to you' } }),
        ...command.codes,
      },
      handle: (call) => answerCommand(call, run, command),
    };
  });
}

async function answerCommand(call: SignedCall, run: RunCommand, command: Command): Promise<Response> {
  const { c } = call;
  const data = await readJson(c);
  const stamp = header(c, 'x-sent-at');
  const chosen = command.creates && data !== null && typeof data === 'object' && 'id' in data ? data.id : undefined;
  if (chosen !== undefined && typeof chosen !== 'string')
    throw refuse('invalid', 'The id must be a UUID.', {}, [{ path: 'id', message: 'must be a UUID' }]);
  const answer = await run(call.principal, {
    type: command.name,
    id: command.creates ? chosen : c.req.param('id'),
    data,
    commandId: header(c, 'idempotency-key'),
    expectedVersion: expectedVersionOf(c),
    sentAt: stamp !== undefined && /^\d{1,15}(?:\.\d{1,6})?$/.test(stamp) ? Number(stamp) : stamp,
    ip: call.ip,
    userAgent: header(c, 'user-agent')?.slice(0, 300),
    requestId: call.requestId,
  });
  return call.answer(answer.created ? 201 : 200, wireAnswer(answer));
}
