import { z } from 'zod';
import { type Aggregate, type DomainEvent, defineCommand } from '../kernel/aggregate.ts';
import { changesBetween } from '../kernel/changes.ts';
import { uuid } from '../kernel/ids.ts';
import { Rejection } from '../kernel/rejection.ts';
import { email, line } from '../kernel/text.ts';

/** What a person says about themselves, the same in every organization. */
export interface UserProfile {
  firstName: string;
  lastName: string;
  phone: string | null;
  timezone: string;
  locale: string;
}

/** A person with a sign-in. Streams of users live under the nil organization; passwords and sessions are plain tables, never events. */
export type UserEvent =
  // A person registered with an e-mail address of their own.
  | DomainEvent<'user.registered', UserProfile & { email: string; at: string }>
  // The person changed their profile.
  | DomainEvent<'user.edited', { fields: Partial<UserProfile>; was: Partial<UserProfile>; at: string }>;

export interface UserState extends UserProfile {
  email: string | null;
}

const profile = {
  firstName: line(100).min(1),
  lastName: line(100),
  phone: line(50).nullable(),
  timezone: line(64).min(1),
  locale: line(35).min(1),
};

const register = z.strictObject({
  id: uuid.optional(),
  email: email.min(3),
  firstName: profile.firstName,
  lastName: profile.lastName.default(''),
  phone: profile.phone.optional(),
  timezone: profile.timezone.default('UTC'),
  locale: profile.locale.default('en-US'),
});

const edit = z.strictObject({
  firstName: profile.firstName.optional(),
  lastName: profile.lastName.optional(),
  phone: profile.phone.optional(),
  timezone: profile.timezone.optional(),
  locale: profile.locale.optional(),
});

/** First and last name as one. */
export function fullNameOf(person: { firstName: string; lastName: string }): string {
  return [person.firstName, person.lastName].filter((part) => part !== '').join(' ');
}

export const user: Aggregate<UserState, UserEvent> = {
  name: 'user',
  plural: 'users',
  area: 'identity',
  initial: { email: null, firstName: '', lastName: '', phone: null, timezone: 'UTC', locale: 'en-US' },
  evolve(state, event) {
    if (event.type === 'user.edited') return { ...state, ...event.data.fields };
    const { at: _at, ...registered } = event.data;
    return registered;
  },
  events: {
    'user.registered': {
      schema: 1,
      fact: 'A person registered with an e-mail address of their own.',
      personal: ['email', 'firstName', 'lastName', 'phone'],
      undo: 'nothing: a user is deactivated or erased',
    },
    'user.edited': {
      schema: 1,
      fact: 'The person changed their profile.',
      personal: ['fields', 'was'],
      undo: 'user.edit with what it was',
    },
  },
  exists: (state) => state.email !== null,
  commands: [
    defineCommand<UserState, z.infer<typeof register>, UserEvent>({
      name: 'user.register',
      summary: 'Register a person',
      creates: true,
      data: register,
      codes: { 'user.exists': { status: 409, title: 'The e-mail address is taken' } },
      decide(_state, data, context) {
        return {
          events: [
            {
              type: 'user.registered',
              data: {
                email: data.email,
                firstName: data.firstName,
                lastName: data.lastName,
                phone: data.phone ?? null,
                timezone: data.timezone,
                locale: data.locale,
                at: context.now,
              },
            },
          ],
          guards: [
            {
              kind: 'take',
              scope: 'user.email',
              key: data.email,
              personal: true,
              refuse: () => new Rejection(409, 'user.exists', 'This e-mail address is taken.'),
            },
          ],
        };
      },
    }),
    defineCommand<UserState, z.infer<typeof edit>, UserEvent>({
      name: 'user.edit',
      summary: 'Change your own profile',
      data: edit,
      codes: {},
      decide(state, data, context) {
        if (context.actor.id !== context.id && !context.actor.id.startsWith('system:'))
          throw new Rejection(404, 'user.not-found', 'There is no such user.');
        const changes = changesBetween<UserProfile>(state, data);
        return { events: changes ? [{ type: 'user.edited', data: { ...changes, at: context.now } }] : [] };
      },
    }),
  ],
};
