import { decimalsOf } from '../../../domain/kernel/money.ts';
import type { CustomValue } from '../../../domain/leads/lead/facts.ts';
import { amountsIn, type ImportField, type Mapping } from './mapping.ts';
import { numberIn, truthIn } from './profile.ts';
import type { Cell } from './sheet.ts';

/** Data for `lead.capture` and `lead.edit`. */
export type LeadData = Record<string, unknown> & { externalId?: string; customFields?: Record<string, CustomValue>; tags?: string[] };

/** What a row says of a lead, or why it cannot be read. */
export type Reading = { data: LeadData; problems: string[] };

const list = (text: string) =>
  text
    .split(/[,;|]/)
    .map((part) => part.trim())
    .filter((part) => part !== '');

/** A calendar day: ISO, or day and month in the order of the region. */
function dayIn(text: string, region: string): string | undefined {
  const iso = /^(\d{4})-(\d\d)-(\d\d)/.exec(text);
  if (iso) return iso[0];
  const parts = /^(\d{1,2})[./-](\d{1,2})[./-](\d{4})$/.exec(text);
  if (!parts) return undefined;
  const [, first = '', second = '', year = ''] = parts;
  const monthFirst = Number(second) > 12 || (region === 'US' && Number(first) <= 12);
  const [month, day] = monthFirst ? [first, second] : [second, first];
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
}

/** Text of a cell; whole numbers without the `.0` that spreadsheets add. */
function textOf(cell: Cell): string {
  return String(cell).replace(/^(-?\d+)\.0$/, '$1');
}

function customOf(cell: Cell, type: string): CustomValue | undefined {
  if (type === 'number') return numberIn(cell);
  if (type === 'boolean') return truthIn(cell);
  if (type === 'list') return list(String(cell));
  return textOf(cell);
}

/** Reads one row by the mapping. Amounts are taken in whole units of the currency, as people write them. */
export function readRow(cells: readonly Cell[], mapping: Mapping, organization: { currency: string; region: string }): Reading {
  const data: LeadData = {};
  const custom: Record<string, CustomValue> = {};
  const problems: string[] = [];
  for (const [index, target] of mapping.entries()) {
    const cell = cells[index] ?? null;
    if (cell === null || target === null) continue;
    if ('custom' in target) {
      const value = customOf(cell, target.type);
      if (value === undefined) problems.push(`${target.custom}: "${cell}" is no ${target.type}`);
      else custom[target.custom] = value;
    } else readField(data, target.field, cell, organization, problems);
  }
  if (Object.keys(custom).length > 0) data.customFields = custom;
  return { data, problems };
}

function readField(
  data: LeadData,
  field: ImportField,
  cell: Cell,
  organization: { currency: string; region: string },
  problems: string[],
): void {
  const text = textOf(cell);
  switch (field) {
    case 'budgetMin':
    case 'budgetMax':
    case 'value': {
      const amounts =
        typeof cell === 'number' ? [Math.round(cell * 10 ** decimalsOf(organization.currency))] : amountsIn(text, organization.currency);
      const [first, second] = amounts;
      if (first === undefined || first < 0) problems.push(`${field}: "${text}" is no amount`);
      else if (second !== undefined && field !== 'value') Object.assign(data, { budgetMin: first, budgetMax: second });
      else data[field] = second ?? first;
      return;
    }
    case 'expectedCloseDate': {
      const day = dayIn(text, organization.region);
      if (day === undefined) problems.push(`expectedCloseDate: "${text}" is no date`);
      else data.expectedCloseDate = day;
      return;
    }
    case 'tags':
      data.tags = list(text).map((tag) => tag.slice(0, 50));
      return;
    case 'preferredAreas':
      data.preferredAreas = list(text);
      return;
    default:
      data[field] = text;
  }
}
