import { z } from 'zod';
import type { MemberRow, TeamRow } from '../../projections/identity/directory.ts';
import { type Reading, readCodes, readHeaders } from '../http/reading.ts';
import { queryOf, type SignedRoute } from '../http/route.ts';

const nothing = z.strictObject({});
const memberShape = z.object({
  id: z.string().describe('The agentId.'),
  version: z.int(),
  userId: z.string().nullable(),
  name: z.string(),
  role: z.string(),
  active: z.boolean(),
  teams: z.array(z.object({ id: z.string(), name: z.string(), leads: z.boolean() })).describe('Teams they work in or lead.'),
});
const teamShape = z.object({
  id: z.string(),
  version: z.int(),
  name: z.string(),
  leadId: z.string().nullable(),
  agentIds: z.array(z.string()),
});
const base = { method: 'GET', area: 'identity', headers: readHeaders, query: nothing, codes: readCodes } as const;

/** Members and teams of the organization: short lists, answered whole. */
export function directoryQueries(reading: Reading): SignedRoute[] {
  return [
    {
      ...base,
      path: '/api/members',
      name: 'member.list',
      summary: 'Who belongs to the organization, by name',
      answers: [
        {
          status: 200,
          description: 'All members.',
          schema: z.object({ rows: z.array(memberShape), nextCursor: z.null(), position: z.int() }),
        },
      ],
      async handle(call) {
        queryOf(call, nothing);
        return reading.read(call, 'member.list', async ({ client, table }, position) => {
          const of = [call.principal.organizationId];
          const members = await client.query<{ wire: string }>(
            `select wire from ${table('members')} where organization_id = $1 order by name collate "C", key`,
            of,
          );
          const teams = await client.query<{ wire: string }>(
            `select wire from ${table('teams')} where organization_id = $1 order by name collate "C", key`,
            of,
          );
          const known = teams.rows.map((row) => JSON.parse(row.wire) as TeamRow);
          const rows = members.rows.map((row) => {
            const { id, version, state } = JSON.parse(row.wire) as MemberRow;
            const theirs = known
              .filter((team) => team.state.leadId === id || team.state.agentIds.includes(id))
              .map((team) => ({ id: team.id, name: team.state.name, leads: team.state.leadId === id }));
            return { id, version, userId: state.userId, name: state.name, role: state.role, active: state.active, teams: theirs };
          });
          return call.answer(200, { rows, nextCursor: null, position });
        });
      },
    },
    {
      ...base,
      path: '/api/teams',
      name: 'team.list',
      summary: 'Teams of the organization, by name',
      answers: [
        { status: 200, description: 'All teams.', schema: z.object({ rows: z.array(teamShape), nextCursor: z.null(), position: z.int() }) },
      ],
      async handle(call) {
        queryOf(call, nothing);
        return reading.read(call, 'team.list', async ({ client, table }, position) => {
          const found = await client.query<{ wire: string }>(
            `select wire from ${table('teams')} where organization_id = $1 order by name collate "C", key`,
            [call.principal.organizationId],
          );
          const rows = found.rows.map((row) => {
            const { id, version, state } = JSON.parse(row.wire) as TeamRow;
            return { id, version, name: state.name, leadId: state.leadId, agentIds: state.agentIds };
          });
          return call.answer(200, { rows, nextCursor: null, position });
        });
      },
    },
  ];
}
