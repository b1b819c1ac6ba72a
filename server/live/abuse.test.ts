import assert from 'node:assert/strict';
import { connect as connectTcp } from 'node:net';
import { suite } from 'uvu';
import { WebSocket } from 'ws';
import { ScriptedFloor, startScripted } from './scripted-floor.ts';
import { connect, heard, WatchedRows } from './watching-client.ts';

const abuse = suite('sockets that misbehave');

/** Engine.IO and Socket.IO packets no client library sends, and payloads no handler expects. */
const malformed = [
  '',
  '4',
  '42',
  '42[',
  '42[]',
  '42{}',
  '42[1]',
  '42["watch"]',
  '42["watch",1]',
  '421["watch"]',
  '421["watch",null]',
  '421["watch",{"view":"board"},{"view":"board"}]',
  '421["watch",{"view":"board","params":{"__proto__":{"limit":1}}}]',
  '421["watch",{"view":{"$ne":1}}]',
  '42["command",1]',
  '42["command",{"type":"lead.tag"}]',
  '421["command",{"type":"lead.tag","stream":"\\u0000","data":{}}]',
  '421["command",{"type":"constructor","data":{}}]',
  '421["__proto__",{}]',
  '421["disconnect",{}]',
  '421["connect",{}]',
  '421["newListener",{}]',
  '42["presence"]',
  '421["presence",{"lead":"x"}]',
  '42["unwatch",{"watch":"nothing"}]',
  '42/other,["watch",{}]',
  '40/other,{}',
  '43["no such ack"]',
  '4399[1]',
  '451-["watch",{"_placeholder":true,"num":0}]',
  '459999999999-["x"]',
  '44{"message":"x"}',
  '4x',
  '9',
  '6',
  'x',
  `421["watch",{"view":"${'x'.repeat(1_000)}"}]`,
  `421["watch",${'['.repeat(20_000)}${']'.repeat(20_000)}]`,
  `421["watch",{"view":"board","params":{"limit":1e400}}]`,
  `42["${'y'.repeat(60_000)}",{}]`,
  `42["${'z'.repeat(70_000)}",{}]`,
];

async function signedIn(url: string, token: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('message', (data) => {
      const text = String(data);
      if (text.startsWith('0')) socket.send(`40${JSON.stringify({ token })}`);
      if (text.startsWith('40')) resolve();
    });
  });
  socket.removeAllListeners('error');
  socket.on('error', () => undefined);
  return socket;
}

abuse('lives through any packet, signed in or not, and serves the others', async () => {
  const floor = new ScriptedFloor();
  floor.admit('olga', 'org-1', 'owner', 'olga');
  const { url, hub, close } = await startScripted(floor);
  const good = await connect(url, 'olga');
  const board = new WatchedRows('board');
  await board.start(good);
  for (const packet of malformed) {
    const socket = await signedIn(url, 'olga');
    const over = new Promise<void>((resolve) => {
      socket.on('close', () => resolve());
      socket.on('message', (data) => {
        // The answer to the question below: the connection outlived the packet.
        if (String(data).startsWith('4377')) resolve();
      });
    });
    socket.send(packet);
    socket.send('4277["watch",{"view":"floor"}]');
    await over;
    socket.terminate();
  }
  for (const packet of malformed) {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    await new Promise<void>((resolve) => {
      socket.on('error', () => resolve());
      socket.on('close', () => resolve());
      socket.on('open', () => {
        socket.send(packet);
        socket.send(Buffer.from([0, 1, 2, 255]));
        // Our own close frame is answered, whatever the server made of the rest.
        socket.close();
      });
    });
  }
  await new Promise<void>((resolve) => {
    const { hostname, port } = new URL(url);
    const tcp = connectTcp(Number(port), hostname, () =>
      tcp.end(
        'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\u0000\u0001\u0002',
      ),
    );
    tcp.on('close', () => resolve());
    tcp.on('error', () => resolve());
    tcp.resume();
  });
  await board.reached(floor.commit([{ organizationId: 'org-1', view: 'board', key: 'a', scope: 'unassigned', row: {} }]));
  assert.deepEqual(board.faults, []);
  assert.equal(board.rows.size, 1);
  const bye = heard<{ reason: string }>(good, 'bye');
  await close();
  assert.deepEqual(await bye, { reason: 'draining' });
  assert.equal(hub.figures.sockets, 0);
});

