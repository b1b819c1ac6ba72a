import { z } from 'zod';
import type { OrganizationState } from '../identity/organization.ts';
import { level, permits } from '../identity/permissions.ts';
import { type Aggregate, type Context, type DomainEvent, defineCommand, type Guard } from '../kernel/aggregate.ts';
import { changesBetween } from '../kernel/changes.ts';
import { uuid } from '../kernel/ids.ts';
import { readPhone } from '../kernel/phone.ts';
import { Rejection } from '../kernel/rejection.ts';
import { email, line, oneOf } from '../kernel/text.ts';
import { instant, millis } from '../kernel/time.ts';

export interface AgentProfile {
  fullName: string;
  email: string | null;
  /** E.164. */
  phone: string | null;
  specializationPropertyType: string[];
  specializationAreas: string[];
  languageSkills: string[];
  /** Most active leads of this agent; null: what the organization says. The lower of the two holds. */
  capacity: number | null;
}

export type Availability = 'available' | 'paused' | 'away';

/** The working profile of a member: what they sell, where, in which languages, and how much they can carry. The id is the member's. */
export type AgentEvent =
  // Somebody works leads from now on; a person may be invited later (then userId is null).
  | DomainEvent<'agent.created', AgentProfile & { userId: string | null; at: string }>
  // The profile changed.
  | DomainEvent<'agent.edited', { fields: Partial<AgentProfile>; was: Partial<AgentProfile>; at: string }>
  // The agent takes no new leads from routing, until then if it says.
  | DomainEvent<'agent.paused', { until: string | null; reason: string | null; at: string }>
  // The agent takes leads again.
  | DomainEvent<'agent.resumed', { at: string }>
  // The agent is off shift.
  | DomainEvent<'agent.stepped-away', { until: string | null; at: string }>;

export interface AgentState extends AgentProfile {
  userId: string | null;
  availability: Availability;
  /** When a pause or absence was said to end. */
  until: string | null;
}

const names = (max: number, description: string) => z.array(line(100).min(1)).max(max).describe(description);

const profile = {
  fullName: line(200).min(1).meta({ example: 'Sara Al Mansoori' }),
  email: email.nullable(),
  phone: line(50).nullable().describe('Any way people write it; kept as E.164.'),
  specializationPropertyType: names(20, 'Property types they know best.'),
  specializationAreas: names(100, 'Areas they know best.'),
  languageSkills: names(20, 'Languages they speak.'),
  capacity: z
    .int()
    .min(1)
    .max(10000)
    .nullable()
    .describe('Most active leads; null for the limit of the organization. The lower of the two holds.'),
};

const create = z.strictObject({
  id: uuid.optional().describe('The id of the member, when there is one.'),
  userId: uuid.nullable().optional(),
  fullName: profile.fullName,
  email: profile.email.optional(),
  phone: profile.phone.optional(),
  specializationPropertyType: profile.specializationPropertyType.default([]),
  specializationAreas: profile.specializationAreas.default([]),
  languageSkills: profile.languageSkills.default([]),
  capacity: profile.capacity.optional(),
});
const edit = z.strictObject(profile).partial();
const pause = z.strictObject({ until: instant.nullable().optional(), reason: line(500).nullable().optional() });
const stepAway = z.strictObject({ until: instant.nullable().optional() });
const resume = z.strictObject({});

const codes = {
  'agent.email-taken': { status: 409, title: 'Another agent has this e-mail address' },
  'agent.phone-taken': { status: 409, title: 'Another agent has this phone number' },
  'agent.phone-invalid': { status: 422, title: 'The phone number cannot be read' },
  'agent.field-required': { status: 422, title: 'The organization requires a field of the profile' },
  'agent.property-type-unknown': { status: 422, title: 'The organization has no such property type' },
};
const untilCodes = { 'agent.until-past': { status: 422, title: 'The end of the pause has passed' } };

