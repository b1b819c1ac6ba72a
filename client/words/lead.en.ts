/** The lead drawer, its timeline and history, closing a lead, alerts. */
export const leadEn = {
  'lead.call': 'Call',
} as const;
