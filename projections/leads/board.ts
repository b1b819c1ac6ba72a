import { defineFacet } from '../projection.ts';
import { boardWireOf } from './board-row.ts';
import { type LeadCard, leadColumns } from './lead.ts';

const columns = ['organization_id', 'key', 'position', 'version', 'scope', 'status', ...leadColumns.map(({ name }) => name)];

/**
 * The cards of the board and the rows of `GET /api/leads`: every lead that is not deleted, closed ones with `closedAt`.
 * They stand beside the lead page's rows in one table, because every event changes both.
 */
export const board = defineFacet<LeadCard>({
  name: 'board',
  version: 1,
  summary: 'A card for each lead that is not deleted.',
  of: 'lead',
  select: `select ${columns.join(', ')}, board_wire as wire from {schema}.lead where deleted_at is null`,
  view: 'board',
  shows: ({ row }) => row.deletedAt === null,
  wire: boardWireOf,
});
