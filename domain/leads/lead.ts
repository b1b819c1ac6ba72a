import type { Aggregate } from '../kernel/aggregate.ts';
import { note, tag, untag } from './lead/annotate.ts';
import { assign, claim, unassign } from './lead/assign.ts';
import { capture } from './lead/capture.ts';
import { edit } from './lead/edit.ts';
import { evolveLead, type LeadEvent, type LeadState, noLead } from './lead/facts.ts';
import { move, moveBack } from './lead/move.ts';
import { remove, restore } from './lead/remove.ts';

const personal = [
  'firstName',
  'lastName',
  'email',
  'phone',
  'phoneAsTyped',
  'company',
  'jobTitle',
  'website',
  'linkedinUrl',
  'nationality',
  'languagePreference',
  'location',
  'notes',
  'externalId',
  'customFields',
] as const;

/** A lead: somebody who may buy, sell, sign or join, from arrival to won or lost. Facts and state in `lead/facts.ts`, one file a capability. */
export const lead: Aggregate<LeadState, LeadEvent> = {
  name: 'lead',
  plural: 'leads',
  area: 'leads',
  initial: noLead,
  evolve: evolveLead,
  events: {
    'lead.captured': {
      schema: 1,
      fact: 'A lead arrived. Nobody owns it yet: an owner given at once follows as lead.assigned.',
      personal,
      undo: 'lead.delete',
    },
    'lead.edited': {
      schema: 1,
      fact: 'Fields changed: the new values and the old ones of the same names.',
      personal: ['fields', 'was'],
      undo: 'lead.edit with what they were',
    },
    'lead.moved': {
      schema: 1,
      fact: 'The lead came to another stage.',
      personal: ['notes'],
      undo: 'lead.move-back within ten minutes; later lead.move, where the pipeline allows it',
    },
    'lead.assigned': {
      schema: 1,
      fact: 'An agent owns the lead; from is who did before.',
      undo: 'lead.assign to who owned it, or lead.unassign',
    },
    'lead.unassigned': { schema: 1, fact: 'Nobody owns the lead any more.', undo: 'lead.assign to who owned it' },
    'lead.tagged': { schema: 1, fact: 'The lead wears a tag.', undo: 'lead.untag' },
    'lead.untagged': { schema: 1, fact: 'The lead wears a tag no more.', undo: 'lead.tag' },
    'lead.noted': { schema: 1, fact: 'Somebody wrote a note about the lead.', personal: ['text'], undo: 'nothing: what was said was said' },
    'lead.deleted': { schema: 1, fact: 'The lead is hidden from every list, with all that hangs on it.', undo: 'lead.restore' },
    'lead.restored': { schema: 1, fact: 'The lead is back as it was.', undo: 'lead.delete' },
  },
  commands: [capture, edit, assign, unassign, claim, move, moveBack, tag, untag, note, remove, restore],
  exists: (state) => state.captured,
  owner: (state) => state.agentId,
};
