import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { rowHash } from './checksums.ts';
import { ScriptedFloor, type Step, startScripted } from './scripted-floor.ts';
import { connect, heard, type LiveRefusal, WatchedRows } from './watching-client.ts';

const live = suite('live hub');

const org = 'org-1';
const lead = (key: string, scope: string | null, row: object = {}, status = 'new'): Step => ({
  organizationId: org,
  view: 'board',
  key,
  scope,
  row,
  status,
});

async function floorWith(people: Record<string, 'owner' | 'agent'>, changes: Parameters<typeof startScripted>[1] = {}) {
  const floor = new ScriptedFloor();
  for (const [name, role] of Object.entries(people)) floor.admit(name, org, role, name);
  const served = await startScripted(floor, changes);
  return { floor, ...served };
}

live('starts with a snapshot and follows it by an unbroken chain', async () => {
  const { floor, url, close } = await floorWith({ olga: 'owner' });
  floor.commit([lead('a', 'unassigned', { name: 'A' }), lead('b', 'agent:ann', { name: 'B' })]);
  const socket = await connect(url, 'olga');
  const board = new WatchedRows('board');
  const answer = await board.start(socket);
  assert.equal(answer.mode, 'snapshot');
  assert.equal(answer.position, 2);
  assert.deepEqual([...board.rows.keys()].sort(), ['a', 'b']);
  const to = floor.commit([{ ...lead('a', 'agent:ann', { name: 'A2' }), sent: 'stamp-1' }]);
  await board.reached(to);
  assert.deepEqual(board.messages[0]?.rows[0], {
    key: 'a',
    row: { name: 'A2', status: 'new', version: 2 },
    by: 'script',
    at: new Date(to).toISOString(),
    sent: 'stamp-1',
  });
  floor.pass(5);
  await board.reached(floor.commit([lead('b', null)]));
  assert.deepEqual([...board.rows.keys()], ['a']);
  assert.deepEqual(board.faults, []);
  socket.close();
  await close();
});

live('sends what happens while the snapshot is read, before anything else', async () => {
  const { floor, url, close } = await floorWith({ olga: 'owner', otto: 'owner' });
  floor.commit([lead('a', 'unassigned')]);
  const [first, second] = [await connect(url, 'olga'), await connect(url, 'otto')];
  const early = new WatchedRows('board');
  await early.start(first);
  floor.commit([lead('a', 'unassigned', { n: 1 })]);
  floor.duringRead = () => floor.commit([lead('b', 'unassigned'), lead('a', null)]);
  const late = new WatchedRows('board');
  const answer = await late.start(second);
  assert.equal(answer.position, 4, 'what happened meanwhile is in the answer');
  assert.deepEqual(
    answer.rows.map((entry) => entry.key),
    ['b'],
  );
  const to = floor.commit([lead('c', 'unassigned')]);
  await Promise.all([early.reached(to), late.reached(to)]);
  for (const rows of [early, late]) {
    assert.deepEqual([...rows.rows.keys()].sort(), ['b', 'c']);
    assert.deepEqual(rows.faults, []);
  }
  assert.equal(late.watch, early.watch, 'one room, one watch id, one frame');
  first.close();
  second.close();
  await close();
});

