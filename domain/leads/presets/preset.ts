import type { Visibility } from '../../identity/audience.ts';
import type { Role } from '../../kernel/aggregate.ts';
import type { PhoneRule } from '../../kernel/phone.ts';

/** What a stage means for counting: only `open` leads are active work. `closed` ends without winning or losing (E3's dnc). */
export type StageKind = 'open' | 'won' | 'lost' | 'closed';

export interface Stage {
  /** The seed's exact spelling; it travels as `status`. */
  key: string;
  label: string;
  labelArabic: string;
  kind: StageKind;
  /** Hue angle of the column's mark, 0–359. */
  hue: number;
}

/** Which earlier lead refuses a new one (R21): TR same phone and source within 24 hours, E3 the phone while not deleted. */
export type DuplicateRule = 'phone-and-source-within-a-day' | 'phone' | 'none';

/** A business ready to start: one of the five seeds as configuration. Everything here becomes settings of the organization. */
export interface Preset {
  slug: string;
  label: string;
  industry: string;
  /** ISO 4217 of amounts without their own. */
  currency: string;
  /** ISO 3166 of national phone numbers. */
  region: string;
  timezone: string;
  locale: string;
  hue: number;
  stages: readonly Stage[];
  /** Allowed moves: from → to. */
  moves: Readonly<Record<string, readonly string[]>>;
  sources: readonly string[];
  /** Whether sources beyond the list are welcome. */
  openSources: boolean;
  /** Where an import puts a source the list does not know; null: nowhere, the lead is incomplete. */
  otherSource: string | null;
  /** Fields a lead needs at capture and keeps on edit (R11); `name` is met by either name. */
  required: readonly string[];
  /** Fields an agent's profile needs. */
  agentRequired: readonly string[];
  /** Empty: any. */
  propertyTypes: readonly string[];
  /** Languages a lead may prefer; empty: any. */
  languages: readonly string[];
  phones: PhoneRule;
  duplicates: DuplicateRule;
  /** Most active leads an agent may hold; null: no limit. */
  capacity: number | null;
  visibility: Readonly<Record<Role, Visibility>>;
  /** Minutes within which a new lead should hear from somebody. */
  responseMinutes: number;
}

/** Who sees which leads unless the organization says otherwise (R5). `agents` is what their role sees: RE own, others own and unassigned. */
export function visibilityWith(agents: Visibility): Record<Role, Visibility> {
  return { owner: 'all', admin: 'all', manager: 'team', agent: agents, assistant: 'team', viewer: 'all' };
}

/** Moves where every stage leads to every other. */
export function anyToAny(stages: readonly Stage[]): Record<string, string[]> {
  return Object.fromEntries(stages.map(({ key }) => [key, stages.map((stage) => stage.key).filter((other) => other !== key)]));
}
