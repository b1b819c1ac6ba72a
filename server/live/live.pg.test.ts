// test-timeout: 120 s
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Socket } from 'socket.io-client';
import { suite } from 'uvu';
import { startFloor, type TestFloor } from '../testing.ts';
import { connect, heard, type LiveRefusal, WatchedRows } from './watching-client.ts';

const live = suite('live on a real floor');

let floor: TestFloor;
let second: TestFloor;
const tokens = new Map<string, string>();
const mail = (who: string, slug = 'b2b-sales') => `${who}@${slug}.demo`;

interface Me {
  agentId: string;
  organization: { id: string };
}

live.before(async () => {
  floor = await startFloor({ demo: true });
  second = await startFloor({ database: floor.database });
});
live.after(async () => {
  await second.close();
  await floor.close();
});

async function tokenOf(email: string): Promise<string> {
  const known = tokens.get(email) ?? (await floor.signIn(email)).token;
  tokens.set(email, known);
  return known;
}

async function meOf(email: string): Promise<Me> {
  const answer = await fetch(`${floor.url}/api/me`, { headers: { authorization: `Bearer ${await tokenOf(email)}` } });
  return (await answer.json()) as Me;
}

async function open(who: string, url = floor.url): Promise<Socket> {
  return connect(url, await tokenOf(mail(who)));
}

interface Done {
  id: string;
  version: number;
  position: number;
  status?: number;
  code?: string;
}

/** Sends a command over a socket; a refusal fails the test. */
async function done(socket: Socket, type: string, stream: string | undefined, data: object): Promise<Done> {
  const answer: Done = await socket.timeout(10_000).emitWithAck('command', { id: randomUUID(), type, stream, data });
  assert.ok(answer.code === undefined, `${type}: ${JSON.stringify(answer)}`);
  return answer;
}

async function captured(socket: Socket): Promise<Done> {
  const tail = randomUUID().slice(0, 8);
  const lead = { firstName: 'Live', lastName: tail, email: `${tail}@example.com`, phone: '+14155550100', source: 'website' };
  return done(socket, 'lead.capture', undefined, {
    ...lead,
    phone: `+1415555${String(Math.floor(Math.random() * 10_000)).padStart(4, '0')}`,
  });
}

/** The rows of a fresh watch: the state a screen must equal. */
async function fresh(socket: Socket, view: string, params: object = {}): Promise<Map<string, object>> {
  const rows = new WatchedRows(view, params);
  await rows.start(socket);
  return new Map([...rows.rows].sort());
}

live('shows agents their own and unassigned leads, and hands a lead over at one position', async () => {
  const [owner, one, two, viewer] = await Promise.all(['owner', 'agent1', 'agent2', 'viewer'].map((who) => open(who)));
  assert.ok(owner && one && two && viewer);
  const boards = [new WatchedRows('board'), new WatchedRows('board'), new WatchedRows('board'), new WatchedRows('board')] as const;
  const [all, hers, his, seen] = boards;
  await Promise.all([all.start(owner), hers.start(one), his.start(two), seen.start(viewer)]);
  const [first, other] = [await meOf(mail('agent1')), await meOf(mail('agent2'))];
  for (const [rows, me] of [
    [hers, first],
    [his, other],
  ] as const) {
    assert.ok(rows.rows.size > 0);
    for (const row of rows.rows.values()) assert.ok(row.agentId === null || row.agentId === me.agentId);
  }
  assert.ok([...hers.rows.values()].some((row) => row.agentId === first.agentId));
  const lead = await captured(owner);
  await Promise.all(boards.map((rows) => rows.reached(lead.position)));
  assert.ok(
    boards.every((rows) => rows.rows.has(lead.id)),
    'unassigned: everybody sees it',
  );
  const given = await done(owner, 'lead.assign', lead.id, { agentId: first.agentId });
  await Promise.all(boards.map((rows) => rows.reached(given.position)));
  assert.deepEqual(
    boards.map((rows) => rows.rows.has(lead.id)),
    [true, true, false, true],
  );
  const moved = await done(owner, 'lead.assign', lead.id, { agentId: other.agentId });
  await Promise.all(boards.map((rows) => rows.reached(moved.position)));
  assert.deepEqual(
    boards.map((rows) => rows.rows.has(lead.id)),
    [true, false, true, true],
  );
  assert.deepEqual(his.rows.get(lead.id), all.rows.get(lead.id));
  assert.equal(hers.messages.at(-1)?.rows.find((entry) => entry.key === lead.id)?.gone, true);
  const hidden = await new WatchedRows('lead', { lead: lead.id }).start(one).catch((error: LiveRefusal) => error.problem);
  assert.deepEqual(hidden, { status: 404, code: 'lead.not-found' });
  for (const rows of boards) assert.deepEqual(rows.faults, []);
  for (const socket of [owner, one, two, viewer]) socket.close();
});

