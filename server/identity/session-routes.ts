import { z } from 'zod';
import { fullNameOf } from '../../domain/identity/user.ts';
import { uuid } from '../../domain/kernel/ids.ts';
import { cookieName, cookieOf, setCookie } from '../http/cookies.ts';
import type { Limits } from '../http/limits.ts';
import { notFound, refuse } from '../http/problem.ts';
import { bodyOf, type Call, type Route } from '../http/route.ts';
import { header, requireSameSite } from '../http/security.ts';
import type { Directory } from './directory.ts';
import type { Membership } from './directory-rows.ts';
import type { Caller, Issued, Sessions } from './sessions.ts';
import type { SignInDelay } from './sign-in-delay.ts';

export interface SessionRouteParts {
  sessions: Sessions;
  directory: Directory;
  limits: Limits;
  delay: SignInDelay;
  /** Epoch milliseconds. */
  now: () => number;
  publicUrl?: string;
}

const signIn = z.strictObject({
  email: z.string().min(1).max(255).describe('Matched without regard to case.'),
  password: z.string().min(1).max(1024),
  organizationId: uuid.optional().describe('Where to work; by default where you last worked.'),
});
const refreshBody = z.strictObject({
  refreshToken: z.string().max(200).optional().describe('Left out by browsers, whose cookie carries it.'),
});
const switchBody = z.strictObject({ organizationId: uuid });

const instant = z.string().meta({ format: 'date-time' });
const memberships = z.array(z.object({ id: uuid, slug: z.string(), name: z.string(), role: z.string() }));
const issuedSchema = z.object({
  accessToken: z.string().describe('Opaque; send it as `Authorization: Bearer …`. Good for an hour.'),
  refreshToken: z.string().describe('Opaque; good once.'),
  expiresAt: instant.describe('When the access token ends.'),
  sessionId: uuid,
  organizationId: uuid,
  agentId: uuid,
  user: z.object({ id: uuid, email: z.string().nullable(), firstName: z.string(), lastName: z.string(), name: z.string() }),
  organizations: memberships,
});
const sessionLine = z.object({
  id: uuid,
  organizationId: uuid,
  createdAt: instant,
  usedAt: instant,
  expiresAt: instant,
  ip: z.string().nullable(),
  userAgent: z.string().nullable(),
  current: z.boolean(),
});

/** The person behind a user id, as sign-in and `GET /api/me` show them. */
export async function describeUser(directory: Directory, userId: string): Promise<z.infer<typeof issuedSchema>['user']> {
  const row = await directory.rows.user(userId);
  if (row === null) return { id: userId, email: null, firstName: '', lastName: '', name: '' };
  const { email, firstName, lastName } = row.state;
  return { id: userId, email, firstName, lastName, name: fullNameOf(row.state) };
}

/** Memberships as they travel: the organization's id is the entry's. */
export function describeMemberships(list: readonly Membership[]): z.infer<typeof memberships> {
  return list.map(({ organizationId, slug, name, role }) => ({ id: organizationId, slug, name, role }));
}

function callerOf(call: Call): Caller {
  return { ip: call.ip, userAgent: header(call.c, 'user-agent') ?? null };
}

