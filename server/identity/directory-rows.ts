import type { Role } from '../../domain/kernel/aggregate.ts';
import { nilId } from '../../domain/kernel/ids.ts';
import type { MemberRow, OrganizationRow, UserRow } from '../../projections/identity/directory.ts';
import type { Projector } from '../../projections/projector.ts';
import type { Connections } from '../store/connections.ts';

/** One membership of a person, as sign-in lists it. */
export interface Membership {
  organizationId: string;
  agentId: string;
  role: Role;
  slug: string;
  name: string;
}

/** A member with the agents of the teams they lead: null when they lead none. */
export interface MemberWithTeam {
  member: MemberRow['state'];
  team: string[] | null;
}

/** The directory's read models under role `auth`, which sees them across organizations because sign-in comes before choosing one. */
export class DirectoryRows {
  readonly #auth: Connections['auth'];
  readonly #projector: Pick<Projector, 'readSchema'>;

  constructor(connections: Pick<Connections, 'auth'>, projector: Pick<Projector, 'readSchema'>) {
    this.#auth = connections.auth;
    this.#projector = projector;
  }

  /** Where a person is an active member, by the organizations' names. */
  async membershipsOf(userId: string): Promise<Membership[]> {
    const found = await this.#auth.query<{ organization_id: string; agent_id: string; role: Role; slug: string; name: string }>(
      `select m.organization_id, m.key as agent_id, m.role, o.slug, o.name
       from ${this.#table('members')} m join ${this.#table('organizations')} o on o.organization_id = m.organization_id
       where m.user_id = $1 and m.active order by o.name, m.organization_id`,
      [userId],
    );
    return found.rows.map((row) => ({
      organizationId: row.organization_id,
      agentId: row.agent_id,
      role: row.role,
      slug: row.slug,
      name: row.name,
    }));
  }

  async member(organizationId: string, agentId: string): Promise<MemberWithTeam | null> {
    const found = await this.#auth.query<{ wire: string; team: string[] | null; leads: boolean }>(
      `select m.wire, (select array_agg(distinct a.id) from ${this.#table('teams')} t, unnest(t.agent_ids) a(id)
                       where t.organization_id = m.organization_id and t.lead_id = m.key) as team,
              exists (select 1 from ${this.#table('teams')} t where t.organization_id = m.organization_id and t.lead_id = m.key) as leads
       from ${this.#table('members')} m where m.organization_id = $1 and m.key = $2`,
      [organizationId, agentId],
    );
    const row = found.rows[0];
    if (row === undefined) return null;
    return { member: (JSON.parse(row.wire) as MemberRow).state, team: row.leads ? (row.team ?? []) : null };
  }

  async organization(organizationId: string): Promise<OrganizationRow | null> {
    const found = await this.#auth.query<{ wire: string }>(`select wire from ${this.#table('organizations')} where organization_id = $1`, [
      organizationId,
    ]);
    const row = found.rows[0];
    return row === undefined ? null : (JSON.parse(row.wire) as OrganizationRow);
  }

  async user(userId: string): Promise<UserRow | null> {
    const found = await this.#auth.query<{ wire: string }>(
      `select wire from ${this.#table('users')} where organization_id = $1 and key = $2`,
      [nilId, userId],
    );
    const row = found.rows[0];
    return row === undefined ? null : (JSON.parse(row.wire) as UserRow);
  }

  #table(name: string): string {
    return `"${this.#projector.readSchema(name)}".${name}`;
  }
}
