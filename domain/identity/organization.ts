import { z } from 'zod';
import { type Aggregate, type DomainEvent, defineCommand, type Role } from '../kernel/aggregate.ts';
import { changesBetween } from '../kernel/changes.ts';
import { uuid } from '../kernel/ids.ts';
import { currency } from '../kernel/money.ts';
import { knownRegion, type PhoneRule } from '../kernel/phone.ts';
import { Rejection } from '../kernel/rejection.ts';
import { line } from '../kernel/text.ts';
import { presetNamed, presets } from '../leads/presets/catalogue.ts';
import type { DuplicateRule, Preset } from '../leads/presets/preset.ts';
import type { Visibility } from './audience.ts';
import { type PermissionOverrides, permissions } from './permissions.ts';

/** What an organization decided for itself; begins as its preset says. */
export interface OrganizationSettings {
  currency: string;
  region: string;
  timezone: string;
  locale: string;
  branding: { hue: number };
  /** Minutes within which a new lead should hear from somebody. */
  responseMinutes: number;
  /** Most active leads an agent may hold; null: no limit. */
  capacity: number | null;
  visibility: Readonly<Record<Role, Visibility>>;
  permissions: PermissionOverrides;
  phones: PhoneRule;
  duplicates: DuplicateRule;
  sources: readonly string[];
  openSources: boolean;
  otherSource: string | null;
  required: readonly string[];
  agentRequired: readonly string[];
  propertyTypes: readonly string[];
  languages: readonly string[];
}

export interface OrganizationState extends OrganizationSettings {
  name: string;
  slug: string;
  /** The preset it was made from. */
  preset: string;
}

export type OrganizationEvent =
  // An organization opened, with every setting it starts with.
  | DomainEvent<'organization.created', OrganizationState & { at: string }>
  // Settings changed; only those that did, with what they were.
  | DomainEvent<'organization.edited', { fields: Partial<OrganizationState>; was: Partial<OrganizationState>; at: string }>;

const roles = ['owner', 'admin', 'manager', 'agent', 'assistant', 'viewer'] as const;
const visibility = z.enum(['own', 'own-and-unassigned', 'team', 'all']);

const timezone = line(64).refine((value) => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: value }).format(0) !== '';
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}, 'must be a time zone such as Asia/Dubai');

const region = z
  .string()
  .overwrite((value) => value.trim().toUpperCase())
  .refine(knownRegion, 'must be a country of two letters');

const edit = z.strictObject({
  name: line(255).min(1).optional(),
  currency: currency.optional().describe('Currency of amounts without their own.'),
  region: region.optional().describe('Country of phone numbers typed without one.'),
  timezone: timezone.optional().describe('Where its days and months begin.'),
  locale: z
    .string()
    .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'must be a language tag such as ar-AE')
    .optional(),
  branding: z.strictObject({ hue: z.int().min(0).max(359) }).optional(),
  responseMinutes: z.int().min(1).max(10080).optional().describe('Minutes within which a new lead should hear from somebody.'),
  capacity: z.int().min(1).max(10000).nullable().optional().describe('Most active leads an agent may hold; null for no limit.'),
  visibility: z.partialRecord(z.enum(roles), visibility).optional().describe('Which leads a role sees. Owners and admins see all.'),
  permissions: z
    .partialRecord(z.enum(roles), z.record(z.string(), z.enum(['none', 'own', 'team', 'all'])))
    .optional()
    .describe('Rights that differ from the standard table: role, then command or query, then how far.'),
  phones: z
    .enum(['region', 'valid', 'any'])
    .optional()
    .describe('region: numbers of its own country only; valid: any E.164; any: what cannot be read is kept as text.'),
  sources: z.array(line(100).min(1)).min(1).max(100).optional(),
});

const create = z.strictObject({
  id: uuid.optional(),
  name: line(255).min(1),
  slug: z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,98}[a-z0-9])?$/, 'must be small letters, digits and hyphens'),
  preset: z.enum(presets.map((preset) => preset.slug)),
});

