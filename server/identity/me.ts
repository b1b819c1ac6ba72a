import { z } from 'zod';
import { level, permissions } from '../../domain/identity/permissions.ts';
import { refuse } from '../http/problem.ts';
import type { SignedRoute } from '../http/route.ts';
import type { Directory } from './directory.ts';
import { describeMemberships, describeUser } from './session-routes.ts';

const text = z.string();
const reach = z.enum(['none', 'own', 'team', 'all']);
const me = z.object({
  user: z.object({ id: text, email: text.nullable(), firstName: text, lastName: text, name: text }),
  agentId: text.describe('Your member id: what leads name as their owner.'),
  role: text,
  organization: z.object({
    id: text,
    slug: text,
    name: text,
    preset: text,
    currency: text,
    region: text,
    timezone: text,
    locale: text,
    branding: z.object({ hue: z.number() }),
    responseMinutes: z.number(),
    capacity: z.number().nullable(),
  }),
  pipeline: z.object({
    stages: z.array(z.looseObject({ key: text, label: text, kind: text, hue: z.number() })),
    moves: z.record(text, z.array(text)).describe('Allowed moves: from, to.'),
  }),
  sources: z.array(text).nullable().describe('Null: any text is a source.'),
  propertyTypes: z.array(text),
  languages: z.array(text),
  required: z.array(text).describe('Fields that capture by form or API must have.'),
  permissions: z.record(text, reach).describe('How far each command and query of yours reaches.'),
  visibility: text.describe('Which leads your role sees.'),
  organizations: z.array(z.object({ id: text, slug: text, name: text, role: text })),
  expiresAt: text.describe('When your access token ends.'),
});

/** `GET /api/me`: everything a screen needs before its first row. */
export function meRoute(directory: Directory): SignedRoute {
  return {
    method: 'GET',
    path: '/api/me',
    name: 'me.read',
    area: 'identity',
    summary: 'Who you are here, what you may do, and how this organization works',
    answers: [{ status: 200, description: 'You.', schema: me }],
    async handle(call) {
      const { principal } = call;
      const [organization, user, memberships] = await Promise.all([
        directory.organization(principal.organizationId),
        describeUser(directory, principal.userId),
        directory.rows.membershipsOf(principal.userId),
      ]);
      if (organization === null) throw refuse('session.required', 'This organization is not there any more.');
      const { state } = organization;
      return call.answer(200, {
        user,
        agentId: principal.agentId,
        role: principal.role,
        organization: {
          id: principal.organizationId,
          slug: state.slug,
          name: state.name,
          preset: state.preset,
          currency: state.currency,
          region: state.region,
          timezone: state.timezone,
          locale: state.locale,
          branding: state.branding,
          responseMinutes: state.responseMinutes,
          capacity: state.capacity,
        },
        pipeline: { stages: state.stages, moves: state.moves },
        sources: state.openSources ? null : state.sources,
        propertyTypes: state.propertyTypes,
        languages: state.languages,
        required: state.required,
        permissions: Object.fromEntries(Object.keys(permissions).map((name) => [name, level(state, principal, name)])),
        visibility: state.visibility[principal.role],
        organizations: describeMemberships(memberships),
        expiresAt: new Date(principal.expiresAt).toISOString(),
      });
    },
  };
}
