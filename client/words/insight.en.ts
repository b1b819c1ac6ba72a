/** The agents' floor and the dashboard. */
export const insightEn = {
  'floor.title': 'Floor',
} as const;
