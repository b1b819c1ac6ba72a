import { onSession } from './session.ts';
import { Signal } from './signal.ts';
import { serverLink } from './socket.ts';
import type { PersonHere, PresenceMessage } from './wire.ts';

/** Who is here now and which lead they look at. Best effort: presence may be dropped, data never is. */
export class PeopleHere {
  readonly people = new Map<string, PersonHere>();
  readonly changed = new Signal<void>();
  private byLead = new Map<string, PersonHere[]>();

  take(message: PresenceMessage): void {
    if (message.whole === true) this.people.clear();
    for (const person of message.people) this.people.set(person.agentId, person);
    for (const agentId of message.gone ?? []) this.people.delete(agentId);
    this.byLead = Map.groupBy(
      [...this.people.values()].filter((person) => person.lead !== null),
      (person) => person.lead ?? '',
    );
    this.changed.tell();
  }

  /** Those who look at a lead right now. */
  at(lead: string): readonly PersonHere[] {
    return this.byLead.get(lead) ?? [];
  }

  empty(): void {
    this.take({ people: [], whole: true });
  }
}

export const peopleHere = new PeopleHere();
serverLink.presence.on((message) => peopleHere.take(message));
serverLink.onClose(() => peopleHere.empty());
onSession((state) => {
  if (!state.signedIn) peopleHere.empty();
});

let announced: { lead: string | null; doing: string | null } = { lead: null, doing: null };

/** Tells the others which lead this person looks at (null: none) and what they do with it. */
export function announce(lead: string | null, doing: 'viewing' | 'editing' | 'dragging' | null): void {
  if (announced.lead === lead && announced.doing === doing) return;
  announced = { lead, doing };
  publish();
}

function publish(): void {
  // Presence is dropped rather than repeated: the next announcement says it all again.
  if (serverLink.connected()) serverLink.ask('presence', announced).catch(() => undefined);
}
serverLink.onOpen(() => publish());
