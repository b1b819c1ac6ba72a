import type { Chance } from './chance.ts';
import { americanPhone, emiratesMobile, type Person } from './people.ts';

/** What a lead of one business says of itself, and what agents write about it. */
export interface Business {
  arabicShare: number;
  inArabicScript: number;
  /** Fields of `lead.capture` beside the name. */
  wishes(chance: Chance, person: Person, index: number, at: string): Record<string, unknown>;
  tags: readonly string[];
  notes: readonly string[];
  lostReasons: readonly string[];
  /** Of what a won lead brought, in whole units of the currency. */
  deal: readonly [number, number];
  /** What agents know best. */
  specialities: readonly string[];
  areas: readonly string[];
  languages: readonly string[];
}

const major = 100;

/** A round amount between two, in minor units. */
function round(chance: Chance, from: number, to: number, step: number): number {
  return Math.round((from + chance.next() * chance.next() * (to - from)) / step) * step * major;
}

function day(at: string, ahead: number): string {
  return new Date(Date.parse(at) + ahead * 86_400_000).toISOString().slice(0, 10);
}

const mail = (person: Person, index: number, host: string) => `${person.handle}${index % 89}@${host}`;

const dubai = [
  ...[
    'Dubai Marina',
    'Palm Jumeirah',
    'Downtown Dubai',
    'Business Bay',
    'Jumeirah Village Circle',
    'Dubai Hills Estate',
    'Arabian Ranches',
  ],
  ...['JLT', 'Al Barsha', 'Damac Hills', 'City Walk', 'Mirdif', 'Dubai Creek Harbour', 'Al Furjan', 'Jumeirah Golf Estates'],
];
const uae: Business = {
  arabicShare: 0.45,
  inArabicScript: 0.4,
  wishes(chance, person, index) {
    const budgetMin = round(chance, 500_000, 12_000_000, 50_000);
    return {
      phone: emiratesMobile(index),
      ...(chance.chance(0.8) && { email: mail(person, index, 'mail.example') }),
      source: chance.weighted({ bayut: 28, propertyFinder: 26, dubizzle: 16, website: 16, walk_in: 6, referral: 8 }),
      nationality: person.arabic
        ? chance.pick(['Emirati', 'Emirati', 'Saudi', 'Egyptian', 'Lebanese', 'Jordanian'])
        : chance.pick(['British', 'Indian', 'Russian', 'Chinese', 'German', 'French', 'Pakistani', 'Italian']),
      languagePreference: person.arabic && chance.chance(0.7) ? 'arabic' : 'english',
      ...(chance.chance(0.92) && { budgetMin, budgetMax: budgetMin + round(chance, 200_000, 4_000_000, 50_000) }),
      propertyType: chance.weighted({ apartment: 55, villa: 22, townhouse: 17, commercial: 6 }),
      preferredAreas: [...new Set([chance.pick(dubai), ...chance.some(dubai, 2)])],
    };
  },
  tags: ['cash buyer', 'investor', 'mortgage approved', 'golden visa', 'off-plan', 'vip', 'first home', 'relocating', 'مستثمر'],
  notes: [
    'Wants a high floor with a full Marina view, no road noise.',
    'Pre-approved by Emirates NBD up to 3.2M, letter received.',
    'Prefers WhatsApp after 18:00; at work before that.',
    'Comparing with a handover in Q3 next year, asked for the payment plan.',
    'يفضل التواصل بالعربية بعد صلاة العصر',
    'Selling a one-bedroom in JLT first, expects to close in six weeks.',
    'Asked twice about service charges per square foot.',
    'Visiting from London on Thursday, wants three viewings in one day.',
  ],
  lostReasons: [
    'Bought through another agency',
    'Budget too low for the area',
    'No answer after five calls',
    'Moved the plan to next year',
  ],
  deal: [700_000, 9_000_000],
  specialities: ['apartment', 'villa', 'townhouse', 'commercial'],
  areas: dubai,
  languages: ['arabic', 'english', 'hindi', 'russian', 'french', 'urdu'],
};

