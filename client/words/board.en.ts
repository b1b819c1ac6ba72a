/** The board: columns, cards, filters, quick add, the floor strip. */
export const boardEn = {
  'board.title': 'Board',
  'board.newLead': 'New lead',
} as const;
