import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { LeadRow } from '../../projections/leads/rows.ts';
import type { Command } from '../sync/commands.ts';
import { Refused } from '../sync/wire.ts';
import { type EditParts, editLead } from './edit-lead.ts';

const edit = suite('editing a lead beside others');

const seen = {
  id: 'lead-1',
  version: 3,
  name: 'Omar Al Farsi',
  firstName: 'Omar',
  lastName: 'Al Farsi',
  company: 'Falcon',
  location: null,
  customFields: { tower: 'A' },
} as unknown as LeadRow;

/** A server that holds `now` and takes an edit only at its version. */
function server(now: LeadRow): EditParts & { sent: Command<LeadRow>[] } {
  const sent: Command<LeadRow>[] = [];
  return {
    sent,
    send(command) {
      sent.push(command);
      if (command.expectedVersion === now.version) return Promise.resolve({ id: now.id, version: now.version + 1, position: 1 });
      return Promise.reject(new Refused({ status: 409, code: 'version.conflict', title: 'It changed meanwhile' }));
    },
    fetchLead: () => Promise.resolve(now),
  };
}

edit('a lead nobody else touched is saved at once', async () => {
  const parts = server(seen);
  assert.equal(await editLead(parts, seen, { company: 'Hawk' }), { done: true });
  assert.is(parts.sent.length, 1);
});

edit('a change of another field does not stand in the way', async () => {
  const parts = server({ ...seen, version: 5, location: 'Marina' });
  assert.equal(await editLead(parts, seen, { company: 'Hawk' }), { done: true });
  assert.equal(
    parts.sent.map((command) => command.expectedVersion),
    [3, 5],
  );
});

edit('the same field changed by another is shown, not overwritten', async () => {
  const theirs = { ...seen, version: 4, company: 'Eagle' };
  const parts = server(theirs);
  assert.equal(await editLead(parts, seen, { company: 'Hawk' }), { done: false, theirs });
  assert.is(parts.sent.length, 1);
});

edit('of the custom fields only the edited key counts', async () => {
  const other = server({ ...seen, version: 4, customFields: { tower: 'A', pets: true } });
  assert.equal(await editLead(other, seen, { customFields: { tower: 'B' } }), { done: true });
  const same = server({ ...seen, version: 4, customFields: { tower: 'C' } });
  assert.is((await editLead(same, seen, { customFields: { tower: 'B' } })).done, false);
});

edit('the expected change makes the name anew and leaves the other custom fields', async () => {
  const parts = server(seen);
  await editLead(parts, seen, { firstName: 'Amr', customFields: { pets: true } });
  const shown = parts.sent[0]?.patch?.(seen);
  assert.is(shown?.name, 'Amr Al Farsi');
  assert.equal(shown?.customFields, { tower: 'A', pets: true });
});

edit('another refusal is thrown', async () => {
  const parts = server(seen);
  parts.send = () => Promise.reject(new Refused({ status: 422, code: 'lead.phone-invalid', title: 'No' }));
  try {
    await editLead(parts, seen, { phone: 'x' });
    assert.unreachable('it was refused');
  } catch (error) {
    assert.instance(error, Refused);
  }
});

edit.run();
