import type { DomainEvent } from '../../kernel/aggregate.ts';
import type { StageKind } from '../presets/preset.ts';

export type CustomValue = string | number | boolean | string[] | null;

/** What is known about a lead, in the seeds' words (RE, LMA, E3, TR). Money in minor units of `currency`. */
export interface LeadFields {
  firstName: string | null;
  lastName: string | null;
  email: string | null;
  /** E.164; null when there is none, or none that could be read (then `phoneAsTyped` has the text). */
  phone: string | null;
  phoneAsTyped: string | null;
  company: string | null;
  jobTitle: string | null;
  website: string | null;
  linkedinUrl: string | null;
  nationality: string | null;
  languagePreference: string | null;
  budgetMin: number | null;
  budgetMax: number | null;
  currency: string;
  timeline: string | null;
  propertyType: string | null;
  location: string | null;
  preferredAreas: string[];
  value: number | null;
  /** A calendar day. */
  expectedCloseDate: string | null;
  source: string | null;
  /** What an import said where the list of sources had no such entry. */
  sourceAsTyped: string | null;
  campaign: string | null;
  notes: string | null;
  externalId: string | null;
  customFields: Record<string, CustomValue>;
}

/** How a lead came to its owner. */
export type Strategy = 'manual' | 'first_to_claim' | 'round_robin' | 'capacity' | 'geographic' | 'skill_based' | 'specialization';

/** Who holds the lead and where it stands at the moment of the fact, so that counters need nothing else. */
interface Standing {
  agentId: string | null;
  status: string;
  kind: StageKind;
}

/** Every fact carries `at`, the instant it happened: imported and made-up history keeps its own time in a log that is ordered by arrival. */
export type LeadEvent =
  // A lead arrived. Nobody owns it yet: an owner given at once follows as `lead.assigned`.
  | DomainEvent<
      'lead.captured',
      LeadFields & {
        tags: string[];
        status: string;
        kind: StageKind;
        /** The organization requires fields that are missing; only imports and webhooks may leave them so. */
        incomplete: boolean;
        /** When somebody must have answered; null if it did not arrive in the first stage, or from a list nobody waits on. */
        respondBy: string | null;
        /** Its place in the import, when it came by one. */
        operationId?: string;
        at: string;
      }
    >
  // Fields changed: new values, old values of the same names. In customFields only the keys that changed, null for gone.
  | DomainEvent<
      'lead.edited',
      { fields: Partial<LeadFields>; was: Partial<LeadFields>; incomplete: boolean; agentId: string | null; at: string }
    >
  // It came to another stage. The first time it leaves the first stage somebody has been in contact.
  | DomainEvent<
      'lead.moved',
      {
        from: string;
        to: string;
        fromKind: StageKind;
        toKind: StageKind;
        agentId: string | null;
        trigger: 'manual' | 'import' | 'automation';
        firstContact: boolean;
        dealValue?: number;
        conversionType?: 'sale' | 'rental' | 'lost';
        propertyId?: string;
        notes?: string;
        reason?: string;
        /** It takes the last move back, which the pipeline's moves need not allow. */
        undo?: true;
        /** The move taken back had passed for first contact: somebody must answer by this instant after all. */
        unanswered?: string;
        at: string;
      }
    >
  // An agent owns it now; `from` is who did before.
  | DomainEvent<
      'lead.assigned',
      Standing & {
        agentId: string;
        agentName: string;
        from: string | null;
        fromName: string | null;
        strategy: Strategy;
        reason: string | null;
        at: string;
      }
    >
  // Nobody owns it any more.
  | DomainEvent<
      'lead.unassigned',
      { from: string; fromName: string | null; status: string; kind: StageKind; reason: string | null; at: string }
    >
  // It wears a tag.
  | DomainEvent<'lead.tagged', { tag: string; at: string }>
  // It wears a tag no more.
  | DomainEvent<'lead.untagged', { tag: string; at: string }>
  // Somebody wrote a note.
  | DomainEvent<'lead.noted', { noteId: string; text: string; agentId: string | null; at: string }>
  // It is hidden from every list, with all that hangs on it.
  | DomainEvent<'lead.deleted', Standing & { reason: string | null; at: string }>
  // It is back, as it was.
  | DomainEvent<'lead.restored', Standing & { at: string }>;

