import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { given } from '../../kernel/given-when-then.ts';
import { lead } from '../lead.ts';
import { amal, asImport, asSara, floorOf, omar, sara, tr } from './example-floor.ts';
import type { LeadEvent } from './facts.ts';

const test = suite('lead.capture');

function capture(data: object, surroundings = tr, circumstances = {}) {
  return given(lead).when('lead.capture', data, { surroundings, ...circumstances });
}

function capturedOf(outcome: { events: { type: string }[] }): Extract<LeadEvent, { type: 'lead.captured' }>['data'] {
  const [event] = outcome.events as LeadEvent[];
  if (event?.type !== 'lead.captured') throw new Error('nothing was captured');
  return event.data;
}

test('keeps the fields in the words of the organization', () => {
  const data = capturedOf(
    capture({
      ...amal,
      source: 'BAYUT',
      email: ' Amal@Example.COM ',
      propertyType: 'Villa',
      languagePreference: 'ARABIC',
      budgetMin: 1,
      budgetMax: 2,
    }),
  );
  assert.is(data.phone, '+971501234567');
  assert.is(data.phoneAsTyped, '050 123 4567');
  assert.is(data.source, 'bayut');
  assert.is(data.email, 'amal@example.com');
  assert.is(data.propertyType, 'villa');
  assert.is(data.languagePreference, 'arabic');
  assert.is(data.currency, 'AED');
  assert.is(data.status, 'new');
  assert.is(data.incomplete, false);
  assert.is(data.respondBy, '2026-11-21T08:15:00.000Z');
});

test('may begin in any stage, in any spelling, and then waits for no answer', () => {
  const data = capturedOf(capture({ ...amal, status: 'Negotiation' }));
  assert.is(data.status, 'negotiation');
  assert.is(data.respondBy, null);
  assert.is(capture({ ...amal, status: 'sold' }).refusal?.code, 'lead.status-unknown');
});

test('splits a single name at the last space and gives RE a lead by name alone', () => {
  const re = floorOf('us-real-estate');
  const data = capturedOf(capture({ name: 'Maria del Carmen Ruiz' }, re));
  assert.is(data.firstName, 'Maria del Carmen');
  assert.is(data.lastName, 'Ruiz');
  assert.is(capturedOf(capture({ name: 'Cher' }, re)).lastName, null);
});

for (const [preset, data, missing] of [
  ['uae-real-estate', { firstName: 'A' }, ['lastName', 'phone', 'source']],
  ['b2b-sales', { name: 'Ann Lee' }, ['email']],
  ['recruiting', { name: 'Ann Lee' }, ['phone']],
  ['us-real-estate', { email: 'a@example.com' }, ['name']],
  ['brokerage', {}, ['name']],
] as const) {
  test(`asks for what ${preset} requires`, () => {
    const { refusal } = capture(data, floorOf(preset));
    assert.is(refusal?.status, 422);
    assert.is(refusal?.code, 'lead.incomplete');
    assert.equal(refusal?.extra.missing, missing);
  });
}

test('takes an imported row with an external id and marks it incomplete', () => {
  const data = capturedOf(capture({ externalId: 'X-1', source: 'Olark Chat' }, floorOf('b2b-sales'), { actor: asImport }));
  assert.is(data.incomplete, true);
  assert.is(data.source, 'OTHER');
  assert.is(data.sourceAsTyped, 'Olark Chat');
  assert.is(data.respondBy, null, 'nobody in a list waits for a call this minute');
  assert.is(capture({ firstName: 'Row', source: 'WEBSITE' }, floorOf('b2b-sales'), { actor: asImport }).refusal?.code, 'lead.incomplete');
  assert.is(capture({ externalId: 'X-1' }, floorOf('b2b-sales')).refusal?.code, 'lead.incomplete', 'a form gets no such leave');
});

test('an import keeps what the lists do not know', () => {
  const data = capturedOf(
    capture({ externalId: 'X-1', phone: '12', propertyType: 'castle', languagePreference: 'french', source: 'olx' }, tr, {
      actor: asImport,
    }),
  );
  assert.is(data.phone, null);
  assert.is(data.phoneAsTyped, '12');
  assert.is(data.source, null);
  assert.is(data.sourceAsTyped, 'olx');
  assert.equal(data.customFields, { propertyType: 'castle', languagePreference: 'french' });
});

test('refuses what the lists do not know and says what they do', () => {
  const source = capture({ ...amal, source: 'olx' }).refusal;
  assert.is(source?.code, 'lead.source-unknown');
  assert.equal(source?.extra.allowed, ['bayut', 'propertyFinder', 'dubizzle', 'website', 'walk_in', 'referral']);
  assert.is(capture({ ...amal, propertyType: 'castle' }).refusal?.code, 'lead.property-type-unknown');
  assert.is(capture({ ...amal, languagePreference: 'french' }).refusal?.code, 'lead.language-unknown');
});