abuse('answers an event that wants no answer with silence, and does not do what needs one', async () => {
  let ran = 0;
  const floor = new ScriptedFloor();
  floor.admit('olga', 'org-1', 'owner', 'olga');
  const { url, close } = await startScripted(floor, {
    runCommand: async () => {
      ran += 1;
      return { id: 'x', version: 1, position: 1, created: false, repeated: false };
    },
  });
  const socket = await connect(url, 'olga');
  socket.emit('command', { type: 'lead.tag', stream: 'x', data: {} });
  assert.deepEqual(await socket.emitWithAck('command', { type: 'lead.tag', stream: 'x', data: {} }), { id: 'x', version: 1, position: 1 });
  assert.equal(ran, 1);
  socket.close();
  await close();
});

abuse('never accepts a foreign page, with or without a token', async () => {
  const floor = new ScriptedFloor();
  floor.admit('olga', 'org-1', 'owner', 'olga');
  const { url, close } = await startScripted(floor);
  const attempt = (headers: Record<string, string>) =>
    new Promise<string>((resolve) => {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`, { headers });
      socket.on('error', (error) => resolve(error.message));
      socket.on('message', () => {
        resolve('connected');
        socket.terminate();
      });
    });
  assert.equal(await attempt({}), 'connected');
  assert.equal(await attempt({ origin: url }), 'connected');
  assert.match(await attempt({ origin: 'https://evil.example' }), /403|400/);
  assert.match(await attempt({ origin: 'null' }), /403|400/);
  assert.match(await attempt({ origin: 'https://evil.example', cookie: 'leadfloor-access=olga' }), /403|400/);
  await close();
});

abuse('takes the session from the cookie when no token is given', async () => {
  const floor = new ScriptedFloor();
  floor.admit('olga', 'org-1', 'owner', 'olga');
  const { url, close } = await startScripted(floor);
  const attempt = (cookie: string) =>
    new Promise<string>((resolve) => {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`, { headers: { cookie } });
      socket.on('message', (data) => {
        const text = String(data);
        if (text.startsWith('0')) socket.send('40');
        if (/^4[04]/.test(text)) {
          resolve(text);
          socket.terminate();
        }
      });
    });
  assert.match(await attempt('a=b; leadfloor-access=olga'), /^40\{/);
  const refused = await attempt('leadfloor-access=nobody');
  assert.match(refused, /^44\{/);
  const { data } = JSON.parse(refused.slice(2));
  assert.equal(data.status, 401);
  assert.equal(data.code, 'session.required');
  await close();
});

abuse('cuts a reader that stops reading, soon and cheaply, and nobody else', async () => {
  const floor = new ScriptedFloor();
  floor.admit('olga', 'org-1', 'owner', 'olga');
  const { url, hub, close } = await startScripted(floor);
  const good = await connect(url, 'olga');
  const board = new WatchedRows('board');
  await board.start(good);
  const slow = await signedIn(url, 'olga');
  await new Promise<void>((resolve) => {
    slow.on('message', (data) => String(data).startsWith('431[') && resolve());
    slow.send('421["watch",{"view":"board"}]');
  });
  slow.pause();
  const started = performance.now();
  const text = 'x'.repeat(1_000);
  let position = 0;
  while (hub.figures.sockets === 2) {
    position = floor.commit([{ organizationId: 'org-1', view: 'board', key: `k${position % 50}`, scope: 'unassigned', row: { text } }]);
    // As fast as the good reader reads.
    await board.reached(position);
    assert.ok(performance.now() - started < 5_000, 'the reader was not cut within 5 s');
  }
  assert.ok(good.connected);
  await board.reached(floor.commit([{ organizationId: 'org-1', view: 'board', key: 'last', scope: 'unassigned', row: {} }]));
  assert.deepEqual(board.faults, []);
  const closed = new Promise<void>((resolve) => slow.on('close', () => resolve()));
  slow.resume();
  await closed;
  good.close();
  await close();
});

abuse.run();
