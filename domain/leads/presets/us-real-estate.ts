import { anyToAny, type Preset, type Stage, visibilityWith } from './preset.ts';

const stages: Stage[] = [
  { key: 'new', label: 'New', labelArabic: 'جديد', kind: 'open', hue: 240 },
  { key: 'active', label: 'Active', labelArabic: 'نشط', kind: 'open', hue: 200 },
  { key: 'qualified', label: 'Qualified', labelArabic: 'مؤهل', kind: 'open', hue: 285 },
  { key: 'showing', label: 'Showing', labelArabic: 'معاينة', kind: 'open', hue: 320 },
  { key: 'offer', label: 'Offer', labelArabic: 'عرض', kind: 'open', hue: 60 },
  { key: 'closed', label: 'Closed', labelArabic: 'مغلق', kind: 'won', hue: 150 },
  { key: 'lost', label: 'Lost', labelArabic: 'مفقود', kind: 'lost', hue: 22 },
];

/** RE: homes in the United States; leads may be re-opened. */
export const usRealEstate: Preset = {
  slug: 'us-real-estate',
  label: 'US real estate',
  industry: 'real estate',
  currency: 'USD',
  region: 'US',
  timezone: 'America/New_York',
  locale: 'en-US',
  hue: 200,
  stages,
  moves: anyToAny(stages),
  sources: ['zillow', 'realtor.com', 'website', 'open house', 'facebook', 'google', 'referral', 'sign call'],
  openSources: true,
  otherSource: null,
  required: ['name'],
  agentRequired: [],
  propertyTypes: [],
  languages: [],
  phones: 'any',
  duplicates: 'none',
  capacity: null,
  visibility: visibilityWith('own'),
  responseMinutes: 15,
};
