import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v7 } from 'uuid';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { everything } from '../../../domain/identity/audience.ts';
import type { Actor } from '../../../domain/kernel/aggregate.ts';
import type { LeadState } from '../../../domain/leads/lead/facts.ts';
import { startFloor, type TestFloor } from '../../testing.ts';
import { leadsByExternalId } from './lookups.ts';
import { guessMapping } from './mapping.ts';
import { type ImportReport, importSheet } from './process.ts';
import { profileOf } from './profile.ts';
import { openSheet, type SheetRow } from './sheet.ts';

const test = suite('import');
const system: Actor = { id: 'system:test', agentId: null, name: 'Test', role: 'owner', audience: everything };
let floor: TestFloor;
let folder: string;

test.before(async () => {
  floor = await startFloor();
  folder = await mkdtemp(join(tmpdir(), 'leadfloor-import-'));
});
test.after(async () => {
  await floor.close();
  await rm(folder, { recursive: true });
});

async function organization(preset: string): Promise<string> {
  const id = v7();
  await floor.store.execute({
    type: 'organization.create',
    organizationId: id,
    id,
    actor: system,
    data: { name: preset, slug: `${preset}-${id.slice(-6)}`, preset },
  });
  return id;
}

interface Run extends ImportReport {
  rejects: { line: number; reason: string }[];
}

async function importCsv(organizationId: string, content: string, changes: { dryRun?: boolean; path?: string } = {}): Promise<Run> {
  const path = changes.path ?? join(folder, `${v7()}.csv`);
  if (changes.path === undefined) await writeFile(path, content);
  const sheet = await openSheet(path);
  const profile = await profileOf(sheet);
  const { state } = await floor.store.load<{ stages: { key: string }[] }>(organizationId, { type: 'pipeline', id: organizationId });
  const mapping = guessMapping(profile, { currency: 'USD', stages: state.stages.map(({ key }) => key) });
  const rejects: { line: number; reason: string }[] = [];
  const onReject = (row: SheetRow, reason: string) => void rejects.push({ line: row.line, reason });
  const parts = { store: floor.store, leadsByExternalId: leadsByExternalId(floor.connections, floor.projector), now: Date.now, newId: v7 };
  const report = await importSheet(parts, { organizationId, sheet, profile, mapping, dryRun: changes.dryRun ?? false, onReject });
  assert.ok(await floor.projector.waitFor(await floor.store.head(), 20_000));
  return { ...report, rejects };
}

async function leadOf(organizationId: string, externalId: string): Promise<LeadState> {
  const known = await leadsByExternalId(floor.connections, floor.projector)(organizationId, [externalId]);
  return (await floor.store.load<LeadState>(organizationId, { type: 'lead', id: known.get(externalId) ?? '' })).state;
}

const b2b =
  'Prospect ID,First name,Last name,Email,Lead Source,Score,Tags\nP-1,Ann,Lee,ann@example.com,Website,5,vip\nP-2,Bo,Ray,bo@example.com,Olark Chat,7,\n,,,,,,\n';

test('creates what is new, keeps odd columns typed, and tells where each row went', async () => {
  const organizationId = await organization('b2b-sales');
  const { counts, operationId } = await importCsv(organizationId, b2b);
  assert.equal(counts, { created: 2, updated: 0, duplicate: 0, invalid: 0, skipped: 1 });
  const bo = await leadOf(organizationId, 'P-2');
  assert.is(bo.fields.source, 'OTHER');
  assert.is(bo.fields.sourceAsTyped, 'Olark Chat');
  assert.equal(bo.fields.customFields, { Score: 7 });
  assert.equal((await leadOf(organizationId, 'P-1')).tags, ['vip']);
  const { state } = await floor.store.load<object>(organizationId, { type: 'operation', id: operationId });
  assert.equal(state, { kind: 'import', label: (state as { label: string }).label, status: 'completed', total: 3, done: 3, counts });
});

test('the same file twice creates nothing; its rows in another file update only what differs', async () => {
  const organizationId = await organization('b2b-sales');
  await importCsv(organizationId, b2b);
  const again = await importCsv(organizationId, b2b);
  assert.is(again.before, true);
  assert.equal(again.counts, { created: 0, updated: 0, duplicate: 0, invalid: 0, skipped: 3 });
  const changed = await importCsv(organizationId, b2b.replace('Ray', 'Roy').replace('vip', 'VIP'));
  assert.equal(changed.counts, { created: 0, updated: 1, duplicate: 0, invalid: 0, skipped: 2 });
  assert.is((await leadOf(organizationId, 'P-2')).fields.lastName, 'Roy');
});

test('a spreadsheet that calls itself CSV is read as what it is, and the same leads as CSV are the same', async () => {
  const organizationId = await organization('b2b-sales');
  const path = join(import.meta.dirname, 'fixtures/really-a-spreadsheet.csv');
  const { counts } = await importCsv(organizationId, '', { path });
  assert.equal(counts, { created: 3, updated: 0, duplicate: 0, invalid: 0, skipped: 0 });
  const rana = await leadOf(organizationId, 'P-1');
  assert.is(rana.fields.lastName, 'حداد');
  assert.equal(rana.fields.customFields, { Score: 5, 'Opted in': true });
  assert.is((await leadOf(organizationId, 'P-3')).fields.source, null);
  const asText =
    'Prospect ID,Full name,Email,Lead Source,Score,Opted in\nP-1,رنا حداد,rana@example.com,Website,5.0,Yes\nP-2,Bo Ray,bo@example.com,Olark Chat,7.5,No\nP-3,,,Select,,\n';
  assert.equal((await importCsv(organizationId, asText)).counts, { created: 0, updated: 0, duplicate: 0, invalid: 0, skipped: 3 });
});

