import { z } from 'zod';
import type { OrganizationState } from '../../identity/organization.ts';
import { currency, minorUnits } from '../../kernel/money.ts';
import { readPhone } from '../../kernel/phone.ts';
import { Rejection } from '../../kernel/rejection.ts';
import { block, email, line, oneOf } from '../../kernel/text.ts';
import { day } from '../../kernel/time.ts';
import { type CustomValue, type LeadFields, mergedCustomFields } from './facts.ts';

const maxCustomFields = 100;

const optional = (max: number, description?: string) =>
  description ? line(max).nullable().optional().describe(description) : line(max).nullable().optional();

/** A link that a browser may follow: http or https, or a bare domain. */
const link = (max: number) =>
  line(max)
    .refine(
      (value) => !/^[a-z][a-z0-9+.-]*:/i.test(value) || /^https?:\/\//i.test(value) || /^[^/]+:\d+(\/|$)/.test(value),
      'must be a web address',
    )
    .nullable()
    .optional();

const unsafeKeys = new Set(['__proto__', 'constructor', 'prototype']);

export const customFields = z
  .record(
    line(100)
      .min(1)
      .refine((key) => !unsafeKeys.has(key), 'is not a name for a field'),
    z.union([block(2000), z.number(), z.boolean(), z.array(line(200)).max(100), z.null()]),
  )
  .refine((fields) => Object.keys(fields).length <= maxCustomFields, `at most ${maxCustomFields} custom fields`)
  .describe('Fields of your own: text, number, true or false, or a list of texts. null removes one.')
  .meta({ example: { 'Preferred tower': 'Marina Gate', Pets: true } });

/** The fields of a lead as people and programs give them; null or an empty text means none. */
export const givenFields = {
  name: optional(201, 'First and last name in one, split at the last space.'),
  firstName: optional(100),
  lastName: optional(100),
  email: email.nullable().optional(),
  phone: optional(50, 'Any way people write it; kept as E.164, national numbers by the region of the organization.').meta({
    example: '+971 50 123 4567',
  }),
  company: optional(255),
  jobTitle: optional(100),
  website: link(255),
  linkedinUrl: link(500),
  nationality: optional(50),
  languagePreference: optional(20),
  budgetMin: minorUnits.nullable().optional().describe('Minor units of the currency; must be below budgetMax.'),
  budgetMax: minorUnits.nullable().optional().describe('Minor units of the currency.'),
  currency: currency.optional().describe('Default: the currency of the organization.'),
  timeline: optional(100, 'When they want to decide, in their words.'),
  propertyType: optional(100),
  location: optional(500),
  preferredAreas: z.array(line(100).min(1)).max(50).optional(),
  value: minorUnits.nullable().optional().describe('What the deal is worth, in minor units of the currency.'),
  expectedCloseDate: day.nullable().optional(),
  source: optional(100, 'Where the lead came from, as the organization lists it; case does not matter.').meta({ example: 'website' }),
  campaign: optional(255),
  notes: block(10000).nullable().optional(),
  externalId: optional(255, 'The id of this lead in another system.'),
  customFields: customFields.optional(),
};

const givenSchema = z.strictObject(givenFields);
export type GivenFields = z.infer<typeof givenSchema>;

/** An empty text means none. */
const none = <Value>(value: Value | '' | null): Value | null => (value === '' ? null : value);

/** One name in two: the last word is the family name; a single word is a first name. */
export function splitName(name: string): { firstName: string | null; lastName: string | null } {
  const at = name.lastIndexOf(' ');
  if (name === '') return { firstName: null, lastName: null };
  return at === -1 ? { firstName: name, lastName: null } : { firstName: name.slice(0, at).trim(), lastName: name.slice(at + 1) };
}

const plain = [
  'firstName',
  'lastName',
  'email',
  'company',
  'jobTitle',
  'website',
  'linkedinUrl',
  'nationality',
  'timeline',
  'location',
  'campaign',
  'notes',
  'externalId',
] as const;
const asGiven = ['budgetMin', 'budgetMax', 'currency', 'preferredAreas', 'value', 'expectedCloseDate'] as const;

function unknownEntry(field: 'source' | 'propertyType' | 'languagePreference', value: string, list: readonly string[]): Rejection {
  const code = { source: 'lead.source-unknown', propertyType: 'lead.property-type-unknown', languagePreference: 'lead.language-unknown' }[
    field
  ];
  return new Rejection(422, code, `The organization does not know "${value}". It knows: ${list.join(', ')}.`, { allowed: list }, [
    { path: field, message: 'unknown' },
  ]);
}

/**
 * What is given, in the organization's words: names split, the phone as E.164, entries of lists as the list spells
 * them. Fields not spoken of are absent. An intake keeps what the lists do not know: the source as typed, the rest
 * among the custom fields.
 */