const initial: AgentState = {
  userId: null,
  fullName: '',
  email: null,
  phone: null,
  specializationPropertyType: [],
  specializationAreas: [],
  languageSkills: [],
  capacity: null,
  availability: 'available',
  until: null,
};

/** How many active leads an agent may hold: the lower of their own limit and the organization's; null: no limit. */
export function capacityOf(agent: { capacity: number | null }, organization: { capacity: number | null }): number | null {
  if (agent.capacity === null) return organization.capacity;
  return organization.capacity === null ? agent.capacity : Math.min(agent.capacity, organization.capacity);
}

/** Everybody may change what is their own, leaders what is their team's: the profile's id is who it belongs to. */
function actsFor(context: Context, command: string): void {
  if (permits(level(organizationOf(context), context.actor, command), context.actor, context.id)) return;
  throw new Rejection(403, 'forbidden', 'This is not yours to change.');
}

function organizationOf(context: Context): OrganizationState {
  return context.read<OrganizationState>('organization', context.organizationId);
}

/** What the profile says in the organization's words: phone as E.164, property types as spelt there. */
function normalised(given: Partial<AgentProfile>, organization: OrganizationState): Partial<AgentProfile> {
  const wanted: Partial<AgentProfile> = { ...given };
  if (typeof given.phone === 'string' && given.phone !== '') {
    const rule = organization.phones === 'region' ? 'region' : 'valid';
    const phone = readPhone(given.phone, organization.region, rule);
    if (!phone)
      throw new Rejection(422, 'agent.phone-invalid', 'This is no phone number that the organization takes.', {}, [
        { path: 'phone', message: 'invalid' },
      ]);
    wanted.phone = phone.phone;
  } else if (given.phone === '') wanted.phone = null;
  if (given.email === '') wanted.email = null;
  if (given.specializationPropertyType && organization.propertyTypes.length > 0) {
    wanted.specializationPropertyType = given.specializationPropertyType.map((type) => {
      const known = oneOf(organization.propertyTypes, type);
      if (known === undefined) throw new Rejection(422, 'agent.property-type-unknown', `There is no property type ${type}.`);
      return known;
    });
  }
  return wanted;
}

function requireFields(profileOf: AgentProfile, organization: OrganizationState): void {
  const missing = organization.agentRequired.filter((field) => {
    const value = Reflect.get(profileOf, field);
    return value === null || value === '';
  });
  if (missing.length > 0) {
    const errors = missing.map((path) => ({ path, message: 'required' }));
    throw new Rejection(422, 'agent.field-required', `An agent needs ${missing.join(' and ')}.`, {}, errors);
  }
}

/** E-mail and phone belong to one agent of the organization each (TR-08). */
function uniqueness(was: { email: string | null; phone: string | null }, now: { email: string | null; phone: string | null }): Guard[] {
  const guards: Guard[] = [];
  for (const field of ['email', 'phone'] as const) {
    if (was[field] === now[field]) continue;
    if (was[field] !== null) guards.push({ kind: 'free', scope: `agent.${field}`, key: was[field], personal: true });
    if (now[field] === null) continue;
    const refuse = (holder: string) =>
      new Rejection(409, `agent.${field}-taken`, `Another agent has this ${field}.`, { existing: { id: holder } });
    guards.push({ kind: 'take', scope: `agent.${field}`, key: now[field], personal: true, refuse });
  }
  return guards;
}

function futureOnly(until: string | null | undefined, now: string): string | null {
  if (until && millis(until) <= millis(now)) throw new Rejection(422, 'agent.until-past', 'Choose a time that is still to come.');
  return until ?? null;
}