live('carries the commands of the contract, their refusals and the sender’s stamp', async () => {
  const [owner, agent, viewer] = [await open('owner'), await open('agent1'), await open('viewer')];
  const board = new WatchedRows('board');
  await board.start(owner);
  const lead = await captured(agent);
  const id = randomUUID();
  const tagged: Done = await owner.emitWithAck('command', { id, type: 'lead.tag', stream: lead.id, data: { tag: 'hot' }, sentAt: 123.25 });
  assert.deepEqual(Object.keys(tagged).sort(), ['id', 'position', 'version']);
  await board.reached(tagged.position);
  assert.equal(
    board.messages.flatMap((message) => message.rows).find((entry) => entry.key === lead.id && entry.sent !== undefined)?.sent,
    123.25,
  );
  assert.deepEqual(
    await owner.emitWithAck('command', { id, type: 'lead.tag', stream: lead.id, data: { tag: 'hot' }, sentAt: 123.25 }),
    tagged,
  );
  const cases: [Socket, object, number, string][] = [
    [viewer, { type: 'lead.tag', stream: lead.id, data: { tag: 'x' } }, 403, 'forbidden'],
    [owner, { type: 'lead.tag', stream: randomUUID(), data: { tag: 'x' } }, 404, 'lead.not-found'],
    [owner, { type: 'lead.tag', stream: lead.id, data: { tag: 'x' }, expectedVersion: 1_000 }, 409, 'version.conflict'],
    [owner, { type: 'lead.tag', stream: lead.id, data: { tag: 5 } }, 400, 'invalid'],
    [owner, { type: 'lead.tag', stream: lead.id, data: { tag: 'a\u0000b' } }, 400, 'invalid'],
    [owner, { type: 'lead.vanish', stream: lead.id, data: {} }, 400, 'invalid'],
    [owner, { id, type: 'lead.tag', stream: lead.id, data: { tag: 'other' } }, 409, 'command.reused'],
  ];
  for (const [socket, command, status, code] of cases) {
    const problem: Done & { requestId?: string } = await socket.emitWithAck('command', { id: randomUUID(), ...command });
    assert.deepEqual([problem.status, problem.code], [status, code], JSON.stringify(command));
    assert.ok(problem.requestId);
  }
  for (const socket of [owner, agent, viewer]) socket.close();
});

live('resumes a board that was cut during a thousand commands, chain unbroken, equal to a fresh snapshot', async () => {
  const owner = await open('owner');
  const watcher = await tokenOf(mail('manager'));
  const board = new WatchedRows('board');
  let socket = await connect(floor.url, watcher);
  await board.start(socket);
  const leads = [...board.rows.keys()].slice(0, 40);
  let last = 0;
  let sent = 0;
  const worker = async (): Promise<void> => {
    while (sent < 1_000) {
      sent += 1;
      const n = sent;
      const lead = leads[n % leads.length] ?? assert.fail();
      const verb = n % 2 ? 'lead.tag' : 'lead.untag';
      const answer = await done(owner, verb, lead, { tag: `t${Math.floor(n / (2 * leads.length)) % 20}` });
      last = Math.max(last, answer.position);
    }
  };
  const work = Promise.all(Array.from({ length: 16 }, worker));
  let cuts = 0;
  const modes = new Set<string>();
  while (sent < 950) {
    await board.reached(board.position + 20);
    socket.io.engine.close();
    socket.close();
    cuts += 1;
    // Every other time on the other node, whose memory of the changes is its own.
    socket = await connect((cuts % 2 ? second : floor).url, watcher);
    modes.add((await board.start(socket)).mode);
  }
  await work;
  const barrier = await captured(owner);
  await board.reached(barrier.position);
  assert.deepEqual(new Map([...board.rows].sort()), await fresh(socket, 'board'));
  assert.deepEqual(board.faults, []);
  assert.deepEqual([...modes], ['delta']);
  assert.ok(cuts >= 5, `only ${cuts} cuts`);
  owner.close();
  socket.close();
});

live('resumes on a node that was just started, from what changed', async () => {
  const [owner, agent] = [await open('owner'), await open('agent1')];
  const board = new WatchedRows('board');
  await board.start(agent);
  agent.close();
  const me = await meOf(mail('agent1'));
  const mine = [...board.rows.values()].filter((row) => row.agentId === me.agentId);
  await done(owner, 'lead.unassign', String(mine[0]?.id), {});
  await done(owner, 'lead.assign', String(mine[1]?.id), { agentId: (await meOf(mail('agent3'))).agentId });
  const last = await done(owner, 'lead.delete', String(mine[2]?.id), {});
  const third = await startFloor({ database: floor.database });
  try {
    const again = await connect(third.url, await tokenOf(mail('agent1')));
    const answer = await board.start(again);
    assert.equal(answer.mode, 'delta');
    assert.ok(answer.position >= last.position);
    assert.equal(answer.rows.filter((entry) => entry.gone).length, 2);
    assert.deepEqual(new Map([...board.rows].sort()), await fresh(again, 'board'));
    again.close();
  } finally {
    await third.close();
    owner.close();
  }
});

