import type { LeadRow } from '../../projections/leads/rows.ts';
import { me } from '../sync/session.ts';
import { date, list, minorUnits, money, moneyRange, phone } from '../words/format.ts';
import { t } from '../words/words.ts';
import type { Change, EditableField } from './edit-lead.ts';
import { languageName, propertyTypeName, sourceName } from './stages.ts';
import { readMoney } from './typed-money.ts';

/** One input of a line. */
export interface Part {
  name: string;
  type: 'text' | 'email' | 'tel' | 'url' | 'date' | 'money' | 'long' | 'choice';
  label: string;
  value: string;
  choices?: readonly { value: string; label: string }[];
}

/** One line of the drawer: what it shows and how it is edited. */
export interface Line {
  key: string;
  label: string;
  /** Null: empty. */
  shown: string | null;
  /** Where a press on the value leads, beside editing. */
  href?: string;
  parts: Part[];
  /** The change of what was typed; a text instead says what is wrong with it. */
  read(typed: Readonly<Record<string, string>>): Change | string;
  /** How the same line looks in another state of the lead: for conflicts. */
  showOf(row: LeadRow): string | null;
}

type TextField = Exclude<EditableField, 'budgetMin' | 'budgetMax' | 'value' | 'preferredAreas' | 'customFields'>;
type Kind = Part['type'];

const kinds: Partial<Record<TextField, Kind>> = {
  phone: 'tel',
  email: 'email',
  website: 'url',
  linkedinUrl: 'url',
  expectedCloseDate: 'date',
  notes: 'long',
};

/** The lines of a lead: those its preset works with, then all that are filled; `all` adds the empty rest. */
export function linesOf(row: LeadRow, all: boolean): Line[] {
  const property = me().propertyTypes.length > 0;
  const core: EditableField[] = property
    ? ['phone', 'email', 'budgetMax', 'propertyType', 'preferredAreas', 'source']
    : ['phone', 'email', 'company', 'jobTitle', 'value', 'source'];
  const rest: EditableField[] = property
    ? [
        'location',
        'languagePreference',
        'nationality',
        'timeline',
        'value',
        'expectedCloseDate',
        'company',
        'jobTitle',
        'website',
        'linkedinUrl',
        'campaign',
        'externalId',
        'notes',
      ]
    : [
        'expectedCloseDate',
        'website',
        'linkedinUrl',
        'location',
        'budgetMax',
        'timeline',
        'languagePreference',
        'nationality',
        'campaign',
        'externalId',
        'notes',
      ];
  const lines = rest.map((field) => lineOf(row, field)).filter((line) => all || line.shown !== null);
  const names = all ? (['firstName', 'lastName'] as const).map((field) => lineOf(row, field)) : [];
  return [...names, ...core.map((field) => lineOf(row, field)), ...lines, ...customLines(row)];
}

function lineOf(row: LeadRow, field: EditableField): Line {
  if (field === 'budgetMin' || field === 'budgetMax') return budgetLine(row);
  if (field === 'value') return valueLine(row);
  if (field === 'preferredAreas') return areasLine(row);
  if (field === 'source' || field === 'propertyType') return choiceLine(row, field);
  if (field === 'customFields') throw new Error('Custom fields have a line each');
  return textLine(row, field);
}

function textLine(row: LeadRow, field: TextField): Line {
  const label = t(`field.${field}`);
  const type = kinds[field] ?? 'text';
  const showOf = (from: LeadRow): string | null => {
    if (field === 'phone') return from.phone === null ? from.phoneAsTyped : phone(from.phone);
    if (field === 'languagePreference') return from.languagePreference === null ? null : languageName(from.languagePreference);
    const value = from[field];
    return value !== null && type === 'date' ? date(value) : value;
  };
  const shown = showOf(row);
  return {
    key: field,
    label,
    shown,
    ...(shown === null ? {} : linkOf(type, shown)),
    parts: [{ name: field, type, label, value: (field === 'phone' ? (row.phone ?? row.phoneAsTyped) : row[field]) ?? '' }],
    read: (typed) => ({ [field]: typed[field]?.trim() || null }),
    showOf,
  };
}

