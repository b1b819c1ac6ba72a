import { scopeOfLead, sees } from '../../domain/identity/audience.ts';
import { level, type PermissionOverrides, permits } from '../../domain/identity/permissions.ts';
import type { Actor, Aggregate, Command, Context, Decision, DomainEvent, Guard, StreamRef } from '../../domain/kernel/aggregate.ts';
import { Rejection } from '../../domain/kernel/rejection.ts';
import type { Folded } from './states.ts';

/** A command of the registry with the aggregate it belongs to. */
export interface Registered {
  aggregate: Aggregate;
  command: Command;
}

/** A decision could not be made yet because these streams were not at hand. */
export class Missing extends Error {
  readonly refs: StreamRef[];

  constructor(refs: StreamRef[]) {
    super(`not at hand: ${refs.map((ref) => `${ref.type} ${ref.id}`).join(', ')}`);
    this.refs = refs;
  }
}

export interface Deciding {
  registered: Registered;
  data: unknown;
  expectedVersion: number | undefined;
  /** The stream's state, and those of the streams that the decision reads. */
  main: Folded;
  known: (ref: StreamRef) => Folded | undefined;
  context: Omit<Context, 'read'>;
}

/** What a command decided, and which versions of other streams it looked at. */
export interface Decided {
  decision: Decision;
  read: Map<string, Folded>;
}

/**
 * The order of refusals: what one may not see does not exist (404), what one may not do is forbidden (403), what
 * changed meanwhile is a conflict (409), and then the rules decide.
 * @throws Rejection, or `Missing` when states have to be loaded first.
 */
export function decide({ registered, data, expectedVersion, main, known, context }: Deciding): Decided {
  const { aggregate, command } = registered;
  const { actor, organizationId } = context;
  const read = new Map<string, Folded>();
  const lookAt = (type: string, id: string): unknown => {
    const folded = known({ type, id });
    if (!folded) throw new Missing([{ type, id }]);
    read.set(`${type}|${id}`, folded);
    return folded.state;
  };

  const organization = lookAt('organization', organizationId) as { permissions: PermissionOverrides };
  const owner = command.creates ? undefined : aggregate.owner?.(main.state);
  if (command.creates) {
    if (main.version > 0) throw new Rejection(409, 'id.in-use', 'This id is in use already.', { existing: { id: context.id } });
  } else if (!aggregate.exists(main.state) || !(command.beyondSight || visible(owner, actor))) {
    throw notFound(aggregate.name);
  }
  const reach = level(organization, actor, command.name);
  if (!(command.beyondSight ? reach !== 'none' : permits(reach, actor, owner)))
    throw new Rejection(403, 'forbidden', 'You may not do this.');
  if (expectedVersion !== undefined && expectedVersion !== main.version) throw versionConflict(main.version);

  const wanted =
    (command.reads as ((data: unknown, state: unknown, actor: unknown) => StreamRef[]) | undefined)?.(data, main.state, actor) ?? [];
  const missing = wanted.filter((ref) => !known(ref));
  if (missing.length > 0) throw new Missing(missing);
  const decision = command.decide(main.state, data, {
    ...context,
    read: <State>(type: string, id: string) => lookAt(type, id) as State,
  });
  return { decision, read };
}

function visible(owner: string | null | undefined, actor: Actor): boolean {
  return owner === undefined || sees(actor.audience, scopeOfLead(owner), actor.agentId);
}

export const notFound = (noun: string) => new Rejection(404, `${noun}.not-found`, `There is no such ${noun}.`);

export const versionConflict = (version: number) =>
  new Rejection(409, 'version.conflict', 'It was changed meanwhile. Look at it again, then repeat.', { version });

/** The refusal of a guard that did not hold. */
export function refusalOf(guard: Guard | undefined, found: { holder?: string; count?: number }): Error {
  if (guard?.kind === 'take') return guard.refuse(found.holder ?? '');
  if (guard?.kind === 'count') return guard.refuse(found.count ?? 0);
  return new Error('A guard refused that cannot.');
}

/** Events of one decision by stream, the command's own first; several entries for one stream become one. */
export function streamsOf(own: StreamRef, decision: Decision): { ref: StreamRef; events: DomainEvent[] }[] {
  const streams = [{ ref: own, events: [...decision.events] as DomainEvent[] }];
  for (const { stream, events } of decision.also ?? []) {
    const same = streams.find((each) => each.ref.type === stream.type && each.ref.id === stream.id);
    if (same) same.events.push(...events);
    else streams.push({ ref: stream, events: [...events] });
  }
  return streams;
}