/** Sign-in, refresh, switch, sign-out, and the person's own list of sessions. */
export function sessionRoutes(parts: SessionRouteParts): Route[] {
  const { sessions, directory, limits, delay } = parts;

  async function issue(call: Call, status: number, issued: Issued, list: readonly Membership[]): Promise<Response> {
    const { session, tokens } = issued;
    const response = call.answer(status, {
      accessToken: tokens.access,
      refreshToken: tokens.refresh,
      expiresAt: new Date(session.expiresAt).toISOString(),
      sessionId: session.sessionId,
      organizationId: session.organizationId,
      agentId: session.agentId,
      user: await describeUser(directory, session.userId),
      organizations: describeMemberships(list),
    });
    const seconds = (until: number) => Math.max(1, Math.floor((until - parts.now()) / 1000));
    response.headers.append('set-cookie', setCookie('access', tokens.access, seconds(session.expiresAt), call.secure));
    response.headers.append('set-cookie', setCookie('refresh', tokens.refresh, seconds(issued.refreshableUntil), call.secure));
    return response;
  }

  return [
    {
      method: 'POST',
      path: '/api/sessions',
      name: 'session.open',
      area: 'identity',
      summary: 'Sign in',
      description:
        'Answers tokens and sets the same as cookies for browsers. An unknown address, a wrong password and a suspended account get the same answer in the same time. Repeated failures for one account from one address are answered ever more slowly; nobody is locked out.',
      open: true,
      body: signIn,
      bodyExample: { email: 'manager@uae-real-estate.demo', password: 'leadfloor-demo' },
      answers: [{ status: 201, description: 'Signed in.', schema: issuedSchema }],
      codes: {
        'session.credentials': { status: 401, title: 'E-mail and password do not match an account' },
        'organization.not-found': { status: 404, title: 'You are not a member of that organization' },
        'rate.limited': { status: 429, title: 'More than 20 sign-ins a second from one address' },
      },
      async handle(call) {
        await limits.signIn(call.ip);
        requireSameSite(call.c, parts.publicUrl, false);
        const body = await bodyOf(call, signIn);
        await delay.wait(call.ip, body.email);
        const userId = await sessions.authenticate(body.email, body.password);
        const list = userId === null ? [] : await directory.rows.membershipsOf(userId);
        if (userId === null || list.length === 0) {
          await delay.failed(call.ip, body.email);
          throw refuse('session.credentials', 'E-mail and password do not match an account.');
        }
        await delay.succeeded(call.ip, body.email);
        const wanted = body.organizationId ?? (await sessions.lastOrganization(userId));
        const chosen =
          list.find((membership) => membership.organizationId === wanted) ?? (body.organizationId === undefined ? list[0] : undefined);
        if (chosen === undefined) throw notFound('organization');
        return issue(call, 201, await sessions.open(userId, chosen.organizationId, chosen.agentId, callerOf(call)), list);
      },
    },
    {
      method: 'POST',
      path: '/api/sessions/refresh',
      name: 'session.refresh',
      area: 'identity',
      summary: 'Continue a session with its refresh token',
      description:
        'Each refresh token is good once and is exchanged for the next. Shown again within ten seconds, while its child is unused, it gives the same child (the answer may have been lost); later it is taken for stolen and the whole session ends.',
      open: true,
      body: refreshBody,
      bodyExample: { refreshToken: '3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' },
      answers: [{ status: 200, description: 'The next pair.', schema: issuedSchema }],
      codes: {
        'session.refresh-refused': { status: 401, title: 'The refresh token is unknown, used up or ended' },
        'request.cross-site': { status: 403, title: 'The cookie came with a request of another site' },
      },
      async handle(call) {
        await limits.signIn(call.ip);
        const body = await bodyOf(call, refreshBody);
        const cookie = cookieOf(header(call.c, 'cookie'), cookieName('refresh', call.secure));
        if (body.refreshToken === undefined) requireSameSite(call.c, parts.publicUrl, cookie !== null);
        const token = body.refreshToken ?? cookie;
        if (token === null) {
          throw refuse('invalid', 'The refresh token is missing.', {}, [{ path: 'refreshToken', message: 'is missing' }]);
        }
        const issued = await sessions.refresh(token);
        const list = await directory.rows.membershipsOf(issued.session.userId);
        if (!list.some((membership) => membership.organizationId === issued.session.organizationId)) {
          await sessions.end(issued.session.sessionId, 'membership-ended');
          throw refuse('session.refresh-refused', 'This session cannot be continued. Sign in again.');
        }
        return issue(call, 200, issued, list);
      },
    },
    {
      method: 'POST',
      path: '/api/sessions/switch',
      name: 'session.switch',
      area: 'identity',
      summary: 'Work in another of your organizations',
      description: 'Opens a session there. The one you come from goes on: each acts for its own organization.',
      body: switchBody,
      bodyExample: { organizationId: '0193a5b2-7c1e-7d4a-9f3e-2b6c8d0e1f2a' },
      answers: [{ status: 201, description: 'Tokens of the other organization.', schema: issuedSchema }],
      codes: { 'organization.not-found': { status: 404, title: 'You are not a member of that organization' } },
      async handle(call) {
        const { organizationId } = await bodyOf(call, switchBody);
        const list = await directory.rows.membershipsOf(call.principal.userId);
        const chosen = list.find((membership) => membership.organizationId === organizationId);
        if (chosen === undefined) throw notFound('organization');
        return issue(call, 201, await sessions.open(call.principal.userId, organizationId, chosen.agentId, callerOf(call)), list);
      },
    },
    {
      method: 'GET',
      path: '/api/sessions',
      name: 'session.list',
      area: 'identity',
      summary: 'Your running sessions, the latest used first',
      answers: [
        { status: 200, description: 'Sessions on all devices and in all organizations.', schema: z.object({ rows: z.array(sessionLine) }) },
      ],
      async handle(call) {
        const rows = await sessions.list(call.principal.userId);
        return call.answer(200, { rows: rows.map((row) => ({ ...row, current: row.id === call.principal.sessionId })) });
      },
    },
    {
      method: 'DELETE',
      path: '/api/sessions/current',
      name: 'session.close',
      area: 'identity',
      summary: 'Sign out',
      description: 'Ends this session with all its tokens and live connections, within a second everywhere, and clears the cookies.',
      answers: [{ status: 204, description: 'Signed out.' }],
      async handle(call) {
        await sessions.end(call.principal.sessionId, 'signed-out');
        const response = call.answer(204);
        for (const kind of ['access', 'refresh'] as const) response.headers.append('set-cookie', setCookie(kind, '', 0, call.secure));
        return response;
      },
    },
    {
      method: 'DELETE',
      path: '/api/sessions/{id}',
      name: 'session.end',
      area: 'identity',
      summary: 'End one of your sessions',
      answers: [{ status: 204, description: 'Ended; its tokens are dead within a second.' }],
      codes: { 'session.not-found': { status: 404, title: 'You have no such session' } },
      async handle(call) {
        const id = uuid.safeParse(call.c.req.param('id'));
        if (!id.success || !(await sessions.end(id.data, 'ended-by-person', call.principal.userId))) throw notFound('session');
        return call.answer(204);
      },
    },
  ];
}
