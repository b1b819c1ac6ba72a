import { anyToAny, type Preset, type Stage, visibilityWith } from './preset.ts';

const stages: Stage[] = [
  { key: 'new', label: 'New', labelArabic: 'جديد', kind: 'open', hue: 240 },
  { key: 'active', label: 'Active', labelArabic: 'نشط', kind: 'open', hue: 200 },
  { key: 'pending', label: 'Pending', labelArabic: 'معلق', kind: 'open', hue: 60 },
  { key: 'closed', label: 'Closed', labelArabic: 'مغلق', kind: 'won', hue: 150 },
  { key: 'cancelled', label: 'Cancelled', labelArabic: 'ملغى', kind: 'lost', hue: 22 },
];

/** DD: a brokerage with documents, campaigns and alerts; leads may be re-opened. */
export const brokerage: Preset = {
  slug: 'brokerage',
  label: 'Brokerage',
  industry: 'real estate',
  currency: 'USD',
  region: 'US',
  timezone: 'UTC',
  locale: 'en-US',
  hue: 22,
  stages,
  moves: anyToAny(stages),
  sources: ['website', 'referral', 'past client', 'open house', 'newsletter', 'sign call', 'social media'],
  openSources: true,
  otherSource: null,
  required: ['name'],
  agentRequired: [],
  propertyTypes: ['residential', 'commercial', 'land', 'multi_family', 'condo'],
  languages: [],
  phones: 'any',
  duplicates: 'none',
  capacity: null,
  visibility: visibilityWith('own-and-unassigned'),
  responseMinutes: 30,
};