function settingsOf(preset: Preset): OrganizationSettings {
  return {
    currency: preset.currency,
    region: preset.region,
    timezone: preset.timezone,
    locale: preset.locale,
    branding: { hue: preset.hue },
    responseMinutes: preset.responseMinutes,
    capacity: preset.capacity,
    visibility: preset.visibility,
    permissions: {},
    phones: preset.phones,
    duplicates: preset.duplicates,
    sources: preset.sources,
    openSources: preset.openSources,
    otherSource: preset.otherSource,
    required: preset.required,
    agentRequired: preset.agentRequired,
    propertyTypes: preset.propertyTypes,
    languages: preset.languages,
  };
}

const none: OrganizationState = {
  name: '',
  slug: '',
  preset: '',
  currency: 'USD',
  region: 'US',
  timezone: 'UTC',
  locale: 'en-US',
  branding: { hue: 262 },
  responseMinutes: 60,
  capacity: null,
  visibility: { owner: 'all', admin: 'all', manager: 'team', agent: 'own', assistant: 'own', viewer: 'own' },
  permissions: {},
  phones: 'any',
  duplicates: 'none',
  sources: [],
  openSources: true,
  otherSource: null,
  required: [],
  agentRequired: [],
  propertyTypes: [],
  languages: [],
};

export const organization: Aggregate<OrganizationState, OrganizationEvent> = {
  name: 'organization',
  plural: 'organizations',
  area: 'identity',
  initial: none,
  evolve(state, event) {
    if (event.type === 'organization.edited') return { ...state, ...event.data.fields };
    const { at: _at, ...opened } = event.data;
    return opened;
  },
  events: {
    'organization.created': {
      schema: 1,
      fact: 'An organization opened, with the settings of its preset.',
      undo: 'nothing: an organization is closed, not undone',
    },
    'organization.edited': { schema: 1, fact: 'Settings of the organization changed.', undo: 'organization.edit with what they were' },
  },
  exists: (state) => state.slug !== '',
  commands: [
    defineCommand<OrganizationState, z.infer<typeof create>, OrganizationEvent>({
      name: 'organization.create',
      summary: 'Open an organization from a preset',
      creates: true,
      data: create,
      codes: {},
      decide(_state, data, context) {
        const preset = presetNamed(data.preset);
        if (!preset) throw new Error(`no preset ${data.preset}`);
        const created: OrganizationEvent = {
          type: 'organization.created',
          data: { name: data.name, slug: data.slug, preset: preset.slug, ...settingsOf(preset), at: context.now },
        };
        const pipelineCreated = { type: 'pipeline.created', data: { stages: preset.stages, moves: preset.moves } };
        return { events: [created], also: [{ stream: { type: 'pipeline', id: context.id }, events: [pipelineCreated] }] };
      },
    }),
    defineCommand<OrganizationState, z.infer<typeof edit>, OrganizationEvent>({
      name: 'organization.edit',
      summary: 'Change settings of the organization',
      data: edit,
      codes: {
        'organization.permission-unknown': { status: 422, title: 'The organization names a right that does not exist' },
        'organization.owner-bound': { status: 422, title: 'Owners and admins keep all rights and see all leads' },
      },
      decide(state, data, context) {
        for (const [role, named] of Object.entries(data.permissions ?? {})) {
          if (role === 'owner' || role === 'admin')
            throw new Rejection(422, 'organization.owner-bound', 'The rights of owners and admins are fixed.');
          const unknown = Object.keys(named).find((name) => !(name in permissions));
          if (unknown !== undefined) throw new Rejection(422, 'organization.permission-unknown', `There is no right called ${unknown}.`);
        }
        if (data.visibility?.owner ?? data.visibility?.admin)
          throw new Rejection(422, 'organization.owner-bound', 'Owners and admins see all leads.');
        const wanted: Partial<OrganizationState> = { ...data, visibility: data.visibility && { ...state.visibility, ...data.visibility } };
        const changes = changesBetween(state, wanted);
        return { events: changes ? [{ type: 'organization.edited', data: { ...changes, at: context.now } }] : [] };
      },
    }),
  ],
};
