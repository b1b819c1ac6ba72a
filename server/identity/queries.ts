import { z } from 'zod';
import type { MemberRow, TeamRow } from '../../projections/identity/directory.ts';
import { memberEntity, teamEntity } from '../../projections/identity/entities.ts';
import { type EntityReader, type Reading, readCodes, readHeaders } from '../http/reading.ts';
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

const byName = { sort: 'asc', sortKey: 'asc' } as const;

async function teamsOf({ em, schema }: EntityReader, organizationId: string): Promise<TeamRow[]> {
  const found = await em.find(
    teamEntity,
    { organizationId },
    { schema: schema('teams'), fields: ['wire'], orderBy: byName, disableIdentityMap: true },
  );
  return found.map((row) => JSON.parse(row.wire) as TeamRow);
}

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
        return reading.find(call, 'member.list', async (reader, position) => {
          const { organizationId } = call.principal;
          const members = await reader.em.find(
            memberEntity,
            { organizationId },
            { schema: reader.schema('members'), fields: ['wire'], orderBy: byName, disableIdentityMap: true },
          );
          const known = await teamsOf(reader, organizationId);
          const rows = members.map((row) => {
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
        return reading.find(call, 'team.list', async (reader, position) => {
          const rows = (await teamsOf(reader, call.principal.organizationId)).map(({ id, version, state }) => {
            return { id, version, name: state.name, leadId: state.leadId, agentIds: state.agentIds };
          });
          return call.answer(200, { rows, nextCursor: null, position });
        });
      },
    },
  ];
}
