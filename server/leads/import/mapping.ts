import { z } from 'zod';
import { parseAmount } from '../../../domain/kernel/money.ts';
import { Refusal } from '../../refusal.ts';
import type { Column, Profile } from './profile.ts';

/** Fields of a lead that a column can fill. */
export const importFields = [
  ...([
    'externalId',
    'email',
    'phone',
    'firstName',
    'lastName',
    'name',
    'company',
    'jobTitle',
    'website',
    'linkedinUrl',
    'nationality',
  ] as const),
  ...([
    'languagePreference',
    'budgetMin',
    'budgetMax',
    'currency',
    'timeline',
    'propertyType',
    'location',
    'preferredAreas',
    'value',
  ] as const),
  ...(['expectedCloseDate', 'source', 'campaign', 'notes', 'tags', 'status'] as const),
] as const;
export type ImportField = (typeof importFields)[number];

export type CustomType = 'text' | 'number' | 'boolean' | 'list';
export type Target = { field: ImportField } | { custom: string; type: CustomType } | null;

/** Where each column goes, in the order of the columns. */
export type Mapping = Target[];

/** Headings that mean a field, folded to letters and digits. */
const headings: Readonly<Record<ImportField, string>> = {
  externalId: 'externalid id leadid prospectid recordid contactid customerid uuid guid reference refno referenceno leadnumber',
  email: 'email emailaddress mail emailid workemail businessemail البريدالإلكتروني البريد',
  phone:
    'phone phonenumber phoneno mobile mobilenumber mobileno mobilephone tel telephone contactnumber cell cellphone whatsapp whatsappnumber الهاتف الجوال رقمالهاتف',
  firstName: 'firstname givenname first fname الاسمالأول',
  lastName: 'lastname surname familyname last lname اسمالعائلة',
  name: 'name fullname leadname contactname customername clientname contact client customer الاسم الاسمالكامل',
  company: 'company companyname organization organisation account accountname employer business الشركة',
  jobTitle: 'jobtitle title position role designation job المسمىالوظيفي',
  website: 'website url web companywebsite homepage domain',
  linkedinUrl: 'linkedin linkedinurl linkedinprofile',
  nationality: 'nationality الجنسية',
  languagePreference: 'languagepreference language preferredlanguage اللغة',
  budgetMin: 'budgetmin minbudget minimumbudget budgetfrom',
  budgetMax: 'budgetmax maxbudget maximumbudget budgetto budget الميزانية',
  currency: 'currency العملة',
  timeline: 'timeline timeframe buyingtimeline',
  propertyType: 'propertytype unittype typeofproperty نوعالعقار',
  location: 'location city address town المدينة',
  preferredAreas: 'preferredareas preferredarea areas area preferredlocations neighborhood المنطقة',
  value: 'value dealvalue amount opportunityvalue expectedrevenue dealsize',
  expectedCloseDate: 'expectedclosedate closedate closingdate expectedclose',
  source: 'source leadsource sourcetype leadsourcename channel المصدر',
  campaign: 'campaign campaignname utmcampaign الحملة',
  notes: 'notes note comments comment remarks description message ملاحظات',
  tags: 'tags tag labels label الوسوم',
  status: 'status stage leadstatus leadstage pipelinestage الحالة',
};

const fold = (heading: string) => heading.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

/** Which fields a heading may mean, best first: an exact word of the list before a later one. */
function meanings(heading: string): { field: ImportField; rank: number }[] {
  const folded = fold(heading);
  return importFields.map((field) => ({ field, rank: headings[field].split(' ').indexOf(folded) })).filter(({ rank }) => rank >= 0);
}

export interface Surroundings {
  currency: string;
  /** Stage keys of the pipeline. */
  stages: readonly string[];
}

/** Whether what stands in the column can be what its heading says. */
function plausible(field: ImportField, column: Column, profile: Profile, { currency, stages }: Surroundings): boolean {
  switch (field) {
    case 'externalId':
      return column.unique && column.filled === profile.rows && column.longest <= 255;
    case 'email':
      return column.emails >= 0.5;
    case 'phone':
      return column.phones >= 0.5;
    case 'budgetMin':
    case 'budgetMax':
    case 'value':
      return column.examples.filter((text) => amountsIn(text, currency).length > 0).length >= column.examples.length * 0.8;
    case 'status': {
      const known = new Set(stages.map((stage) => stage.toLowerCase()));
      return column.examples.filter((text) => known.has(text.toLowerCase())).length >= column.examples.length * 0.6;
    }
    case 'currency':
      return column.examples.every((text) => /^[A-Za-z]{3}$/.test(text));
    case 'notes':
      return column.longest <= 10_000;
    default:
      return column.numbers < 0.5 && column.truths < 0.5;
  }
}