const towns = [
  'Austin, TX',
  'Brooklyn, NY',
  'Scottsdale, AZ',
  'Naperville, IL',
  'Raleigh, NC',
  'Bellevue, WA',
  'Tampa, FL',
  'Pasadena, CA',
  'Denver, CO',
  'Nashville, TN',
];
const us: Business = {
  arabicShare: 0.04,
  inArabicScript: 0,
  wishes(chance, person, index) {
    return {
      phone: americanPhone(index),
      email: mail(person, index, 'post.example'),
      source: chance.pick(['zillow', 'realtor.com', 'website', 'open house', 'facebook', 'google', 'referral', 'sign call']),
      budgetMax: round(chance, 220_000, 2_400_000, 5_000),
      timeline: chance.pick(['right away', '1-3 months', '3-6 months', 'this year', 'just looking']),
      propertyType: chance.pick(['single family', 'condo', 'townhouse', 'multi-family', 'new construction']),
      location: chance.pick(towns),
      ...(chance.chance(0.4) && { campaign: chance.pick(['Spring listings', 'First-time buyers', 'Open house weekend']) }),
    };
  },
  tags: ['pre-approved', 'cash', 'first-time buyer', 'investor', 'relocation', 'needs to sell first', 'veteran loan'],
  notes: [
    'Needs a yard for two dogs and a quiet street.',
    'Pre-approval letter for 640k from the credit union, expires in March.',
    'School district matters more than the kitchen.',
    'Wants to see the one on Maple again, with her parents.',
    'Offer went in at asking, seller answers by Friday.',
    'Lease ends in June, no rush before May.',
  ],
  lostReasons: ['Bought with another agent', 'Loan fell through', 'Stopped answering', 'Renting another year'],
  deal: [260_000, 1_900_000],
  specialities: ['single family', 'condo', 'townhouse', 'multi-family'],
  areas: towns,
  languages: ['english', 'spanish', 'mandarin', 'vietnamese'],
};

const companies = [
  ...[
    'Northwind Analytics',
    'Harbor Freight Systems',
    'Brightline Health',
    'Cobalt Robotics',
    'Juniper & Sons Logistics',
    'Vantage Retail Group',
  ],
  ...[
    'Meridian Insurance',
    'Lumen Foods',
    'Atlas Manufacturing',
    'Quill Publishing',
    'Sable Security',
    'Terra Renewables',
    'Orchard Payments',
    'Pinecrest Clinics',
  ],
];
const b2b: Business = {
  arabicShare: 0.08,
  inArabicScript: 0.1,
  wishes(chance, person, index, at) {
    const company = chance.pick(companies);
    const host = `${company.toLowerCase().replace(/[^a-z]+/g, '-')}.example`;
    return {
      email: mail(person, index, host),
      company,
      jobTitle: chance.pick([
        'Head of Operations',
        'VP Sales',
        'IT Director',
        'CFO',
        'Procurement Lead',
        'Founder',
        'Revenue Operations Manager',
        'Plant Manager',
      ]),
      ...(chance.chance(0.6) && { phone: americanPhone(index) }),
      website: `https://www.${host}`,
      ...(chance.chance(0.5) && { linkedinUrl: `https://www.linkedin.com/in/${person.handle.replace('.', '-')}-${index}` }),
      source: chance.weighted({
        WEBSITE: 30,
        EMAIL: 14,
        SOCIAL_MEDIA: 14,
        REFERRAL: 12,
        ADVERTISING: 12,
        COLD_OUTREACH: 10,
        EVENT: 6,
        OTHER: 2,
      }),
      value: round(chance, 4_000, 240_000, 500),
      expectedCloseDate: day(at, chance.whole(14, 150)),
      ...(chance.chance(0.45) && {
        campaign: chance.pick(['Q4 outbound', 'Webinar: fewer handovers', 'Trade fair Hannover', 'Migration offer']),
      }),
    };
  },
  tags: ['enterprise', 'mid-market', 'champion found', 'security review', 'multi-year', 'competitor in place', 'renewal'],
  notes: [
    'Runs on spreadsheets today; forty people touch the same file.',
    'Security questionnaire came back clean, legal has the DPA.',
    'Champion moves to another team in January: find a second one.',
    'Wants single sign-on before anything else.',
    'Budget is approved, signature waits for the board on the 12th.',
    'Asked for two references in logistics.',
  ],
  lostReasons: ['Chose a competitor', 'No budget this year', 'Project stopped', 'No decision maker found'],
  deal: [6_000, 180_000],
  specialities: [],
  areas: ['East', 'West', 'DACH', 'Nordics', 'Gulf'],
  languages: ['english', 'german', 'spanish', 'arabic'],
};