/** What the rules need to know of one lead. */
export interface LeadState {
  captured: boolean;
  deleted: boolean;
  capturedAt: string;
  fields: LeadFields;
  tags: readonly string[];
  status: string;
  kind: StageKind;
  contacted: boolean;
  respondBy: string | null;
  /** The last move, while it may be taken back. */
  lastMove: { from: string; to: string; at: string; firstContact: boolean } | null;
  agentId: string | null;
  agentName: string | null;
  assignedAt: string | null;
}

export const noFields: LeadFields = {
  firstName: null,
  lastName: null,
  email: null,
  phone: null,
  phoneAsTyped: null,
  company: null,
  jobTitle: null,
  website: null,
  linkedinUrl: null,
  nationality: null,
  languagePreference: null,
  budgetMin: null,
  budgetMax: null,
  currency: 'USD',
  timeline: null,
  propertyType: null,
  location: null,
  preferredAreas: [],
  value: null,
  expectedCloseDate: null,
  source: null,
  sourceAsTyped: null,
  campaign: null,
  notes: null,
  externalId: null,
  customFields: {},
};

export const noLead: LeadState = {
  captured: false,
  deleted: false,
  capturedAt: '',
  fields: noFields,
  tags: [],
  status: '',
  kind: 'open',
  contacted: false,
  respondBy: null,
  lastMove: null,
  agentId: null,
  agentName: null,
  assignedAt: null,
};

/** Custom fields after a change: keys set to null go. */
export function mergedCustomFields(
  present: Record<string, CustomValue>,
  changed: Record<string, CustomValue>,
): Record<string, CustomValue> {
  return Object.fromEntries(Object.entries({ ...present, ...changed }).filter(([, value]) => value !== null));
}

export function evolveLead(state: LeadState, event: LeadEvent): LeadState {
  switch (event.type) {
    case 'lead.captured': {
      const { tags, status, kind, incomplete: _incomplete, respondBy, operationId: _operation, at, ...fields } = event.data;
      // An erased lead has lost its personal members: they read as empty.
      return {
        ...noLead,
        captured: true,
        capturedAt: at,
        fields: { ...noFields, ...fields },
        tags,
        status,
        kind,
        respondBy,
      };
    }
    case 'lead.edited': {
      const { customFields, ...fields } = event.data.fields ?? {};
      const merged = customFields ? mergedCustomFields(state.fields.customFields, customFields) : state.fields.customFields;
      return { ...state, fields: { ...state.fields, ...fields, customFields: merged } };
    }
    case 'lead.moved': {
      const { from, to, toKind, firstContact, undo, unanswered, at } = event.data;
      const contacted = unanswered === undefined && (state.contacted || firstContact);
      return { ...state, status: to, kind: toKind, contacted, lastMove: undo ? null : { from, to, at, firstContact } };
    }
    case 'lead.assigned':
      return { ...state, agentId: event.data.agentId, agentName: event.data.agentName, assignedAt: event.data.at };
    case 'lead.unassigned':
      return { ...state, agentId: null, agentName: null, assignedAt: null };
    case 'lead.tagged':
      return { ...state, tags: [...state.tags, event.data.tag] };
    case 'lead.untagged':
      return { ...state, tags: state.tags.filter((tag) => tag !== event.data.tag) };
    case 'lead.noted':
      return state;
    case 'lead.deleted':
      return { ...state, deleted: true };
    case 'lead.restored':
      return { ...state, deleted: false };
  }
}

/** First and last name as one; else what else tells this lead from others. */
export function displayName(
  fields: Pick<LeadFields, 'firstName' | 'lastName' | 'company' | 'email' | 'phone' | 'phoneAsTyped' | 'externalId'>,
): string {
  const name = [fields.firstName, fields.lastName].filter(Boolean).join(' ');
  return name || fields.company || fields.email || fields.phone || fields.phoneAsTyped || fields.externalId || '';
}