live('takes a lead that changes hands from the old owner and gives it whole to the new one, at one position', async () => {
  const { floor, url, close } = await floorWith({ ann: 'agent', bob: 'agent', olga: 'owner' });
  floor.commit([lead('x', 'agent:ann', { name: 'X' }), lead('y', 'agent:bob'), lead('z', 'unassigned')]);
  const sockets = await Promise.all(['ann', 'bob', 'olga'].map((token) => connect(url, token)));
  const [ann, bob, olga] = [new WatchedRows('board'), new WatchedRows('board'), new WatchedRows('board')];
  await Promise.all([ann, bob, olga].map((rows, index) => rows.start(sockets[index] ?? assert.fail())));
  assert.deepEqual([...ann.rows.keys()].sort(), ['x', 'z']);
  assert.deepEqual([...bob.rows.keys()].sort(), ['y', 'z']);
  const to = floor.commit([lead('x', 'agent:bob', { name: 'X' })]);
  await Promise.all([ann.reached(to), bob.reached(to), olga.reached(to)]);
  assert.equal(ann.messages.at(-1)?.rows[0]?.gone, true);
  assert.deepEqual(bob.rows.get('x'), { name: 'X', status: 'new', version: 2 });
  assert.equal(ann.rows.has('x'), false);
  assert.equal(ann.messages.at(-1)?.to, bob.messages.at(-1)?.to);
  // What concerns only Bob does not reach Ann.
  const before = ann.messages.length;
  const next = floor.commit([lead('y', 'agent:bob', { n: 2 })]);
  await Promise.all([bob.reached(next), olga.reached(next)]);
  const last = floor.commit([lead('z', 'unassigned', { n: 3 })]);
  await ann.reached(last);
  assert.equal(ann.messages.length, before + 1);
  assert.equal(ann.messages.at(-1)?.from, to, 'the chain skips what it need not see');
  for (const rows of [ann, bob, olga]) assert.deepEqual(rows.faults, []);
  for (const socket of sockets) socket.close();
  await close();
});

live('shows nothing of another organization, whatever is watched', async () => {
  const floor = new ScriptedFloor();
  floor.admit('olga', org, 'owner', 'olga');
  floor.admit('eve', 'org-2', 'owner', 'eve');
  const { url, close } = await startScripted(floor);
  const id = '0190a000-0000-7000-8000-000000000001';
  floor.commit([lead(id, 'unassigned'), { ...lead(id, 'unassigned'), view: 'lead' }]);
  const [olga, eve] = [await connect(url, 'olga'), await connect(url, 'eve')];
  const [ours, theirs] = [new WatchedRows('board'), new WatchedRows('board')];
  await ours.start(olga);
  await theirs.start(eve);
  assert.equal(theirs.rows.size, 0);
  const foreign = await new WatchedRows('lead', { lead: id }).start(eve).catch((error: LiveRefusal) => error.problem);
  const missing = await new WatchedRows('lead', { lead: '0190a000-0000-7000-8000-00000000ffff' })
    .start(eve)
    .catch((error: LiveRefusal) => error.problem);
  assert.deepEqual(foreign, { status: 404, code: 'lead.not-found' });
  assert.deepEqual(foreign, missing);
  await ours.reached(floor.commit([lead(id, 'unassigned', { n: 1 })]));
  const barrier = floor.commit([{ ...lead('own', 'unassigned'), organizationId: 'org-2' }]);
  await theirs.reached(barrier);
  assert.deepEqual([...theirs.rows.keys()], ['own']);
  assert.equal(theirs.messages.length, 1);
  olga.close();
  eve.close();
  await close();
});

live('resumes from memory, else from what changed, else by a snapshot', async () => {
  const { floor, url, close } = await floorWith({ ann: 'agent' });
  floor.commit([lead('a', 'agent:ann'), lead('b', 'agent:ann'), lead('c', 'unassigned')]);
  const board = new WatchedRows('board');
  const first = await connect(url, 'ann');
  await board.start(first);
  first.close();
  floor.commit([lead('a', 'agent:bob'), lead('d', 'agent:ann')]);
  floor.commit([lead('a', 'agent:cid'), lead('b', 'agent:ann', { n: 2 })]);
  const reads = { ...floor.reads };
  const second = await connect(url, 'ann');
  const answer = await board.start(second);
  assert.equal(answer.mode, 'delta');
  assert.deepEqual(floor.reads, reads, 'the database was not asked');
  assert.deepEqual([...board.rows.keys()].sort(), ['b', 'c', 'd']);
  second.close();
  await close();

  const restarted = await startScripted(floor);
  floor.commit([lead('c', 'agent:bob')]);
  const third = await connect(restarted.url, 'ann');
  board.position -= 1;
  assert.equal((await board.start(third)).mode, 'delta');
  assert.equal(floor.reads.missed, 1, 'a node that was just started asks for what changed');
  assert.deepEqual([...board.rows.keys()].sort(), ['b', 'd']);
  third.close();
  await restarted.close();

  floor.changedFrom = floor.position();
  board.position = 1;
  const again = await startScripted(floor);
  const fourth = await connect(again.url, 'ann');
  assert.equal((await board.start(fourth, true)).mode, 'snapshot');
  assert.deepEqual([...board.rows.keys()].sort(), ['b', 'd']);
  assert.deepEqual(board.faults, []);
  fourth.close();
  await again.close();
});