test('TR takes UAE numbers only; E3 any E.164; RE keeps what it cannot read', () => {
  assert.is(capture({ ...amal, phone: '+1 202 555 0123' }).refusal?.code, 'lead.phone-invalid');
  const e3 = floorOf('recruiting');
  assert.is(capturedOf(capture({ ...amal, source: 'x', phone: '+44 20 7946 0018' }, e3)).phone, '+442079460018');
  assert.is(capture({ ...amal, phone: 'call me' }, e3).refusal?.code, 'lead.phone-invalid');
  const unread = capturedOf(capture({ name: 'Ann', phone: 'ext. 12 after 5' }, floorOf('us-real-estate')));
  assert.is(unread.phone, null);
  assert.is(unread.phoneAsTyped, 'ext. 12 after 5');
});

test('the lower budget is below the upper one, never equal', () => {
  for (const [budgetMin, budgetMax] of [
    [5, 5],
    [6, 5],
  ]) {
    assert.is(capture({ ...amal, budgetMin, budgetMax }).refusal?.code, 'lead.budget-order');
  }
  assert.is(capture({ ...amal, budgetMin: 5 }).refusal, null);
});

test('refuses unknown keys, NUL, broken text, fractions of money and script links by form', () => {
  for (const wrong of [
    { shoeSize: 44 },
    { firstName: 'a\0b' },
    { firstName: 'a\ud800' },
    { budgetMin: 1.5 },
    { budgetMin: -1 },
    { website: 'javascript:alert(1)' },
    { customFields: { constructor: 'x' } },
    { email: 'nobody' },
    { firstName: 'x'.repeat(101) },
  ]) {
    assert.throws(
      () => capture({ ...amal, ...wrong }),
      (error: Error) => error.name === 'ZodError' || error.name === '$ZodError',
      JSON.stringify(wrong),
    );
  }
});

test('cleans names: NFC, one line, nothing invisible that deceives', () => {
  const data = capturedOf(capture({ ...amal, firstName: ' Jose\u0301\u202e \n', lastName: 'A\u200bb' }));
  assert.is(data.firstName, 'José');
  assert.is(data.lastName, 'Ab');
});

test('TR guards phone and source for a day, E3 the phone for good, others nothing', () => {
  const [guard] = capture(amal).guards;
  if (guard?.kind !== 'take') throw new Error('no guard');
  assert.is(guard.key, '+971501234567 bayut');
  assert.equal(guard.within, { seconds: 86400, at: '2026-11-21T08:00:00.000Z' });
  assert.is(guard.personal, true);
  assert.equal(guard.refuse('first').extra, { existing: { id: 'first' } });
  const [phone] = capture({ ...amal, phone: '+12025550123' }, floorOf('recruiting')).guards;
  assert.is(phone?.kind === 'take' && phone.within, undefined);
  assert.equal(capture({ name: 'Ann', phone: '+12025550123' }, floorOf('brokerage')).guards, []);
});

test('an owner from the start takes a place', () => {
  const outcome = capture({ ...amal, agentId: sara });
  assert.equal(
    outcome.events.map(({ type }) => type),
    ['lead.captured', 'lead.assigned'],
  );
  const place = outcome.guards[1];
  if (place?.kind !== 'count') throw new Error('no place taken');
  assert.is(place.limit, 50);
  assert.is(place.by, 1);
  assert.is(place.refuse(50).code, 'agent.full');
  assert.is(capture({ ...amal, agentId: sara, status: 'lost' }).guards.length, 1, 'a closed lead takes none');
});

test('an agent captures for themselves or for nobody', () => {
  assert.is(capture({ ...amal, agentId: sara }, tr, { actor: asSara }).refusal, null);
  assert.is(capture(amal, tr, { actor: asSara }).events.length, 1);
  assert.is(capture({ ...amal, agentId: omar }, tr, { actor: asSara }).refusal?.status, 403);
});

test('in RE, where agents see only their own, what they capture is theirs', () => {
  const actor = { ...asSara, audience: { ...asSara.audience, unassigned: false } };
  const [, assigned] = capture({ name: 'Ann' }, floorOf('us-real-estate'), { actor }).events as LeadEvent[];
  assert.is(assigned?.type === 'lead.assigned' && assigned.data.agentId, sara);
});

test('refuses an owner who is no agent, or no longer', () => {
  assert.is(capture({ ...amal, agentId: '00000000-0000-7000-8000-0000000000ff' }).refusal?.code, 'agent.unknown');
  const gone = { ...tr, member: { userId: 'u', active: false } };
  assert.is(capture({ ...amal, agentId: sara }, gone).refusal?.code, 'agent.inactive');
});

test('the same tag in another case is one tag', () => {
  assert.equal(capturedOf(capture({ ...amal, tags: ['VIP', 'cash', 'vip'] })).tags, ['vip', 'cash']);
});

test.run();