export function readFields(given: GivenFields, organization: OrganizationState, intake: boolean): Partial<LeadFields> {
  const fields: Partial<LeadFields> = {};
  const custom: Record<string, CustomValue> = { ...given.customFields };
  if (given.name !== undefined && given.firstName === undefined && given.lastName === undefined)
    Object.assign(fields, splitName(given.name ?? ''));
  for (const field of plain) {
    const value = given[field];
    if (value !== undefined) fields[field] = none(value);
  }
  for (const field of asGiven) {
    if (given[field] !== undefined) Object.assign(fields, { [field]: given[field] });
  }
  if (given.phone !== undefined) Object.assign(fields, readPhoneField(none(given.phone), organization, intake));
  if (given.source !== undefined) Object.assign(fields, readSource(none(given.source), organization, intake));
  for (const [field, list] of [
    ['propertyType', organization.propertyTypes],
    ['languagePreference', organization.languages],
  ] as const) {
    const value = given[field];
    if (value === undefined) continue;
    const text = none(value);
    const known = text === null || list.length === 0 ? text : oneOf(list, text);
    if (known === undefined && !intake) throw unknownEntry(field, value ?? '', list);
    if (known === undefined) custom[field] = text;
    fields[field] = known ?? null;
  }
  if (Object.keys(custom).length > 0) fields.customFields = custom;
  return fields;
}

function readPhoneField(
  asTyped: string | null,
  organization: OrganizationState,
  intake: boolean,
): Pick<LeadFields, 'phone' | 'phoneAsTyped'> {
  if (asTyped === null) return { phone: null, phoneAsTyped: null };
  const phone = readPhone(asTyped, organization.region, organization.phones);
  if (phone) return { phone: phone.phone, phoneAsTyped: phone.asTyped };
  if (intake) return { phone: null, phoneAsTyped: asTyped };
  const kind = organization.phones === 'region' ? `a phone number of ${organization.region}` : 'a phone number';
  throw new Rejection(422, 'lead.phone-invalid', `"${asTyped}" is not ${kind}.`, {}, [{ path: 'phone', message: `must be ${kind}` }]);
}

function readSource(given: string | null, organization: OrganizationState, intake: boolean): Pick<LeadFields, 'source' | 'sourceAsTyped'> {
  if (given === null) return { source: null, sourceAsTyped: null };
  const known = oneOf(organization.sources, given);
  if (known !== undefined) return { source: known, sourceAsTyped: null };
  if (organization.openSources) return { source: given, sourceAsTyped: null };
  if (intake) return { source: organization.otherSource, sourceAsTyped: given };
  throw unknownEntry('source', given, organization.sources);
}

/** Required fields of the organization that this lead lacks (R11). */
export function missingFields(fields: LeadFields, organization: OrganizationState): string[] {
  return organization.required.filter((field) => {
    if (field === 'name') return fields.firstName === null && fields.lastName === null;
    if (field === 'phone') return fields.phone === null && (organization.phones !== 'any' || fields.phoneAsTyped === null);
    return (Reflect.get(fields, field) ?? null) === null;
  });
}

/** The rules that hold for the whole of a lead, whatever of it changed. `before` is null at capture. */
export function checkFields(
  fields: LeadFields,
  before: LeadFields | null,
  organization: OrganizationState,
  intake: boolean,
): { incomplete: boolean } {
  const { firstName, lastName, email: address, phoneAsTyped, phone, externalId } = fields;
  const missing = missingFields(fields, organization);
  const tolerated = intake && externalId !== null ? missing : before ? missingFields(before, organization) : [];
  const refused = missing.filter((field) => !tolerated.includes(field));
  if (refused.length > 0) {
    const errors = refused.map((path) => ({ path, message: 'required' }));
    throw new Rejection(422, 'lead.incomplete', `Missing: ${refused.join(', ')}.`, { missing: refused }, errors);
  }
  if ([firstName, lastName, address, phone, phoneAsTyped, externalId].every((value) => value === null)) {
    throw new Rejection(422, 'lead.unidentified', 'Give a name, an e-mail address, a phone number or an external id.');
  }
  if (fields.budgetMin !== null && fields.budgetMax !== null && fields.budgetMin >= fields.budgetMax) {
    throw new Rejection(422, 'lead.budget-order', 'budgetMin must be below budgetMax.', {}, [
      { path: 'budgetMin', message: 'must be below budgetMax' },
    ]);
  }
  if (Object.keys(fields.customFields).length > maxCustomFields) {
    throw new Rejection(422, 'lead.too-many-custom-fields', `A lead holds at most ${maxCustomFields} custom fields.`);
  }
  return { incomplete: missing.length > 0 };
}

/** A lead with changes laid over it. */
export function withFields(present: LeadFields, changed: Partial<LeadFields>): LeadFields {
  const merged = changed.customFields ? mergedCustomFields(present.customFields, changed.customFields) : present.customFields;
  return { ...present, ...changed, customFields: merged };
}