live('waits for its own feed when rows are read ahead of it, and when a socket comes from a node that is ahead', async () => {
  const { floor, url, close } = await floorWith({ olga: 'owner' });
  floor.commit([lead('a', 'unassigned')]);
  const socket = await connect(url, 'olga');
  floor.hold();
  floor.commit([lead('b', 'unassigned')]);
  const board = new WatchedRows('board');
  const started = board.start(socket);
  floor.duringRead = () => setImmediate(() => floor.release());
  assert.equal((await started).position, 2);
  socket.close();
  floor.hold();
  const ahead = floor.commit([lead('c', 'unassigned')]);
  const other = await connect(url, 'olga');
  board.position = ahead;
  const resumed = board.start(other);
  setImmediate(() => floor.release());
  const answer = await resumed;
  assert.equal(answer.mode, 'delta');
  assert.equal(answer.position, ahead);
  await board.reached(floor.commit([lead('a', null)]));
  assert.deepEqual(board.faults, []);
  other.close();
  await close();
});

live('leaves no ghost when a row was visible only between two looks of a node that lags', async () => {
  const { floor, url, close } = await floorWith({ ann: 'agent' });
  floor.commit([lead('x', 'agent:bob'), lead('y', 'agent:ann')]);
  floor.hold();
  floor.commit([lead('x', 'agent:ann')]);
  // The rows are read while Ann owns the lead; this node hears of it only together with her losing it again.
  floor.duringRead = () => {
    floor.commit([lead('x', 'agent:bob')]);
    setImmediate(() => floor.release(true));
  };
  const socket = await connect(url, 'ann');
  const board = new WatchedRows('board');
  await board.start(socket);
  assert.deepEqual([...board.rows.keys()], ['y']);
  socket.close();
  await close();
});

live('cuts a socket within a second of its session’s end, and says so', async () => {
  const { floor, url, close } = await floorWith({ olga: 'owner', otto: 'owner' });
  const [olga, otto] = [await connect(url, 'olga'), await connect(url, 'otto')];
  const bye = heard<{ reason: string }>(olga, 'bye');
  const gone = heard<string>(olga, 'disconnect');
  const started = performance.now();
  floor.end('olga');
  assert.deepEqual(await bye, { reason: 'session-ended' });
  await gone;
  assert.ok(performance.now() - started < 1_000);
  const refused = await connect(url, 'olga').catch((error: LiveRefusal) => error.problem);
  assert.equal('status' in refused && refused.status, 401);
  assert.ok(otto.connected);
  otto.close();
  await close();
});

live('forces a new snapshot when what a person sees has changed', async () => {
  const { floor, url, close } = await floorWith({ ann: 'agent' });
  floor.commit([lead('a', 'agent:ann'), lead('b', 'agent:bob')]);
  const socket = await connect(url, 'ann');
  const board = new WatchedRows('board');
  await board.start(socket);
  const bye = heard<{ reason: string }>(socket, 'bye');
  floor.widen('ann', { key: 'team:ann,bob', all: false, agents: ['ann', 'bob'], unassigned: true });
  assert.deepEqual(await bye, { reason: 'permissions-changed' });
  const again = await connect(url, 'ann');
  const answer = await board.start(again);
  assert.equal(answer.mode, 'snapshot');
  assert.deepEqual([...board.rows.keys()].sort(), ['a', 'b']);
  again.close();
  await close();
});

function sumsOf(board: WatchedRows): Record<string, { count: number; sum: number }> {
  const sums: Record<string, { count: number; sum: number }> = { new: { count: 0, sum: 0 }, contacted: { count: 0, sum: 0 } };
  for (const [key, row] of board.rows) {
    const sum = sums[String(row.status)];
    if (sum) Object.assign(sum, { count: sum.count + 1, sum: (sum.sum + rowHash(key, Number(row.version))) >>> 0 });
  }
  return sums;
}