live('pushes from one process to the sockets of another', async () => {
  const [here, there] = [await open('owner'), await open('owner', second.url)];
  const boards = [new WatchedRows('board'), new WatchedRows('board')] as const;
  await boards[0].start(here);
  await boards[1].start(there);
  const lead = await captured(there);
  await Promise.all(boards.map((rows) => rows.reached(lead.position)));
  const tagged = await done(here, 'lead.tag', lead.id, { tag: 'across' });
  await Promise.all(boards.map((rows) => rows.reached(tagged.position)));
  assert.deepEqual(boards[0].rows.get(lead.id), boards[1].rows.get(lead.id));
  for (const rows of boards) assert.deepEqual(rows.faults, []);
  here.close();
  there.close();
});

live('cuts every socket of an ended session within a second, on both processes, and never lets it resume', async () => {
  const { token } = await floor.signIn(mail('agent4'));
  const sockets = [await connect(floor.url, token), await connect(second.url, token)];
  const board = new WatchedRows('board');
  await board.start(sockets[0] ?? assert.fail());
  const byes = sockets.map((socket) => heard<{ reason: string }>(socket, 'bye'));
  const ends = sockets.map((socket) => heard(socket, 'disconnect'));
  const answer = await fetch(`${floor.url}/api/sessions/current`, { method: 'DELETE', headers: { authorization: `Bearer ${token}` } });
  assert.ok(answer.ok, String(answer.status));
  const ended = performance.now();
  assert.deepEqual(await Promise.all(byes), [{ reason: 'session-ended' }, { reason: 'session-ended' }]);
  await Promise.all(ends);
  assert.ok(performance.now() - ended < 1_000, `took ${performance.now() - ended} ms`);
  for (const { url } of [floor, second]) {
    const refused = await connect(url, token).catch((error: LiveRefusal) => error.problem);
    assert.equal('status' in refused && refused.status, 401);
  }
});

live('starts anew with what a person may see when their role changes', async () => {
  const owner = await open('owner');
  const { token } = await floor.signIn(mail('agent5'));
  const socket = await connect(floor.url, token);
  const board = new WatchedRows('board');
  await board.start(socket);
  const before = board.rows.size;
  const bye = heard<{ reason: string }>(socket, 'bye');
  const me = await meOf(mail('agent5'));
  await done(owner, 'member.change-role', me.agentId, { role: 'admin' });
  assert.deepEqual(await bye, { reason: 'permissions-changed' });
  const again = await connect(floor.url, token);
  const answer = await board.start(again);
  assert.equal(answer.mode, 'snapshot', 'rows seen under other rights are not resumed');
  assert.ok(board.rows.size > before);
  await done(owner, 'member.change-role', me.agentId, { role: 'agent' });
  owner.close();
  again.close();
});

live('tells alerts to the one they are for, and says on the floor how many leads each agent has', async () => {
  const [owner, one, two] = [await open('owner'), await open('agent1'), await open('agent2')];
  const [mine, others] = [new WatchedRows('alerts'), new WatchedRows('alerts')];
  const agents = new WatchedRows('floor');
  await mine.start(one);
  await others.start(two);
  await agents.start(owner);
  const me = await meOf(mail('agent1'));
  const had = Number(agents.rows.get(me.agentId)?.activeLeadsCount);
  const lead = await captured(owner);
  const given = await done(owner, 'lead.assign', lead.id, { agentId: me.agentId });
  await Promise.all([mine.reached(given.position), agents.reached(given.position)]);
  assert.ok([...mine.rows.values()].some((row) => row.leadId === lead.id && row.kind === 'assigned'));
  assert.equal(agents.rows.get(me.agentId)?.activeLeadsCount, had + 1);
  assert.ok(![...others.rows.values()].some((row) => row.leadId === lead.id));
  for (const socket of [owner, one, two]) socket.close();
});

live('answers the newest of each column and how many more there are beyond the limit', async () => {
  const owner = await open('owner');
  const whole = await fresh(owner, 'board');
  const part = new WatchedRows('board', { limit: 30 });
  const answer = await part.start(owner);
  assert.equal(answer.rows.length, 30);
  const left = Object.values(answer.more ?? {}).reduce((sum, n) => sum + n, 0);
  assert.equal(left, whole.size - 30);
  for (const [status, count] of Object.entries(answer.more ?? {})) {
    const column = [...whole.values()].filter((row) => 'status' in row && row.status === status);
    const shown = [...part.rows.values()].filter((row) => row.status === status);
    assert.equal(column.length, shown.length + count);
    const oldest = shown.map((row) => String(row.statusChangedAt)).sort()[0] ?? '';
    const newer = column.filter((row) => 'statusChangedAt' in row && String(row.statusChangedAt) > oldest);
    assert.ok(newer.length < shown.length, 'the newest are shown');
  }
  owner.close();
});

live.run();
