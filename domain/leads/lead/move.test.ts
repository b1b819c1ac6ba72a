import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { given } from '../../kernel/given-when-then.ts';
import { lead } from '../lead.ts';
import { presets } from '../presets/catalogue.ts';
import { assignedTo, captured, floorOf, sara, tr } from './example-floor.ts';
import type { LeadEvent } from './facts.ts';

const test = suite('lead.move');

/** The table of pipelines as the design gives it, by preset. */
const table: Record<string, Record<string, string>> = {
  'uae-real-estate': {
    new: 'contacted lost',
    contacted: 'qualified lost',
    qualified: 'viewing_scheduled lost',
    viewing_scheduled: 'negotiation qualified lost',
    negotiation: 'converted lost',
    converted: '',
    lost: '',
  },
  'b2b-sales': {
    NEW: 'CONTACTED CLOSED_LOST',
    CONTACTED: 'QUALIFIED CLOSED_LOST',
    QUALIFIED: 'PROPOSAL CLOSED_LOST',
    PROPOSAL: 'NEGOTIATION QUALIFIED CLOSED_LOST',
    NEGOTIATION: 'CLOSED_WON PROPOSAL CLOSED_LOST',
    CLOSED_WON: '',
    CLOSED_LOST: '',
  },
  recruiting: {
    new: 'contacted cold dnc',
    contacted: 'qualified nurturing cold dnc',
    qualified: 'hot nurturing recruited cold dnc',
    nurturing: 'contacted qualified hot cold dnc',
    hot: 'recruited qualified nurturing cold dnc',
    cold: 'contacted nurturing dnc',
    recruited: '',
    dnc: '',
  },
  'us-real-estate': Object.fromEntries(all('new active qualified showing offer closed lost')),
  brokerage: Object.fromEntries(all('new active pending closed cancelled')),
};

function all(stages: string): [string, string][] {
  const list = stages.split(' ');
  return list.map((stage) => [stage, list.filter((other) => other !== stage).join(' ')]);
}

for (const preset of presets) {
  test(`${preset.slug} allows the moves of the table and no other`, () => {
    const surroundings = floorOf(preset.slug);
    const moves = table[preset.slug] ?? {};
    assert.equal(
      preset.stages.map(({ key }) => key),
      Object.keys(moves),
    );
    for (const from of preset.stages) {
      const allowed = (moves[from.key] ?? '').split(' ').filter(Boolean);
      for (const to of preset.stages) {
        if (to.key === from.key) continue;
        const outcome = given(lead, captured({ status: from.key, kind: from.kind }, preset.slug)).when(
          'lead.move',
          { status: to.key },
          { surroundings },
        );
        if (allowed.includes(to.key)) assert.is(outcome.events.length, 1, `${from.key} → ${to.key}`);
        else {
          assert.is(outcome.refusal?.code, 'lead.transition-not-allowed', `${from.key} → ${to.key}`);
          assert.equal([...((outcome.refusal?.extra.allowed ?? []) as string[])].sort(), [...allowed].sort());
        }
      }
    }
  });
}

test('keeps who held it, what was agreed and why', () => {
  const now = '2026-11-21T09:30:00.000Z';
  const given5 = { status: 'converted', dealValue: 5, conversionType: 'sale', propertyId: 'MLS-1', notes: 'cash', reason: 'loved it' };
  const outcome = given(lead, captured({ status: 'negotiation' }), assignedTo(sara)).when('lead.move', given5, { surroundings: tr, now });
  assert.equal(outcome.events, [
    {
      type: 'lead.moved',
      data: {
        from: 'negotiation',
        to: 'converted',
        fromKind: 'open',
        toKind: 'won',
        agentId: sara,
        trigger: 'manual',
        firstContact: false,
        dealValue: 5,
        conversionType: 'sale',
        propertyId: 'MLS-1',
        notes: 'cash',
        reason: 'loved it',
        at: now,
      },
    },
  ]);
});

test('leaving the first stage is the first contact, once', () => {
  const [first] = given(lead, captured()).when('lead.move', { status: 'contacted' }, { surroundings: tr }).events as LeadEvent[];
  assert.is(first?.type === 'lead.moved' && first.data.firstContact, true);
  const back = floorOf('us-real-estate');
  const again: LeadEvent[] = [captured({}, 'us-real-estate')];
  for (const status of ['active', 'new', 'active'])
    again.push(...(given(lead, ...again).when('lead.move', { status }, { surroundings: back }).events as LeadEvent[]));
  assert.equal(
    again.slice(1).map((event) => event.type === 'lead.moved' && event.data.firstContact),
    [true, false, false],
  );
});