live('sums each column so that a screen can tell whether it differs', async () => {
  const { floor, url, close } = await floorWith({ ann: 'agent', olga: 'owner' }, { heartbeatMs: 40 });
  floor.commit([
    lead('a', 'agent:ann'),
    lead('b', 'agent:bob'),
    lead('c', 'unassigned', {}, 'contacted'),
    lead('w', 'agent:ann', {}, 'won'),
  ]);
  const sockets = [await connect(url, 'ann'), await connect(url, 'olga')];
  const boards = [new WatchedRows('board'), new WatchedRows('board')];
  for (const [index, board] of boards.entries()) await board.start(sockets[index] ?? assert.fail());
  for (const [index, board] of boards.entries()) {
    const socket = sockets[index] ?? assert.fail();
    let compared = 0;
    await new Promise<void>((resolve, reject) => {
      socket.on('heartbeat', (beat: { sums?: Record<string, { count: number; sum: number }> }) => {
        try {
          if (beat.sums !== undefined) {
            assert.deepEqual(beat.sums, sumsOf(board));
            compared += 1;
          }
          if (compared === 4) resolve();
          const step = compared + 1;
          floor.commit([lead(`n${step % 3}`, step % 2 ? 'agent:ann' : 'agent:bob', { step }, step % 4 === 3 ? 'won' : 'contacted')]);
        } catch (error) {
          reject(error);
        }
      });
    });
    assert.deepEqual(board.faults, []);
  }
  for (const socket of sockets) socket.close();
  await close();
});

live('sums metrics over what each audience sees', async () => {
  const { floor, url, close } = await floorWith({ ann: 'agent', olga: 'owner' });
  const metric = (scope: string, value: number): Step => ({
    organizationId: org,
    view: 'metrics',
    key: `${scope} leads.open`,
    scope,
    row: { name: 'leads.open', value, asOf: new Date(value).toISOString(), source: 'log', cacheTtl: 0 },
  });
  floor.commit([metric('agent:ann', 2), metric('agent:bob', 5), metric('unassigned', 1)]);
  const [ann, olga] = [await connect(url, 'ann'), await connect(url, 'olga')];
  const [hers, all] = [new WatchedRows('metrics'), new WatchedRows('metrics')];
  await hers.start(ann);
  await all.start(olga);
  assert.equal(hers.rows.get('leads.open')?.value, 3);
  assert.equal(all.rows.get('leads.open')?.value, 8);
  const to = floor.commit([metric('agent:bob', 6), metric('unassigned', 4)]);
  await Promise.all([hers.reached(to), all.reached(to)]);
  assert.equal(hers.rows.get('leads.open')?.value, 6);
  assert.deepEqual(all.rows.get('leads.open'), {
    name: 'leads.open',
    value: 12,
    asOf: new Date(6).toISOString(),
    source: 'log',
    cacheTtl: 0,
  });
  ann.close();
  olga.close();
  await close();
});

