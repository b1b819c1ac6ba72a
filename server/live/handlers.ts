import { z } from 'zod';
import { isUuid } from '../../domain/kernel/ids.ts';
import type { Rejection } from '../../domain/kernel/rejection.ts';
import { wireAnswer } from '../http/commands.ts';
import { notFound, refuse } from '../http/problem.ts';
import { answered, type EventHandler, event } from './events.ts';
import type { Scope } from './feed.ts';
import type { JsonText } from './frame.ts';
import type { HubParts } from './hub.ts';
import type { LiveSocket } from './live-socket.ts';
import type { Presence } from './presence.ts';
import type { Rooms } from './rooms.ts';
import { type Target, type ViewName, views, visible } from './target.ts';
import type { Watching } from './watching.ts';

export interface HandlerParts extends HubParts {
  rooms: Rooms;
  watching: Watching;
  presence: Presence;
}

/** The right a view asks for. */
const rights: Record<ViewName, string> = {
  board: 'lead.list',
  lead: 'lead.read',
  floor: 'agent.list',
  metrics: 'report.read',
  alerts: 'alert.list',
  operation: 'operation.read',
};

const defaultLimit = 5_000;
const mostWatches = 64;

const id = z
  .string()
  .refine(isUuid, 'must be a UUID')
  .transform((text) => text.toLowerCase());
const nothing = z
  .strictObject({})
  .nullish()
  .transform(() => ({}));

const since = z.int().min(0).nullish();
const watchData = z.discriminatedUnion(
  'view',
  [
    z.strictObject({ view: z.literal('board'), params: z.strictObject({ limit: z.int().min(1).max(20_000).optional() }).nullish(), since }),
    z.strictObject({ view: z.literal('lead'), params: z.strictObject({ lead: id }), since }),
    z.strictObject({ view: z.literal('operation'), params: z.strictObject({ operation: id }), since }),
    z.strictObject({ view: z.enum(['floor', 'metrics', 'alerts']), params: nothing, since }),
  ],
  { error: (issue) => (issue.code === 'invalid_union' ? `must be one of ${views.join(', ')}` : undefined) },
);
type WatchData = z.infer<typeof watchData>;

const commandData = z.strictObject({
  id: z.string().optional(),
  type: z.string().max(80),
  stream: z.string().max(80).nullish(),
  data: z.unknown(),
  expectedVersion: z.int().min(0).nullish(),
  sentAt: z.union([z.string(), z.number()]).nullish(),
});

const presenceData = z.strictObject({
  lead: id.nullish(),
  doing: z.enum(['viewing', 'editing', 'dragging']).nullish(),
});

/** What a client may send; each is wrapped by `receive`. */
export function handlersOf(parts: HandlerParts): Readonly<Record<string, EventHandler<never>>> {
  return {
    watch: event({ data: watchData, handle: (live, data, ack) => watch(parts, live, data, ack) }),
    unwatch: event({
      data: z.strictObject({ watch: z.string().max(80) }),
      silent: true,
      handle: async (live, { watch }) => {
        for (const room of live.rooms) {
          if (room.watch !== watch) continue;
          live.rooms.delete(room);
          parts.rooms.leave(room, live);
        }
        return {};
      },
    }),
    command: event({
      data: commandData,
      handle: async (live, sent) => {
        await parts.limits.organization(live.principal.organizationId);
        const answer = await parts.runCommand(live.principal, {
          type: sent.type,
          data: sent.data,
          ...(sent.stream == null ? {} : { id: sent.stream }),
          ...(sent.id == null ? {} : { commandId: sent.id }),
          ...(sent.expectedVersion == null ? {} : { expectedVersion: sent.expectedVersion }),
          ...(sent.sentAt == null ? {} : { sentAt: sent.sentAt }),
          ip: live.socket.handshake.address,
        });
        return wireAnswer(answer);
      },
    }),
    presence: event({
      data: presenceData,
      silent: true,
      handle: async (live, { lead, doing }) => {
        await parts.limits.organization(live.principal.organizationId);
        const scope = lead == null ? null : await scopeFor(parts, live, 'lead', lead);
        parts.presence.attend(live, lead ?? null, scope, doing ?? 'viewing');
        return {};
      },
    }),
  };
}

async function watch(parts: HandlerParts, live: LiveSocket, data: WatchData, ack: (answer: unknown) => void): Promise<unknown> {
  const { principal } = live;
  await parts.limits.organization(principal.organizationId);
  if (live.rooms.size >= mostWatches) throw refuse('rate.limited', `One connection watches at most ${mostWatches} things.`);
  if (!(await parts.allows(principal, rights[data.view]))) throw refuse('forbidden', 'Your role does not include this view.');
  const key = data.view === 'lead' ? data.params.lead : data.view === 'operation' ? data.params.operation : null;
  if ((data.view === 'lead' || data.view === 'operation') && key !== null) await scopeFor(parts, live, data.view, key);
  const target: Target = {
    organizationId: principal.organizationId,
    view: data.view,
    key,
    audience: principal.audience,
    me: principal.agentId,
  };
  const limit = data.view === 'board' ? (data.params?.limit ?? defaultLimit) : defaultLimit;
  const room = await parts.watching.start(live, { target, since: data.since ?? null, limit }, (answer: JsonText) => {
    ack(answer);
    live.sentLong(answer.text.length);
  });
  if (live.ended || !live.socket.connected) parts.rooms.leave(room, live);
  else live.rooms.add(room);
  return answered;
}

/**
 * Who may see a thing, if this person may. What was made a moment ago is waited for.
 * @throws Rejection 404, the same for what is missing and for what is not to be seen
 */
async function scopeFor(parts: HandlerParts, live: LiveSocket, view: 'lead' | 'operation', key: string): Promise<Scope> {
  const { organizationId, audience, agentId } = live.principal;
  const look = async (): Promise<Scope | null> => {
    const scope = await parts.source.scopeOf(organizationId, view, key);
    return visible({ organizationId, view, key, audience, me: agentId }, scope) ? scope : null;
  };
  let scope = await look();
  if (scope === null && (await parts.rooms.reached(await parts.head(), 2_000))) scope = await look();
  if (scope === null) throw missing(view);
  return scope;
}

function missing(view: 'lead' | 'operation'): Rejection {
  return notFound(view);
}