export const agent: Aggregate<AgentState, AgentEvent> = {
  name: 'agent',
  plural: 'agents',
  area: 'leads',
  initial,
  evolve(state, event) {
    switch (event.type) {
      case 'agent.created': {
        const { at: _at, ...created } = event.data;
        return { ...created, availability: 'available', until: null };
      }
      case 'agent.edited':
        return { ...state, ...event.data.fields };
      case 'agent.paused':
        return { ...state, availability: 'paused', until: event.data.until };
      case 'agent.resumed':
        return { ...state, availability: 'available', until: null };
      case 'agent.stepped-away':
        return { ...state, availability: 'away', until: event.data.until };
    }
  },
  events: {
    'agent.created': {
      schema: 1,
      fact: 'Somebody works leads from now on.',
      personal: ['fullName', 'email', 'phone'],
      undo: 'member.suspend: leads keep naming who owned them',
    },
    'agent.edited': {
      schema: 1,
      fact: 'The profile of the agent changed.',
      personal: ['fields', 'was'],
      undo: 'agent.edit with what it was',
    },
    'agent.paused': { schema: 1, fact: 'The agent takes no new leads from routing.', undo: 'agent.resume' },
    'agent.resumed': { schema: 1, fact: 'The agent takes leads again.', undo: 'agent.pause' },
    'agent.stepped-away': { schema: 1, fact: 'The agent is off shift.', undo: 'agent.resume' },
  },
  exists: (state) => state.fullName !== '',
  commands: [
    defineCommand<AgentState, z.infer<typeof create>, AgentEvent>({
      name: 'agent.create',
      summary: 'Give a member a working profile',
      creates: true,
      data: create,
      codes,
      decide(_state, data, context) {
        const { id: _id, userId, ...given } = data;
        const organization = organizationOf(context);
        const { userId: _user, availability: _availability, until: _until, ...empty } = initial;
        const created: AgentProfile = { ...empty, ...normalised(given, organization) };
        requireFields(created, organization);
        return {
          events: [{ type: 'agent.created', data: { userId: userId ?? null, ...created, at: context.now } }],
          guards: uniqueness(initial, created),
        };
      },
    }),
    defineCommand<AgentState, z.infer<typeof edit>, AgentEvent>({
      name: 'agent.edit',
      summary: 'Change the working profile of an agent',
      data: edit,
      codes,
      decide(state, data, context) {
        actsFor(context, 'agent.edit');
        const organization = organizationOf(context);
        const changes = changesBetween<AgentProfile>(state, normalised(data, organization));
        if (!changes) return { events: [] };
        const edited = { ...state, ...changes.fields };
        requireFields(edited, organization);
        return { events: [{ type: 'agent.edited', data: { ...changes, at: context.now } }], guards: uniqueness(state, edited) };
      },
    }),
    defineCommand<AgentState, z.infer<typeof pause>, AgentEvent>({
      name: 'agent.pause',
      summary: 'Take no new leads from routing',
      data: pause,
      codes: untilCodes,
      decide(state, data, context) {
        actsFor(context, 'agent.pause');
        const until = futureOnly(data.until, context.now);
        if (state.availability === 'paused' && until === state.until) return { events: [] };
        return { events: [{ type: 'agent.paused', data: { until, reason: data.reason ?? null, at: context.now } }] };
      },
    }),
    defineCommand<AgentState, z.infer<typeof resume>, AgentEvent>({
      name: 'agent.resume',
      summary: 'Take leads again',
      data: resume,
      codes: {},
      decide(state, _data, context) {
        actsFor(context, 'agent.resume');
        return { events: state.availability === 'available' ? [] : [{ type: 'agent.resumed', data: { at: context.now } }] };
      },
    }),
    defineCommand<AgentState, z.infer<typeof stepAway>, AgentEvent>({
      name: 'agent.step-away',
      summary: 'Go off shift',
      data: stepAway,
      codes: untilCodes,
      decide(state, data, context) {
        actsFor(context, 'agent.step-away');
        const until = futureOnly(data.until, context.now);
        if (state.availability === 'away' && until === state.until) return { events: [] };
        return { events: [{ type: 'agent.stepped-away', data: { until, at: context.now } }] };
      },
    }),
  ],
};