const recruits: Business = {
  arabicShare: 0.12,
  inArabicScript: 0.15,
  wishes(chance, person, index) {
    return {
      phone: americanPhone(index),
      ...(chance.chance(0.85) && { email: mail(person, index, 'mail.example') }),
      source: chance.pick(['linkedin', 'indeed', 'job board', 'referral', 'website', 'event', 'cold call', 'agency']),
      jobTitle: chance.pick([
        'Registered nurse',
        'Backend engineer',
        'Sales associate',
        'Data analyst',
        'Truck driver',
        'UX designer',
        'Accountant',
        'Welder',
      ]),
      location: chance.pick(towns),
      customFields: {
        'Years of experience': chance.whole(0, 24),
        'Open to travel': chance.chance(0.4),
        Notice: chance.pick(['none', 'two weeks', 'one month', 'three months']),
      },
    };
  },
  tags: ['remote only', 'senior', 'relocates', 'license valid', 'night shifts', 'bilingual', 'referred'],
  notes: [
    'Available from the first of the month; has another offer until Friday.',
    'Strong on Postgres, weak on front end; fine for the platform team.',
    'License renewed in September, copy on file.',
    'Asks for four days a week.',
    'Second interview went well, references next.',
  ],
  lostReasons: ['Took another offer', 'Salary too low', 'Does not answer'],
  deal: [3_000, 22_000],
  specialities: [],
  areas: towns,
  languages: ['english', 'spanish', 'arabic', 'tagalog'],
};

const broker: Business = {
  arabicShare: 0.06,
  inArabicScript: 0,
  wishes(chance, person, index) {
    const budgetMin = round(chance, 150_000, 1_500_000, 10_000);
    return {
      phone: americanPhone(index),
      email: mail(person, index, 'post.example'),
      source: chance.pick(['website', 'referral', 'past client', 'open house', 'newsletter', 'sign call', 'social media']),
      budgetMin,
      budgetMax: budgetMin + round(chance, 40_000, 700_000, 10_000),
      propertyType: chance.weighted({ residential: 55, condo: 18, multi_family: 12, commercial: 9, land: 6 }),
      location: chance.pick(towns),
      timeline: chance.pick(['this quarter', 'this year', 'when the right one comes']),
    };
  },
  tags: ['past client', 'anniversary due', 'listing', 'buyer', 'documents missing', '1031 exchange'],
  notes: [
    'Closing documents are missing the disclosure, asked twice.',
    'Five-year anniversary in March: send the market update.',
    'Wants to list in spring, staging quote sent.',
    'Title came back with an easement; attorney looks at it.',
  ],
  lostReasons: ['Listed with a competitor', 'Withdrew the property', 'Financing fell through'],
  deal: [180_000, 1_600_000],
  specialities: ['residential', 'commercial', 'land', 'multi_family', 'condo'],
  areas: towns,
  languages: ['english', 'spanish'],
};

/** By preset. */
export const businesses: Readonly<Record<string, Business>> = {
  'uae-real-estate': uae,
  'us-real-estate': us,
  'b2b-sales': b2b,
  recruiting: recruits,
  brokerage: broker,
};
