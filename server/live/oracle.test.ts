import assert from 'node:assert/strict';
import type { Socket } from 'socket.io-client';
import { suite } from 'uvu';
import { audienceOf, everything } from '../../domain/identity/audience.ts';
import { randomBy, ScriptedFloor, startScripted } from './scripted-floor.ts';
import type { Target } from './target.ts';
import { connect, WatchedRows } from './watching-client.ts';

const oracle = suite('live oracle');

const org = 'org-1';
const agents = ['ann', 'bob', 'cid'];

interface Screen {
  target: Target;
  token: string;
  rows: WatchedRows;
  socket: Socket | null;
}

async function run(seed: number, rounds: number): Promise<{ resumes: number }> {
  const random = randomBy(seed);
  const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T;
  const floor = new ScriptedFloor();
  // Two nodes over one floor: a socket may come back to the other one.
  const nodes = await Promise.all([startScripted(floor), startScripted(floor)]);
  const screens: Screen[] = [];
  for (const agent of [...agents, 'olga', 'max']) {
    const audience = agents.includes(agent)
      ? audienceOf('agent', agent, null, 'own-and-unassigned')
      : agent === 'olga'
        ? everything
        : audienceOf('manager', agent, ['ann', 'bob'], 'team');
    floor.admit(agent, org, 'agent', agent, audience);
    for (let copy = 0; copy < 2; copy += 1) {
      const target: Target = { organizationId: org, view: 'board', key: null, audience, me: agent };
      screens.push({ target, token: agent, rows: new WatchedRows('board'), socket: null });
    }
  }
  let resumes = 0;
  const scopes = ['unassigned', ...agents.map((agent) => `agent:${agent}`), null];
  for (let round = 0; round < rounds; round += 1) {
    const steps = Array.from({ length: 1 + random(6) }, () => ({
      organizationId: random(12) === 0 ? 'org-2' : org,
      view: random(10) === 0 ? 'floor' : 'board',
      key: `lead-${random(25)}`,
      scope: pick(scopes),
      row: { n: random(1_000_000) },
      status: pick(['new', 'contacted', 'won']),
    }));
    if (random(8) === 0) floor.hold();
    floor.commit(steps);
    if (random(3) === 0) floor.release(random(2) === 0);
    const screen = pick(screens);
    if (screen.socket === null) {
      const read =
        random(2) === 0
          ? () =>
              floor.commit([{ ...steps[0], organizationId: org, view: 'board', key: 'lead-0', scope: pick(scopes), row: { late: round } }])
          : null;
      floor.duringRead = read;
      const socket = await connect(pick(nodes).url, screen.token);
      screen.socket = socket;
      const before = screen.rows.position;
      const started = screen.rows.start(socket);
      const collapsed = random(2) === 0;
      setImmediate(() => floor.release(collapsed));
      await started;
      if (before > 0 && screen.rows.mode === 'delta') resumes += 1;
    } else if (random(3) === 0) {
      // Without a goodbye, as a network does it.
      screen.socket.io.engine.close();
      screen.socket.close();
      screen.socket = null;
      if (random(10) === 0) floor.changedFrom = floor.position();
    }
  }
  floor.release();
  for (const screen of screens) {
    if (screen.socket !== null) continue;
    screen.socket = await connect(pick(nodes).url, screen.token);
    await screen.rows.start(screen.socket);
  }
  // Seen by all: who has it has everything before it.
  const last = floor.commit([{ organizationId: org, view: 'board', key: 'barrier', scope: 'unassigned', row: {} }]);
  await Promise.all(screens.map((screen) => screen.rows.reached(last)));
  for (const screen of screens) {
    const truth = new Map([...floor.truth(screen.target)].map(([key, wire]) => [key, JSON.parse(wire)]));
    assert.deepEqual(new Map([...screen.rows.rows].sort()), new Map([...truth].sort()), `seed ${seed}, ${screen.token}`);
    assert.deepEqual(screen.rows.faults, [], `seed ${seed}, ${screen.token}`);
    screen.socket?.close();
  }
  for (const node of nodes) await node.close();
  return { resumes };
}

for (const seed of [1, 2, 3, 4, 5]) {
  oracle(`seed ${seed}: every screen holds what it may see, through cuts, resumes, lag and two nodes`, async () => {
    const { resumes } = await run(seed, 400);
    assert.ok(resumes > 10, `only ${resumes} resumes: the run did not test what it should`);
  });
}

oracle.run();
