import type { LeadRow } from '../../projections/leads/rows.ts';
import type { Command } from '../sync/commands.ts';
import { type Answer, Refused } from '../sync/wire.ts';

/** What changes: members of the lead as the command takes them. */
export type Change = Partial<Pick<LeadRow, EditableField>>;
export type EditableField =
  | 'firstName'
  | 'lastName'
  | 'phone'
  | 'email'
  | 'company'
  | 'jobTitle'
  | 'website'
  | 'linkedinUrl'
  | 'nationality'
  | 'languagePreference'
  | 'budgetMin'
  | 'budgetMax'
  | 'timeline'
  | 'propertyType'
  | 'location'
  | 'preferredAreas'
  | 'value'
  | 'expectedCloseDate'
  | 'source'
  | 'campaign'
  | 'notes'
  | 'externalId'
  | 'customFields';

/** The edit stands; or somebody wrote the same field meanwhile, and `theirs` is the lead as it is now. */
export type Edited = { done: true } | { done: false; theirs: LeadRow };

export interface EditParts {
  send(command: Command<LeadRow>): Promise<Answer>;
  /** The lead as the server has it now. */
  fetchLead(id: string): Promise<LeadRow>;
}

const TRIES = 4;

/**
 * Saves a field that the person began to edit when the lead looked like `seen`. If the lead changed meanwhile, but
 * not in what they edit, their change is sent again on top; if somebody changed the very same, nothing is written
 * and the other's value comes back. Other refusals throw.
 */
export async function editLead(parts: EditParts, seen: LeadRow, change: Change): Promise<Edited> {
  let version = seen.version;
  for (let tries = 1; ; tries += 1) {
    try {
      await parts.send({
        type: 'lead.edit',
        stream: seen.id,
        data: change,
        expectedVersion: version,
        patch: (lead) => laidOver(lead, change),
      });
      return { done: true };
    } catch (error) {
      if (!(error instanceof Refused) || error.problem.code !== 'version.conflict' || tries === TRIES) throw error;
      const theirs = await parts.fetchLead(seen.id);
      if (touchedBoth(seen, theirs, change)) return { done: false, theirs };
      version = theirs.version;
    }
  }
}

function laidOver(lead: LeadRow, change: Change): LeadRow {
  const customFields = change.customFields === undefined ? lead.customFields : { ...lead.customFields, ...change.customFields };
  const after = { ...lead, ...change, customFields };
  const name = [after.firstName, after.lastName].filter(Boolean).join(' ');
  return { ...after, name: name === '' ? lead.name : name };
}

function touchedBoth(seen: LeadRow, theirs: LeadRow, change: Change): boolean {
  return (Object.keys(change) as EditableField[]).some((field) => {
    if (field !== 'customFields') return !same(seen[field], theirs[field]);
    return Object.keys(change.customFields ?? {}).some((key) => !same(seen.customFields[key] ?? null, theirs.customFields[key] ?? null));
  });
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
