import { type MemberEvent, type MemberState, member as memberAggregate } from '../../domain/identity/member.ts';
import {
  type OrganizationEvent,
  type OrganizationState,
  organization as organizationAggregate,
} from '../../domain/identity/organization.ts';
import { type TeamEvent, type TeamState, team as teamAggregate } from '../../domain/identity/team.ts';
import { type UserEvent, type UserState, user as userAggregate } from '../../domain/identity/user.ts';
import type { Aggregate, DomainEvent, RecordedEvent } from '../../domain/kernel/aggregate.ts';
import type { PipelineState } from '../../domain/leads/pipeline.ts';
import { type Column, defineKeyed, type Keyed, type View } from '../projection.ts';

/** A thing of the directory: its state as the rules fold it, and when it began and changed. */
interface Entry<State> {
  id: string;
  version: number;
  state: State;
  createdAt: string;
  updatedAt: string;
}

/** `organizations.wire`: settings, stages and moves in one; `GET /api/me` is made of it. */
export type OrganizationRow = Entry<OrganizationState & PipelineState>;
/** `members.wire`; the id is the agentId. */
export type MemberRow = Entry<MemberState>;
export type TeamRow = Entry<TeamState>;
/** `users.wire`, under the nil organization. */
export type UserRow = Entry<UserState>;

interface Directory<State, Event extends DomainEvent> {
  name: string;
  summary: string;
  aggregate: Aggregate<State, Event>;
  columns: readonly Column<Entry<State>>[];
  indexes: readonly string[];
  status: (state: State) => string | null;
}

function isView(name: string): name is View {
  return name === 'members' || name === 'teams';
}

/** A table that shows an aggregate as it is. */
function directory<State, Event extends DomainEvent>({
  name,
  summary,
  aggregate,
  columns,
  indexes,
  status,
}: Directory<State, Event>): Keyed {
  return defineKeyed<Entry<State>>({
    name,
    version: 1,
    view: isView(name) ? name : null,
    summary,
    reads: [],
    streams: [aggregate.name],
    forSignIn: true,
    columns,
    indexes,
    keys: (event) => [event.stream.id],
    apply: (row, event) => ({
      id: event.stream.id,
      version: event.version,
      state: aggregate.evolve(row?.state ?? aggregate.initial, asEvent<Event>(event)),
      createdAt: row?.createdAt ?? event.recordedAt,
      updatedAt: event.recordedAt,
    }),
    scope: () => 'everyone',
    status: (row) => status(row.state),
    rowVersion: (row) => row.version,
    wire: (row) => JSON.stringify(row),
    revive: (wire) => JSON.parse(wire) as Entry<State>,
  });
}

/** A recorded event as the aggregate's own type: the log keeps what the aggregate made. */
function asEvent<Event extends DomainEvent>(event: RecordedEvent): Event {
  return { type: event.type, data: event.data } as unknown as Event;
}

const noOrganization: OrganizationState & PipelineState = { ...organizationAggregate.initial, stages: [], moves: {} };

/** Settings and pipeline of an organization share a row, because whoever looks at one needs the other. */
export const organizations = defineKeyed<OrganizationRow>({
  name: 'organizations',
  version: 1,
  view: 'organizations',
  summary: 'Settings, stages and moves of each organization.',
  reads: [],
  streams: ['organization', 'pipeline'],
  forSignIn: true,
  columns: [
    { name: 'name', type: 'text', of: (row) => row.state.name },
    { name: 'slug', type: 'text', of: (row) => row.state.slug },
    { name: 'preset', type: 'text', of: (row) => row.state.preset },
  ],
  indexes: ['(slug)'],
  keys: (event) => [event.stream.id],
  apply(row, event) {
    const before = row?.state ?? noOrganization;
    const { stages, moves } = before;
    const state =
      event.stream.type === 'pipeline'
        ? { ...before, ...(event.data as unknown as PipelineState) }
        : { ...organizationAggregate.evolve(before, asEvent<OrganizationEvent>(event)), stages, moves };
    return {
      id: event.stream.id,
      version: event.stream.type === 'organization' ? event.version : (row?.version ?? 0),
      state,
      createdAt: row?.createdAt ?? event.recordedAt,
      updatedAt: event.recordedAt,
    };
  },
  scope: () => 'everyone',
  status: () => null,
  rowVersion: (row) => row.version,
  wire: (row) => JSON.stringify(row),
  revive: (wire) => JSON.parse(wire) as OrganizationRow,
});

export const members = directory<MemberState, MemberEvent>({
  name: 'members',
  summary: 'Who belongs to an organization, in which role.',
  aggregate: memberAggregate,
  columns: [
    { name: 'user_id', type: 'uuid', of: (row) => row.state.userId },
    { name: 'name', type: 'text', of: (row) => row.state.name },
    { name: 'role', type: 'text', of: (row) => row.state.role },
    { name: 'active', type: 'boolean', of: (row) => row.state.active },
  ],
  indexes: ['(user_id)'],
  status: (state) => (state.active ? 'active' : 'inactive'),
});

export const teams = directory<TeamState, TeamEvent>({
  name: 'teams',
  summary: 'Teams, who leads them and who works in them.',
  aggregate: teamAggregate,
  columns: [
    { name: 'name', type: 'text', of: (row) => row.state.name },
    { name: 'lead_id', type: 'text', of: (row) => row.state.leadId },
    { name: 'agent_ids', type: 'text[]', of: (row) => row.state.agentIds },
  ],
  indexes: ['(organization_id, lead_id)'],
  status: () => null,
});

export const users = directory<UserState, UserEvent>({
  name: 'users',
  summary: 'People with a sign-in.',
  aggregate: userAggregate,
  columns: [
    { name: 'email', type: 'text', of: (row) => row.state.email?.toLowerCase() ?? null },
    { name: 'first_name', type: 'text', of: (row) => row.state.firstName },
    { name: 'last_name', type: 'text', of: (row) => row.state.lastName },
  ],
  indexes: ['(email)'],
  status: () => null,
});
