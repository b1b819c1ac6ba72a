import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnvironment } from '../../server/environment.ts';
import { createLog } from '../../server/log.ts';
import { openTool } from '../../server/tool.ts';
import { checkInvariants } from './invariants.ts';
import { type Crowd, Person, randomFrom, type Sent } from './people.ts';
import { ServerToKill } from './server-to-kill.ts';

export interface FaultPlan {
  seed: number;
  /** How often the server and PostgreSQL are killed. */
  server: number;
  postgres: number;
  people: number;
  /** Commands answered between two faults, at most. */
  between: number;
  say: (line: string) => void;
}

export interface FaultReport {
  commands: number;
  acknowledged: number;
  refused: number;
  /** Attempts after which the sender could not know. */
  unknown: number;
  /** Repeats that found their command done. */
  dedupHits: number;
  events: number;
  kills: { server: number; postgres: number };
  violations: string[];
}

const demo = { email: 'owner@uae-real-estate.demo', password: 'leadfloor-demo' };

/**
 * Many people work leads over HTTP while the server and its database are killed at random moments. Whoever is not
 * answered repeats the command with its key. At the end nobody may have been lied to.
 */
export async function runFaults(plan: FaultPlan): Promise<FaultReport> {
  const dataDir = await mkdtemp(join(tmpdir(), 'leadfloor-faults-'));
  const server = await ServerToKill.on(dataDir);
  const random = randomFrom(plan.seed);
  const sent: Sent[] = [];
  const broken: string[] = [];
  try {
    await server.start();
    const { token, agents } = await signIn(server.url);
    let going = true;
    let answered = 0;
    let wake: { at: number; resolve: () => void } | null = null;
    const answeredUpTo = (at: number) =>
      new Promise<void>((resolve) => {
        wake = { at, resolve };
      });
    const crowd: Crowd = {
      url: server.url,
      token,
      agents,
      random,
      sent,
      broken,
      going: () => going,
      onAnswered() {
        answered += 1;
        if (wake && answered >= wake.at) wake.resolve();
      },
    };
    const working = Promise.all(Array.from({ length: plan.people }, (_, i) => new Person(crowd, i).work()));
    const failed = working.then(() => undefined);
    const faults = shuffled([...Array<'server'>(plan.server).fill('server'), ...Array<'postgres'>(plan.postgres).fill('postgres')], random);
    for (const [i, fault] of faults.entries()) {
      await Promise.race([answeredUpTo(answered + 20 + Math.floor(random() * plan.between)), failed]);
      plan.say(`${i + 1}/${faults.length}: killing ${fault === 'server' ? 'the server' : 'PostgreSQL'} after ${answered} answers`);
      if (fault === 'server') {
        await server.kill();
        await server.start();
      } else await server.killPostgres();
    }
    await Promise.race([answeredUpTo(answered + plan.between), failed]);
    going = false;
    await working;
    const code = await server.stop();
    if (code !== 0) broken.push(`The server ended with ${code}:\n${server.said}`);

    plan.say('checking the invariants');
    const tool = await openTool(readEnvironment(server.environment), createLog('error'), () => undefined);
    try {
      const { violations, dedupHits, events } = await checkInvariants(tool, sent);
      return {
        commands: sent.length,
        acknowledged: sent.filter(({ outcome }) => outcome === 'accepted').length,
        refused: sent.filter(({ outcome }) => outcome === 'refused').length,
        unknown: sent.reduce((sum, { unknown }) => sum + unknown, 0),
        dedupHits,
        events,
        kills: { server: plan.server, postgres: plan.postgres },
        violations: [...broken, ...violations],
      };
    } finally {
      await tool.close();
    }
  } finally {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function signIn(url: string): Promise<{ token: string; agents: string[] }> {
  const json = { 'content-type': 'application/json' };
  const session = await fetch(`${url}/api/sessions`, { method: 'POST', headers: json, body: JSON.stringify(demo) });
  if (session.status !== 201) throw new Error(`The demo's owner could not sign in: ${session.status} ${await session.text()}`);
  const { accessToken } = (await session.json()) as { accessToken: string };
  const answer = await fetch(`${url}/api/agents`, { headers: { authorization: `Bearer ${accessToken}` } });
  const { rows } = (await answer.json()) as { rows: { id: string }[] };
  if (rows.length === 0) throw new Error('The demo has no agents.');
  return { token: accessToken, agents: rows.map(({ id }) => id) };
}

function shuffled<T>(values: T[], random: () => number): T[] {
  for (let i = values.length - 1; i > 0; i -= 1) {
    const other = Math.floor(random() * (i + 1));
    [values[i], values[other]] = [values[other] as T, values[i] as T];
  }
  return values;
}