function linkOf(type: Kind, value: string): { href?: string } {
  if (type === 'tel') return { href: `tel:${value.replace(/[^+\d]/g, '')}` };
  if (type === 'email') return { href: `mailto:${value}` };
  if (type === 'url') return { href: /^https?:\/\//i.test(value) ? value : `https://${value}` };
  return {};
}

function major(value: number | null, currency: string): string {
  return value === null ? '' : String(value / minorUnits(currency));
}

function budgetLine(row: LeadRow): Line {
  const { currency } = row;
  const showOf = (from: LeadRow): string | null => moneyRange(from.budgetMin, from.budgetMax, from.currency);
  return {
    key: 'budget',
    label: t('field.budget'),
    shown: showOf(row),
    parts: [
      { name: 'budgetMin', type: 'money', label: t('field.budgetMin'), value: major(row.budgetMin, currency) },
      { name: 'budgetMax', type: 'money', label: t('field.budgetMax'), value: major(row.budgetMax, currency) },
    ],
    read: (typed) => {
      const budgetMin = readMoney(typed['budgetMin'] ?? '', minorUnits(currency));
      const budgetMax = readMoney(typed['budgetMax'] ?? '', minorUnits(currency));
      if (budgetMin === undefined || budgetMax === undefined) return t('field.moneyWrong');
      if (budgetMin !== null && budgetMax !== null && budgetMin >= budgetMax) return t('field.budgetWrong');
      return { budgetMin, budgetMax };
    },
    showOf,
  };
}

function valueLine(row: LeadRow): Line {
  const showOf = (from: LeadRow): string | null => (from.value === null ? null : money(from.value, from.currency));
  return {
    key: 'value',
    label: t('field.value'),
    shown: showOf(row),
    parts: [{ name: 'value', type: 'money', label: t('field.value'), value: major(row.value, row.currency) }],
    read: (typed) => {
      const value = readMoney(typed['value'] ?? '', minorUnits(row.currency));
      return value === undefined ? t('field.moneyWrong') : { value };
    },
    showOf,
  };
}

function areasLine(row: LeadRow): Line {
  const showOf = (from: LeadRow): string | null => (from.preferredAreas.length === 0 ? null : list(from.preferredAreas));
  return {
    key: 'preferredAreas',
    label: t('field.preferredAreas'),
    shown: showOf(row),
    parts: [{ name: 'preferredAreas', type: 'text', label: t('field.preferredAreas'), value: row.preferredAreas.join(', ') }],
    read: (typed) => ({ preferredAreas: words(typed['preferredAreas'] ?? '') }),
    showOf,
  };
}

function choiceLine(row: LeadRow, field: 'source' | 'propertyType'): Line {
  const allowed = field === 'source' ? me().sources : me().propertyTypes;
  const name = field === 'source' ? sourceName : propertyTypeName;
  const label = t(`field.${field}`);
  const showOf = (from: LeadRow): string | null => (from[field] === null ? null : name(from[field]));
  const open = allowed === null || allowed.length === 0;
  return {
    key: field,
    label,
    shown: showOf(row),
    parts: [
      open
        ? { name: field, type: 'text', label, value: row[field] ?? '' }
        : { name: field, type: 'choice', label, value: row[field] ?? '', choices: allowed.map((value) => ({ value, label: name(value) })) },
    ],
    read: (typed) => ({ [field]: typed[field]?.trim() || null }),
    showOf,
  };
}

function customLines(row: LeadRow): Line[] {
  return Object.keys(row.customFields)
    .sort()
    .map((key) => customLine(row, key));
}

function customLine(row: LeadRow, key: string): Line {
  const value = row.customFields[key] ?? null;
  const showOf = (from: LeadRow): string | null => {
    const other = from.customFields[key] ?? null;
    if (other === null) return null;
    if (typeof other === 'boolean') return other ? t('field.yes') : t('field.no');
    return Array.isArray(other) ? list(other) : String(other);
  };
  const type: Kind = typeof value === 'boolean' ? 'choice' : 'text';
  const choices = [
    { value: 'true', label: t('field.yes') },
    { value: 'false', label: t('field.no') },
  ];
  return {
    key: `custom:${key}`,
    label: key,
    shown: showOf(row),
    parts: [
      {
        name: 'custom',
        type,
        label: key,
        value: Array.isArray(value) ? value.join(', ') : String(value ?? ''),
        ...(type === 'choice' ? { choices } : {}),
      },
    ],
    read: (typed) => {
      const text = (typed['custom'] ?? '').trim();
      if (text === '') return { customFields: { [key]: null } };
      if (typeof value === 'number')
        return Number.isFinite(Number(text)) ? { customFields: { [key]: Number(text) } } : t('field.numberWrong');
      if (typeof value === 'boolean') return { customFields: { [key]: text === 'true' } };
      return { customFields: { [key]: Array.isArray(value) ? words(text) : text } };
    },
    showOf,
  };
}

function words(typed: string): string[] {
  return typed
    .split(/[,،;]/)
    .map((word) => word.trim())
    .filter((word) => word !== '');
}
