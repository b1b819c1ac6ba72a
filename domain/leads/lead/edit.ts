import { z } from 'zod';
import { defineCommand } from '../../kernel/aggregate.ts';
import { changesBetween, same } from '../../kernel/changes.ts';
import type { CustomValue, LeadEvent, LeadFields, LeadState } from './facts.ts';
import { checkFields, givenFields, readFields, withFields } from './fields.ts';
import { isIntake, leadCodes, organizationOf, requireLive, uniqueness } from './rules.ts';

const data = z.strictObject(givenFields);

/** Only the custom fields that differ, new and old; gone and not yet there are null. */
function customChanges(
  present: Record<string, CustomValue>,
  wanted: Record<string, CustomValue>,
): { fields: Record<string, CustomValue>; was: Record<string, CustomValue> } | null {
  const changed = Object.keys(wanted).filter((key) => !same(present[key] ?? null, wanted[key]));
  if (changed.length === 0) return null;
  const pick = (from: Record<string, CustomValue>) => Object.fromEntries(changed.map((key) => [key, from[key] ?? null]));
  return { fields: pick(wanted), was: pick(present) };
}

export const edit = defineCommand<LeadState, z.infer<typeof data>, LeadEvent>({
  name: 'lead.edit',
  summary: 'Change fields of the lead; only those given, null empties one',
  data,
  codes: { ...leadCodes.fields, ...leadCodes.duplicate },
  decide(state, given, context) {
    requireLive(state);
    const organization = organizationOf(context);
    const intake = isIntake(context);
    const { customFields, ...wanted } = readFields(given, organization, intake);
    const changes = changesBetween<LeadFields>(state.fields, wanted);
    const custom = customFields ? customChanges(state.fields.customFields, customFields) : null;
    if (!changes && !custom) return { events: [], answer: { changed: [] } };
    const fields = { ...changes?.fields, ...(custom && { customFields: custom.fields }) };
    const was = { ...changes?.was, ...(custom && { customFields: custom.was }) };
    const after = withFields(state.fields, fields);
    const { incomplete } = checkFields(after, state.fields, organization, intake);
    return {
      events: [{ type: 'lead.edited', data: { fields, was, incomplete, agentId: state.agentId, at: context.now } }],
      guards: uniqueness(state.fields, after, state.capturedAt, organization),
      answer: { changed: Object.keys(fields) },
    };
  },
});
