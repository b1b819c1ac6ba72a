// test-timeout: 120 s
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ExampleApp, type ExampleOrganization } from './example-app.ts';

const http = suite('commands over HTTP');
let floor: ExampleApp;
let uae: ExampleOrganization;
let owner: string;

http.before(async () => {
  floor = await ExampleApp.start();
  uae = await floor.organization('uae-real-estate');
  owner = await floor.signIn(uae.people.owner);
});
http.after(() => floor.close());

const amal = { firstName: 'Amal', lastName: 'Rashid', phone: '+971501234567', source: 'website' };

http('captures, reads back by min-position, moves by version', async () => {
  const captured = await floor.call('POST', '/api/leads', { token: owner, body: amal });
  assert.is(captured.status, 201, captured.text);
  const { id, position } = captured.json;
  const read = await floor.call('GET', `/api/leads/${String(id)}`, { token: owner, headers: { 'min-position': String(position) } });
  assert.is(read.status, 200, read.text);
  assert.is(read.json.name, 'Amal Rashid');
});

http.run();
