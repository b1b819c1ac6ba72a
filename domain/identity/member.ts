import { z } from 'zod';
import { type Actor, type Aggregate, type DomainEvent, defineCommand, type Role } from '../kernel/aggregate.ts';
import { uuid } from '../kernel/ids.ts';
import { Rejection } from '../kernel/rejection.ts';
import { line } from '../kernel/text.ts';

/** A person in one organization. The stream's id is the `agentId` that leads name as their owner. */
export type MemberEvent =
  // A person joined the organization in a role.
  | DomainEvent<'member.added', { userId: string; name: string; role: Role; at: string }>
  // The person's role changed.
  | DomainEvent<'member.role-changed', { role: Role; from: Role; at: string }>
  // The person may no longer enter; sessions for this organization end.
  | DomainEvent<'member.suspended', { reason: string | null; at: string }>
  // The person may enter again.
  | DomainEvent<'member.activated', { at: string }>;

export interface MemberState {
  userId: string | null;
  name: string;
  role: Role;
  active: boolean;
}

const role = z.enum(['owner', 'admin', 'manager', 'agent', 'assistant', 'viewer']);

const codes = {
  'member.oneself': { status: 422, title: 'Nobody changes or ends their own membership' },
  'member.owner-only': { status: 403, title: 'Only an owner decides about owners' },
};

/** Nobody shuts themselves out, so an owner always remains to whoever acts; and only owners touch owners. */
function decidesAbout(actor: Actor, id: string, roles: Role[]): void {
  if (actor.agentId === id) throw new Rejection(422, 'member.oneself', 'Ask another owner or admin to change your own membership.');
  if (roles.includes('owner') && actor.role !== 'owner')
    throw new Rejection(403, 'member.owner-only', 'Only an owner decides about owners.');
}

const add = z.strictObject({
  id: uuid.optional(),
  userId: uuid,
  name: line(255).min(1).describe('How the person is shown to others in the organization.'),
  role: role.default('agent'),
});
const changeRole = z.strictObject({ role });
const suspend = z.strictObject({ reason: line(500).nullable().optional() });
const activate = z.strictObject({});

export const member: Aggregate<MemberState, MemberEvent> = {
  name: 'member',
  plural: 'members',
  area: 'identity',
  initial: { userId: null, name: '', role: 'viewer', active: false },
  evolve(state, event) {
    switch (event.type) {
      case 'member.added':
        return { userId: event.data.userId, name: event.data.name, role: event.data.role, active: true };
      case 'member.role-changed':
        return { ...state, role: event.data.role };
      case 'member.suspended':
        return { ...state, active: false };
      case 'member.activated':
        return { ...state, active: true };
    }
  },
  events: {
    'member.added': { schema: 1, fact: 'A person joined the organization in a role.', personal: ['name'], undo: 'member.suspend' },
    'member.role-changed': { schema: 1, fact: 'The person has another role.', undo: 'member.change-role with what it was' },
    'member.suspended': { schema: 1, fact: 'The person may no longer enter the organization.', undo: 'member.activate' },
    'member.activated': { schema: 1, fact: 'The person may enter the organization again.', undo: 'member.suspend' },
  },
  exists: (state) => state.userId !== null,
  commands: [
    defineCommand<MemberState, z.infer<typeof add>, MemberEvent>({
      name: 'member.add',
      summary: 'Add a person to the organization',
      creates: true,
      data: add,
      codes: { ...codes, 'member.exists': { status: 409, title: 'The person is a member already' } },
      decide(_state, data, context) {
        decidesAbout(context.actor, context.id, [data.role]);
        return {
          events: [{ type: 'member.added', data: { userId: data.userId, name: data.name, role: data.role, at: context.now } }],
          guards: [
            {
              kind: 'take',
              scope: 'member.user',
              key: data.userId,
              refuse: (holder) =>
                new Rejection(409, 'member.exists', 'This person is a member of the organization already.', { existing: { id: holder } }),
            },
          ],
        };
      },
    }),
    defineCommand<MemberState, z.infer<typeof changeRole>, MemberEvent>({
      name: 'member.change-role',
      summary: 'Give a member another role',
      data: changeRole,
      codes,
      decide(state, data, context) {
        decidesAbout(context.actor, context.id, [state.role, data.role]);
        return {
          events:
            state.role === data.role ? [] : [{ type: 'member.role-changed', data: { role: data.role, from: state.role, at: context.now } }],
        };
      },
    }),
    defineCommand<MemberState, z.infer<typeof suspend>, MemberEvent>({
      name: 'member.suspend',
      summary: 'Shut a member out until activated again',
      data: suspend,
      codes,
      decide(state, data, context) {
        decidesAbout(context.actor, context.id, [state.role]);
        return { events: state.active ? [{ type: 'member.suspended', data: { reason: data.reason ?? null, at: context.now } }] : [] };
      },
    }),
    defineCommand<MemberState, z.infer<typeof activate>, MemberEvent>({
      name: 'member.activate',
      summary: 'Let a suspended member in again',
      data: activate,
      codes,
      decide(state, _data, context) {
        decidesAbout(context.actor, context.id, [state.role]);
        return { events: state.active ? [] : [{ type: 'member.activated', data: { at: context.now } }] };
      },
    }),
  ],
};
