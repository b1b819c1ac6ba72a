import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fold, given } from '../kernel/given-when-then.ts';
import { asSara, captured, floorOf, omar, sara } from './lead/example-floor.ts';
import type { LeadEvent, LeadState } from './lead/facts.ts';
import { lead } from './lead.ts';
import { presets } from './presets/catalogue.ts';

const test = suite('lead, whatever happens to it');

const stages = [...new Set(presets.flatMap((preset) => preset.stages.map(({ key }) => key)))];
const command = fc.oneof(
  fc.record({ name: fc.constant('lead.move'), data: fc.record({ status: fc.constantFrom(...stages) }) }),
  fc.record({ name: fc.constant('lead.assign'), data: fc.record({ agentId: fc.constantFrom(sara, omar) }) }),
  fc.record({ name: fc.constantFrom('lead.claim', 'lead.unassign', 'lead.delete', 'lead.restore'), data: fc.constant({}) }),
  fc.record({ name: fc.constantFrom('lead.tag', 'lead.untag'), data: fc.record({ tag: fc.constantFrom('vip', 'VIP', 'cash') }) }),
  fc.record({
    name: fc.constant('lead.edit'),
    data: fc.record(
      {
        firstName: fc.option(fc.string({ unit: 'grapheme', maxLength: 20 })),
        phone: fc.constantFrom(null, '0501234567', '+971509999999', 'nonsense'),
        source: fc.constantFrom('bayut', 'WEBSITE', 'elsewhere'),
        budgetMin: fc.option(fc.nat(10)),
        budgetMax: fc.option(fc.nat(10)),
        tags: fc.constant(undefined),
        customFields: fc.dictionary(fc.constantFrom('a', 'b'), fc.oneof(fc.nat(), fc.boolean(), fc.constant(null))),
      },
      { requiredKeys: [] },
    ),
  }),
);

function frozen<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}

const everyPreset = fc.constantFrom(...presets.map(({ slug }) => slug));

test('replaying its events as the log stores them gives the state it had, and nothing is changed in place', () => {
  fc.assert(
    fc.property(everyPreset, fc.array(command, { maxLength: 30 }), (preset, commands) => {
      const surroundings = floorOf(preset);
      const first = captured({}, preset);
      const history: LeadEvent[] = [frozen(first)];
      let state: LeadState = frozen(fold(lead, history));
      for (const { name, data } of commands) {
        const { events } = given(lead, ...history).when(name, dropUndefined(data), { surroundings, actor: asSara });
        for (const event of events as LeadEvent[]) {
          history.push(frozen(event));
          state = frozen(lead.evolve(state, event));
        }
      }
      assert.equal(fold(lead, JSON.parse(JSON.stringify(history))), state);
    }),
    { numRuns: 200 },
  );
});

test('the same command twice changes nothing the second time', () => {
  fc.assert(
    fc.property(everyPreset, fc.array(command, { maxLength: 12 }), command, (preset, before, { name, data }) => {
      const surroundings = floorOf(preset);
      const circumstances = { surroundings, actor: asSara };
      const history: LeadEvent[] = [captured({}, preset)];
      for (const step of before)
        history.push(...(given(lead, ...history).when(step.name, dropUndefined(step.data), circumstances).events as LeadEvent[]));
      const once = given(lead, ...history).when(name, dropUndefined(data), circumstances);
      if (once.refusal) return;
      const twice = given(lead, ...history, ...(once.events as LeadEvent[])).when(name, dropUndefined(data), circumstances);
      assert.is(twice.refusal, null);
      assert.equal(twice.events, []);
      assert.equal(twice.guards, []);
    }),
    { numRuns: 300 },
  );
});

test('places taken minus places given back is always what is held', () => {
  fc.assert(
    fc.property(everyPreset, fc.array(command, { maxLength: 40 }), (preset, commands) => {
      const surroundings = floorOf(preset);
      const history: LeadEvent[] = [captured({}, preset)];
      const held = new Map<string, number>();
      for (const { name, data } of commands) {
        const { events, guards } = given(lead, ...history).when(name, dropUndefined(data), { surroundings, actor: asSara });
        history.push(...(events as LeadEvent[]));
        for (const guard of guards) if (guard.kind === 'count') held.set(guard.key, (held.get(guard.key) ?? 0) + guard.by);
        const state = fold(lead, history);
        for (const agentId of [sara, omar]) {
          const active = state.agentId === agentId && !state.deleted && state.kind === 'open' ? 1 : 0;
          assert.is(held.get(agentId) ?? 0, active, `${name} ${JSON.stringify(data)}`);
        }
      }
    }),
    { numRuns: 200 },
  );
});

test('what a lead holds against doubles is exactly what its phone and source say', () => {
  fc.assert(
    fc.property(fc.constantFrom('uae-real-estate', 'recruiting'), fc.array(command, { maxLength: 40 }), (preset, commands) => {
      const surroundings = floorOf(preset);
      const history: LeadEvent[] = [captured({}, preset)];
      const phoneOnly = preset === 'recruiting';
      const keyOf = ({ fields, deleted }: LeadState) =>
        deleted || fields.phone === null ? [] : [phoneOnly ? fields.phone : `${fields.phone} ${fields.source}`];
      const held = new Set(keyOf(fold(lead, history)));
      for (const { name, data } of commands) {
        const { events, guards } = given(lead, ...history).when(name, dropUndefined(data), { surroundings, actor: asSara });
        history.push(...(events as LeadEvent[]));
        for (const guard of guards) {
          if (guard.kind === 'take') held.add(guard.key);
          if (guard.kind === 'free') held.delete(guard.key);
        }
        assert.equal([...held], keyOf(fold(lead, history)), `${name} ${JSON.stringify(data)}`);
      }
    }),
    { numRuns: 200 },
  );
});

function dropUndefined(data: object): object {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined));
}

test.run();