/** One amount, or the two of a range such as `500k - 1.2M`. */
export function amountsIn(text: string, currency: string): number[] {
  const one = parseAmount(text, currency);
  if (one !== undefined) return [one];
  const [from = '', to = '', ...more] = text.split(/\s*(?:-|–|—|\bto\b)\s*/);
  const range = more.length === 0 ? [parseAmount(from, currency), parseAmount(to, currency)] : [];
  return range.every((amount) => amount !== undefined) ? (range as number[]) : [];
}

/**
 * Guesses where each column goes: by heading where the content agrees, an id-like column of unique values to
 * `externalId`, one full of e-mail addresses to `email`, everything else to a custom field of its own name and type.
 * An outcome column (converted, won, sold …) is no status and so stays a custom field.
 */
export function guessMapping(profile: Profile, surroundings: Surroundings): Mapping {
  const mapping: Mapping = profile.columns.map(() => null);
  const taken = new Set<ImportField>();
  const give = (column: Column, field: ImportField) => {
    mapping[column.index] = { field };
    taken.add(field);
  };
  const claims = profile.columns.flatMap((column) => meanings(column.heading).map((meaning) => ({ column, ...meaning })));
  for (const { column, field } of claims.sort((one, other) => one.rank - other.rank)) {
    if (taken.has(field) || mapping[column.index] || column.filled === 0) continue;
    if (plausible(field, column, profile, surroundings)) give(column, field);
  }
  const free = () => profile.columns.filter((column) => mapping[column.index] === null && column.filled > 0);
  if (!taken.has('externalId')) {
    const ids = free().filter(
      (column) =>
        plausible('externalId', column, profile, surroundings) &&
        /(\b|_)(id|uuid|guid|ref|reference|key|code|number|no)\b/i.test(column.heading),
    );
    const best =
      ids.find((column) => column.uuids === 1) ??
      ids[0] ??
      free().find((column) => column.uuids === 1 && column.unique && column.filled === profile.rows);
    if (best) give(best, 'externalId');
  }
  if (!taken.has('email')) {
    const column = free().find(({ emails }) => emails > 0.8);
    if (column) give(column, 'email');
  }
  for (const column of free()) mapping[column.index] = { custom: column.heading, type: typeOf(column) };
  return mapping;
}

function typeOf(column: Column): CustomType {
  if (column.numbers === 1) return 'number';
  return column.truths === 1 ? 'boolean' : 'text';
}

const mapFile = z.record(
  z.string(),
  z.union([
    z.enum(importFields),
    z.strictObject({ custom: z.string().min(1).max(100), type: z.enum(['text', 'number', 'boolean', 'list']).optional() }),
    z.null(),
  ]),
);

/**
 * Lays a map file over the guess: `{"<column>": "<field>" | {"custom": "<key>", "type": …} | null}`. Columns it does
 * not name are guessed among the fields it leaves free.
 * @throws Refusal naming the column or field that does not exist.
 */
export function applyMapFile(guess: Mapping, text: string, profile: Profile): Mapping {
  const parsed = mapFile.safeParse(jsonOf(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Refusal(`The map is wrong at "${issue?.path.join('.')}": a field (${importFields.join(', ')}), {"custom": …} or null.`);
  }
  const mapping = [...guess];
  const byHeading = new Map(profile.columns.map((column) => [column.heading.toLowerCase(), column]));
  const chosen = new Map<ImportField, string>();
  const named = new Set<number>();
  for (const [heading, target] of Object.entries(parsed.data)) {
    const column = byHeading.get(heading.trim().toLowerCase());
    if (!column) throw new Refusal(`The map names a column "${heading}" that the file does not have.`);
    named.add(column.index);
    if (typeof target === 'string') {
      const other = chosen.get(target);
      if (other !== undefined) throw new Refusal(`The map sends both "${other}" and "${heading}" to ${target}.`);
      chosen.set(target, heading);
      mapping[column.index] = { field: target };
    } else mapping[column.index] = target && { custom: target.custom, type: target.type ?? typeOf(column) };
  }
  for (const column of profile.columns) {
    const target = mapping[column.index];
    if (named.has(column.index) || !target || !('field' in target) || !chosen.has(target.field)) continue;
    mapping[column.index] = { custom: column.heading, type: typeOf(column) };
  }
  return mapping;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new Refusal(`The map is not JSON: ${(error as Error).message}`);
  }
}
