import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { given } from '../../kernel/given-when-then.ts';
import { lead } from '../lead.ts';
import { asImport, captured, floorOf, tr } from './example-floor.ts';
import type { LeadEvent } from './facts.ts';

const test = suite('lead.edit');

function edit(data: object, changes: Parameters<typeof captured>[0] = {}, surroundings = tr, actor = {}) {
  return given(lead, captured(changes)).when('lead.edit', data, { surroundings, actor });
}

function editedOf(outcome: { events: object[] }): Extract<LeadEvent, { type: 'lead.edited' }>['data'] {
  const [event] = outcome.events as LeadEvent[];
  if (event?.type !== 'lead.edited') throw new Error('nothing was edited');
  return event.data;
}

test('records only what differs, with what it was', () => {
  const data = editedOf(edit({ firstName: 'Amal', company: 'Emaar', email: null }));
  assert.equal(data.fields, { company: 'Emaar', email: null });
  assert.equal(data.was, { company: null, email: 'amal@example.com' });
});

test('is nothing when nothing differs', () => {
  assert.equal(
    edit({ firstName: 'Amal', name: 'Amal Haddad', source: 'BAYUT', phone: '+971501234567', customFields: { none: null } }).events,
    [],
  );
});

test('custom fields change one by one', () => {
  const data = editedOf(edit({ customFields: { pets: true, floor: null, same: 1 } }, { customFields: { floor: 3, same: 1 } }));
  assert.equal(data.fields.customFields, { pets: true, floor: null });
  assert.equal(data.was.customFields, { pets: null, floor: 3 });
});

test('required fields cannot be emptied; what an import left open may stay so', () => {
  assert.is(edit({ phone: null }).refusal?.code, 'lead.incomplete');
  const incomplete = { phone: null, phoneAsTyped: null, externalId: 'X-1', incomplete: true };
  assert.is(editedOf(edit({ company: 'Emaar' }, incomplete)).incomplete, true);
  assert.is(editedOf(edit({ phone: '0501234567' }, incomplete)).incomplete, false);
  assert.is(edit({ lastName: null }, incomplete).refusal?.code, 'lead.incomplete');
});

test('something must remain to tell the lead by', () => {
  const re = floorOf('us-real-estate', { organization: { required: [] } });
  const { refusal } = edit({ name: null, email: null, phone: '' }, {}, re);
  assert.is(refusal?.code, 'lead.unidentified');
});

test('the budgets are compared as they will stand', () => {
  assert.is(edit({ budgetMin: 10 }, { budgetMax: 10 }).refusal?.code, 'lead.budget-order');
  assert.is(edit({ budgetMin: 10 }, { budgetMax: 11 }).refusal, null);
});

test('another phone or source gives the old guard back and takes the new, counted from the capture', () => {
  const outcome = edit({ source: 'website' });
  assert.equal(
    outcome.guards.map((guard) => [guard.kind, guard.kind !== 'count' && guard.key]),
    [
      ['free', '+971501234567 bayut'],
      ['take', '+971501234567 website'],
    ],
  );
  const [, take] = outcome.guards;
  assert.is(take?.kind === 'take' && take.within?.at, '2026-11-21T08:00:00.000Z');
  assert.equal(edit({ company: 'x' }).guards, []);
});

test('an import edits with the leave it has at capture', () => {
  const data = editedOf(edit({ source: 'olx', phone: '12' }, { externalId: 'X-1' }, tr, asImport));
  assert.is(data.fields.sourceAsTyped, 'olx');
  assert.is(data.fields.phone, null);
  assert.is(data.incomplete, true);
});

test.run();
