import { z } from 'zod';
import type { OpenRoute } from './route.ts';

/** A sign-in of the demo floor, as the sign-in page offers it. */
export interface DemoAccount {
  email: string;
  name: string;
  role: string;
  organization: { slug: string; name: string };
}

/** What the demo lets everybody know. */
export interface DemoFloor {
  accounts: DemoAccount[];
  password: string;
}

const account = z.object({
  email: z.string(),
  name: z.string(),
  role: z.string(),
  organization: z.object({ slug: z.string(), name: z.string() }),
});
const shape = z.object({
  name: z.string(),
  demo: z.boolean(),
  accounts: z.array(account).optional().describe('Only on a demo floor.'),
  password: z.string().optional(),
});

/** `GET /api/floor`: what the sign-in page needs before anybody signed in. */
export function floorRoute(demo: () => Promise<DemoFloor | null>): OpenRoute {
  return {
    method: 'GET',
    path: '/api/floor',
    name: 'floor.read',
    area: 'identity',
    summary: 'What this installation is called, and the sign-ins of a demo floor',
    open: true,
    answers: [{ status: 200, description: 'This installation.', schema: shape }],
    async handle(call) {
      const shown = await demo();
      return call.answer(200, shown === null ? { name: 'Leadfloor', demo: false } : { name: 'Leadfloor', demo: true, ...shown });
    },
  };
}
