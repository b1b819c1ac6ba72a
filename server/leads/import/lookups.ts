import type { Projector } from '../../../projections/projector.ts';
import { Refusal } from '../../refusal.ts';
import type { Connections } from '../../store/connections.ts';

/** Looks leads up by their ids in other systems, deleted ones too; of several with one id the oldest counts. */
export function leadsByExternalId(connections: Pick<Connections, 'asOrganization'>, projector: Pick<Projector, 'readSchema'>) {
  return (organizationId: string, externalIds: readonly string[]): Promise<ReadonlyMap<string, string>> =>
    connections.asOrganization(organizationId, async (client) => {
      const { rows } = await client.query<{ external_id: string; key: string }>(
        `select l.external_id, l.key from unnest($2::text[]) wanted(id)
         join "${projector.readSchema('lead')}".lead l on l.organization_id = $1 and l.external_id = wanted.id
         order by l.key desc`,
        [organizationId, externalIds],
      );
      return new Map(rows.map((row) => [row.external_id, row.key]));
    });
}

/** The organization of that slug. @throws Refusal naming those there are. */
export async function organizationBySlug(
  connections: Pick<Connections, 'auth'>,
  projector: Pick<Projector, 'readSchema'>,
  slug: string,
): Promise<{ id: string; slug: string; name: string }> {
  const { rows } = await connections.auth.query<{ id: string; slug: string; name: string }>(
    `select organization_id as id, slug, name from "${projector.readSchema('organizations')}".organizations order by slug limit 1000`,
  );
  const organization = rows.find((row) => row.slug === slug);
  if (organization) return organization;
  const slugs = rows.map((row) => row.slug).join(', ');
  throw new Refusal(
    slugs === '' ? `There is no organization ${slug}, nor any other yet.` : `There is no organization ${slug}. There are: ${slugs}.`,
  );
}