test('where it already is, it stays: any spelling, also with a stale from', () => {
  const moved = given(lead, captured({ status: 'contacted' }));
  assert.equal(moved.when('lead.move', { status: 'CONTACTED', from: 'new' }, { surroundings: tr }).events, []);
});

test('a stale from is a conflict that says where it stands', () => {
  const { refusal } = given(lead, captured({ status: 'contacted' })).when(
    'lead.move',
    { status: 'qualified', from: 'new' },
    { surroundings: tr },
  );
  assert.is(refusal?.status, 409);
  assert.is(refusal?.code, 'version.conflict');
  assert.equal(refusal?.extra, { current: 'contacted' });
});

test('a stage of no pipeline is refused with those there are', () => {
  assert.is(given(lead, captured()).when('lead.move', { status: 'sold' }, { surroundings: tr }).refusal?.code, 'lead.status-unknown');
});

test('closing gives the place back, opening again takes one', () => {
  const closing = given(lead, captured(), assignedTo(sara)).when('lead.move', { status: 'lost' }, { surroundings: tr });
  assert.equal(
    closing.guards.map((guard) => guard.kind === 'count' && [guard.key, guard.by]),
    [[sara, -1]],
  );
  const re = floorOf('us-real-estate', { capacity: 3 });
  const opening = given(lead, captured({ status: 'closed', kind: 'won' }), assignedTo(sara)).when(
    'lead.move',
    { status: 'active' },
    { surroundings: re },
  );
  assert.equal(
    opening.guards.map((guard) => guard.kind === 'count' && [guard.key, guard.by, guard.limit]),
    [[sara, 1, 3]],
  );
  const onward = given(lead, captured(), assignedTo(sara)).when('lead.move', { status: 'contacted' }, { surroundings: tr });
  assert.equal(onward.guards, []);
});

test('a move is taken back within ten minutes, with the timer it stopped', () => {
  const moved: LeadEvent[] = [captured()];
  moved.push(...(given(lead, ...moved).when('lead.move', { status: 'contacted' }, { surroundings: tr }).events as LeadEvent[]));
  const back = given(lead, ...moved).when(
    'lead.move-back',
    { from: 'contacted', status: 'new' },
    { surroundings: tr, now: '2026-11-21T08:09:59.000Z' },
  );
  const [event] = back.events as LeadEvent[];
  if (event?.type !== 'lead.moved') throw new Error('nothing was taken back');
  assert.is(event.data.undo, true);
  assert.is(event.data.unanswered, '2026-11-21T08:15:00.000Z');
  const again = given(lead, ...moved, event).when('lead.move', { status: 'contacted' }, { surroundings: tr });
  assert.is((again.events[0] as Extract<LeadEvent, { type: 'lead.moved' }>).data.firstContact, true);
  assert.equal(given(lead, ...moved, event).when('lead.move-back', { from: 'contacted', status: 'new' }, { surroundings: tr }).events, []);
});

test('later, elsewhere or twice it is not', () => {
  const moved: LeadEvent[] = [captured()];
  moved.push(...(given(lead, ...moved).when('lead.move', { status: 'contacted' }, { surroundings: tr }).events as LeadEvent[]));
  const late = given(lead, ...moved).when(
    'lead.move-back',
    { from: 'contacted', status: 'new' },
    { surroundings: tr, now: '2026-11-21T08:10:00.001Z' },
  );
  assert.is(late.refusal?.code, 'lead.undo-too-late');
  assert.is(
    given(lead, ...moved).when('lead.move-back', { from: 'contacted', status: 'qualified' }, { surroundings: tr }).refusal?.code,
    'lead.undo-too-late',
  );
  assert.is(
    given(lead, ...moved).when('lead.move-back', { from: 'qualified', status: 'new' }, { surroundings: tr }).refusal?.code,
    'version.conflict',
  );
  assert.is(
    given(lead, captured()).when('lead.move-back', { from: 'new', status: 'contacted' }, { surroundings: tr }).refusal?.code,
    'lead.undo-too-late',
  );
});

test.run();