test('an import that was cut off goes on where it was, without doubling a row', async () => {
  const organizationId = await organization('b2b-sales');
  const path = join(folder, `${v7()}.csv`);
  // Without an external id a row is known by its place in the file alone.
  await writeFile(path, 'First name,Last name,Email\nAnn,Lee,ann@example.com\nBo,Ray,bo@example.com\n');
  const real = floor.store.execute.bind(floor.store);
  floor.store.execute = (request) =>
    request.type === 'operation.progress' ? Promise.reject(new Error('the plug was pulled')) : real(request);
  await importCsv(organizationId, '', { path }).then(
    () => assert.unreachable(),
    (error: Error) => assert.is(error.message, 'the plug was pulled'),
  );
  floor.store.execute = real;
  const resumed = await importCsv(organizationId, '', { path });
  assert.is(resumed.before, false);
  assert.equal(resumed.counts, { created: 0, updated: 0, duplicate: 0, invalid: 0, skipped: 2 });
  const { rows } = await floor.database.admin.query(
    "select count(*)::int as n from events where organization_id = $1 and type = 'lead.captured'",
    [organizationId],
  );
  assert.is(rows[0]?.n, 2);
});

test('updates a lead that came by the API with the same external id', async () => {
  const organizationId = await organization('b2b-sales');
  const data = { name: 'Ann Lee', email: 'ann@example.com', externalId: 'P-1' };
  const captured = await floor.store.execute({ type: 'lead.capture', organizationId, actor: system, data });
  await floor.projector.waitFor(captured.position, 5000);
  const { counts } = await importCsv(organizationId, b2b);
  assert.equal(counts, { created: 1, updated: 1, duplicate: 0, invalid: 0, skipped: 1 });
});

test('TR: doubles within a day and unreadable rows are rejected with their reasons, and fail no other', async () => {
  const organizationId = await organization('uae-real-estate');
  const text = [
    'First name,Last name,Phone,Source,Budget min,Budget max',
    'Ann,Lee,050 123 4567,bayut,1,2',
    'Ann,Lee,+971501234567,BAYUT,1,2',
    'Bo,Ray,12,bayut,1,2',
    'Cy,Fox,050 123 4569,bayut,3,2',
    'Di,Gray,050 123 4570,olx,1,2',
    'Ed,Hill,050 123 4571,website,,',
  ].join('\n');
  const { counts, rejects } = await importCsv(organizationId, text);
  assert.equal(counts, { created: 2, updated: 0, duplicate: 1, invalid: 3, skipped: 0 });
  assert.equal(rejects.map(({ line }) => line).sort(), [3, 4, 5, 6]);
  assert.match(rejects.find(({ line }) => line === 3)?.reason ?? '', /here already.*[0-9a-f-]{36}/);
  assert.match(rejects.find(({ line }) => line === 4)?.reason ?? '', /Missing: phone/);
  assert.match(rejects.find(({ line }) => line === 5)?.reason ?? '', /budgetMin must be below/);
  assert.match(rejects.find(({ line }) => line === 6)?.reason ?? '', /Missing: source/);
});

test('the same external id twice in a file is a double', async () => {
  const organizationId = await organization('b2b-sales');
  const { counts, rejects } = await importCsv(organizationId, 'Email,External ID,Note\na@b.co,7,x\nc@d.co,8,y\n');
  assert.is(counts.created, 2);
  assert.equal(rejects, []);
});

test('a dry run writes nothing and says the same', async () => {
  const organizationId = await organization('b2b-sales');
  const head = await floor.store.head();
  const { counts } = await importCsv(organizationId, b2b, { dryRun: true });
  assert.equal(counts, { created: 2, updated: 0, duplicate: 0, invalid: 0, skipped: 1 });
  assert.is(await floor.store.head(), head);
  await importCsv(organizationId, b2b);
  const dry = await importCsv(organizationId, b2b.replace('Ray', 'Roy'), { dryRun: true });
  assert.equal(dry.counts, { created: 0, updated: 1, duplicate: 0, invalid: 0, skipped: 2 });
  assert.is((await leadOf(organizationId, 'P-2')).fields.lastName, 'Ray');
});

test('a lead that was deleted here stays deleted', async () => {
  const organizationId = await organization('b2b-sales');
  await importCsv(organizationId, b2b);
  const known = await leadsByExternalId(floor.connections, floor.projector)(organizationId, ['P-1']);
  await floor.store.execute({ type: 'lead.delete', organizationId, actor: system, id: known.get('P-1') ?? '', data: {} });
  const { counts, rejects } = await importCsv(organizationId, b2b.replace('Lee', 'Li'));
  assert.equal(counts, { created: 0, updated: 0, duplicate: 0, invalid: 0, skipped: 3 });
  assert.match(rejects[0]?.reason ?? '', /deleted/);
});

test.run();
