import { z } from 'zod';

/**
 * The rows as they travel: whole, never patches, and free of anything that depends on the reading time (timers
 * travel as instants). The client takes its types from here.
 */

const instant = z.string();

/** View `board`, key lead id. */
export const boardRow = z.object({
  id: z.string(),
  version: z.number(),
  status: z.string(),
  agentId: z.string().nullable(),
  name: z.string(),
  company: z.string().nullable(),
  jobTitle: z.string().nullable(),
  source: z.string().nullable(),
  propertyType: z.string().nullable(),
  location: z.string().nullable(),
  preferredAreas: z.array(z.string()),
  budgetMin: z.number().nullable(),
  budgetMax: z.number().nullable(),
  value: z.number().nullable(),
  currency: z.string(),
  phone: z.string().nullable(),
  tags: z.array(z.string()),
  score: z.number().nullable(),
  temperature: z.string().nullable(),
  incomplete: z.boolean(),
  capturedAt: instant,
  /** When it came to the present stage. */
  statusChangedAt: instant,
  assignedAt: instant.nullable(),
  firstContactedAt: instant.nullable(),
  /** The instant by which somebody must have answered; null once answered or closed. */
  respondBy: instant.nullable(),
  nextTaskAt: instant.nullable(),
  closedAt: instant.nullable(),
  updatedAt: instant,
});
export type BoardRow = z.infer<typeof boardRow>;

/** View `lead`, key lead id: everything about one lead. */
export const leadRow = boardRow.extend({
  firstName: z.string().nullable(),
  lastName: z.string().nullable(),
  email: z.string().nullable(),
  website: z.string().nullable(),
  linkedinUrl: z.string().nullable(),
  nationality: z.string().nullable(),
  languagePreference: z.string().nullable(),
  timeline: z.string().nullable(),
  campaign: z.string().nullable(),
  expectedCloseDate: z.string().nullable(),
  notes: z.string().nullable(),
  externalId: z.string().nullable(),
  phoneAsTyped: z.string().nullable(),
  sourceAsTyped: z.string().nullable(),
  dealValue: z.number().nullable(),
  conversionType: z.string().nullable(),
  lostReason: z.string().nullable(),
  customFields: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string()), z.null()])),
  createdAt: instant,
  deletedAt: instant.nullable(),
});
export type LeadRow = z.infer<typeof leadRow>;

/** View `floor`, key agent id. Also the row of `GET /api/agents`. */
export const floorRow = z.object({
  id: z.string(),
  version: z.number(),
  userId: z.string().nullable(),
  fullName: z.string(),
  email: z.string().nullable(),
  phone: z.string().nullable(),
  specializationPropertyType: z.array(z.string()),
  specializationAreas: z.array(z.string()),
  languageSkills: z.array(z.string()),
  availability: z.enum(['available', 'paused', 'away']),
  pausedUntil: instant.nullable(),
  activeLeadsCount: z.number(),
  /** Null: no limit. */
  capacity: z.number().nullable(),
  /** When the longest-waiting lead of theirs without a first contact came to them. */
  oldestUnansweredAt: instant.nullable(),
  active: z.boolean(),
  updatedAt: instant,
});
export type FloorRow = z.infer<typeof floorRow>;

/** View `metrics`, key metric name. Additive over owners: each audience gets the sum over the leads it sees. */
export const metricRow = z.object({
  name: z.string(),
  value: z.number(),
  /** When it last changed. */
  asOf: instant,
  source: z.string(),
  cacheTtl: z.number(),
});
export type MetricRow = z.infer<typeof metricRow>;

/** View `alerts`, key alert id: the person's own in-app notifications. */
export const alertRow = z.object({
  id: z.string(),
  version: z.number(),
  kind: z.enum(['assigned', 'reassigned-away', 'note', 'import']),
  leadId: z.string().nullable(),
  /** Names and stages, for the words of the reader's language. */
  params: z.record(z.string(), z.string()),
  urgency: z.enum(['low', 'normal', 'high', 'urgent']),
  createdAt: instant,
  readAt: instant.nullable(),
});
export type AlertRow = z.infer<typeof alertRow>;

/** One line of `GET /api/leads/{id}/timeline`. */
export const timelineRow = z.object({
  id: z.string(),
  position: z.number(),
  type: z.string(),
  at: instant,
  by: z.object({ id: z.string(), agentId: z.string().nullable(), name: z.string() }),
  params: z.record(z.string(), z.unknown()),
});
export type TimelineRow = z.infer<typeof timelineRow>;

/** One line of `GET /api/leads/{id}/history`: E3's lead_audit_log. */
export const historyRow = z.object({
  position: z.number(),
  field: z.string(),
  oldValue: z.unknown(),
  newValue: z.unknown(),
  changedAt: instant,
  changedBy: z.object({ id: z.string(), name: z.string() }),
});
export type HistoryRow = z.infer<typeof historyRow>;

/** View `operation`, key operation id: progress of an import, a bulk command, an undo. */
export const operationRow = z.object({
  id: z.string(),
  version: z.number(),
  kind: z.string(),
  status: z.enum(['running', 'completed', 'failed', 'cancelled']),
  total: z.number(),
  done: z.number(),
  counts: z.record(z.string(), z.number()),
  startedAt: instant,
  finishedAt: instant.nullable(),
});
export type OperationRow = z.infer<typeof operationRow>;