live('names a lead only to those who see it when it says who is where', async () => {
  const { floor, url, close } = await floorWith({ ann: 'agent', bob: 'agent', olga: 'owner' });
  const id = '0190a000-0000-7000-8000-000000000001';
  floor.commit([lead(id, 'agent:ann'), { ...lead(id, 'agent:ann'), view: 'lead' }]);
  const sockets = await Promise.all(['ann', 'bob', 'olga'].map((token) => connect(url, token)));
  const [ann, bob, olga] = sockets as [
    Awaited<ReturnType<typeof connect>>,
    Awaited<ReturnType<typeof connect>>,
    Awaited<ReturnType<typeof connect>>,
  ];
  interface Told {
    people: { agentId: string; lead: string | null; doing: string | null }[];
    gone?: string[];
  }
  const told = (socket: typeof ann, about: (message: Told) => boolean) =>
    new Promise<Told>((resolve) => socket.on('presence', (message: Told) => about(message) && resolve(message)));
  const annsAttention = (message: Told) =>
    message.people.some((person) => person.agentId === 'ann' && (person.lead !== null || person.doing !== null));
  const seen = told(olga, annsAttention);
  const bobs: Told[] = [];
  bob.on('presence', (message: Told) => bobs.push(message));
  assert.deepEqual(await ann.emitWithAck('presence', { lead: id, doing: 'editing' }), {});
  const found = (await seen).people.find((person) => person.agentId === 'ann');
  assert.deepEqual(found && { lead: found.lead, doing: found.doing }, { lead: id, doing: 'editing' });
  const refused = await bob.emitWithAck('presence', { lead: id, doing: 'viewing' });
  assert.equal(refused.status, 404);
  const left = told(bob, (message) => message.gone?.includes('ann') === true);
  ann.close();
  await left;
  assert.ok(!bobs.some(annsAttention));
  bob.close();
  olga.close();
  await close();
});

live('sends everyone away when the feed has a hole, and lets them start anew', async () => {
  const { floor, url, close } = await floorWith({ olga: 'owner' });
  floor.commit([lead('a', 'unassigned')]);
  const socket = await connect(url, 'olga');
  const board = new WatchedRows('board');
  await board.start(socket);
  const bye = heard<{ reason: string }>(socket, 'bye');
  floor.hold();
  floor.commit([lead('b', 'unassigned')]);
  floor.announceRaw({ from: 1, to: 2, changes: [], lost: true });
  assert.deepEqual(await bye, { reason: 'resync' });
  floor.changedFrom = 2;
  const again = await connect(url, 'olga');
  assert.equal((await board.start(again)).mode, 'snapshot');
  assert.deepEqual([...board.rows.keys()].sort(), ['a', 'b']);
  again.close();
  await close();
});

live('refuses what it does not know with a problem that names the place', async () => {
  const { url, close } = await floorWith({ olga: 'owner' });
  const socket = await connect(url, 'olga');
  const cases: [object, string][] = [
    [{ view: 'secrets' }, 'view'],
    [{ view: 'board', params: { limit: 20_001 } }, 'params.limit'],
    [{ view: 'board', params: { owner: 'x' } }, 'params'],
    [{ view: 'lead', params: { lead: 'not-an-id' } }, 'params.lead'],
    [{ view: 'lead' }, 'params'],
    [{ view: 'board', since: -1 }, 'since'],
    [{ view: 'board', since: 1.5 }, 'since'],
    [{ view: 'board', extra: 1 }, ''],
  ];
  for (const [sent, path] of cases) {
    const problem = await socket.timeout(5_000).emitWithAck('watch', sent);
    assert.equal(problem.status, 400, JSON.stringify(sent));
    assert.equal(problem.code, 'invalid');
    assert.equal(problem.errors[0].path, path, JSON.stringify(problem.errors));
    assert.match(problem.requestId, /^[0-9a-f-]{36}$/);
  }
  assert.equal((await socket.timeout(5_000).emitWithAck('no-such-event', {})).status, 400);
  assert.equal((await socket.timeout(5_000).emitWithAck('toString', {})).status, 400);
  socket.close();
  await close();
});

live('forgets rooms and sockets when everybody has left', async () => {
  const { floor, hub, url, close } = await floorWith({ ann: 'agent', olga: 'owner' });
  floor.commit([lead('a', 'agent:ann')]);
  const sockets = await Promise.all(['ann', 'olga', 'olga'].map((token) => connect(url, token)));
  for (const socket of sockets) {
    await new WatchedRows('board').start(socket);
    const floorRows = new WatchedRows('floor');
    const { watch } = await floorRows.start(socket);
    await socket.emitWithAck('unwatch', { watch });
  }
  assert.deepEqual(hub.figures, { sockets: 3, rooms: 2, position: 1 });
  const last = heard(sockets[0] ?? assert.fail(), 'disconnect');
  hub.drain();
  await last;
  assert.deepEqual(hub.figures, { sockets: 0, rooms: 0, position: 1 });
  await close();
});

live.run();
