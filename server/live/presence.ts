import { sees } from '../../domain/identity/audience.ts';
import type { Change, Scope } from './feed.ts';
import { frameOf } from './frame.ts';
import type { LiveSocket } from './live-socket.ts';

/** What somebody does with a lead. */
export type Doing = 'viewing' | 'editing' | 'dragging';

interface Person {
  agentId: string;
  userId: string;
  name: string;
  /** The lead they look at, and who may see it. */
  lead: string | null;
  scope: Scope | null;
  doing: Doing | null;
  /** Their sockets here; empty for people on other nodes. */
  sockets: Set<LiveSocket>;
  /** People on other nodes are forgotten then; epoch milliseconds. */
  until: number;
}

interface Gathering {
  people: Map<string, Person>;
  sockets: Set<LiveSocket>;
  changed: Set<string>;
}

/** What other nodes are told of people here. */
export interface PresenceNote {
  organizationId: string;
  agentId: string;
  userId: string;
  name: string;
  lead: string | null;
  scope: Scope | null;
  doing: Doing | null;
  gone: boolean;
}

/** Carries presence between nodes; it may lose anything. */
export interface PresenceRelay {
  send(notes: readonly PresenceNote[]): void;
  subscribe(listener: (notes: readonly PresenceNote[]) => void): void;
}

const gatherMs = 250;
const remoteMs = 60_000;
/** Everybody is told of everybody again now and then, because single messages may be dropped; not in crowds. */
const crowd = 300;

/**
 * Who is here and which lead they look at. Travels apart from the data and may be dropped; a lead is named only to those
 * who see it.
 */
export class Presence {
  readonly #gatherings = new Map<string, Gathering>();
  readonly #now: () => number;
  readonly #relay: PresenceRelay | null;
  #timer: NodeJS.Timeout | null = null;

  constructor(now: () => number, relay: PresenceRelay | null) {
    this.#now = now;
    this.#relay = relay;
    relay?.subscribe((notes) => this.#hear(notes));
  }

  enter(socket: LiveSocket): void {
    const { organizationId, agentId, userId, name } = socket.principal;
    const gathering = this.#gathering(organizationId);
    gathering.sockets.add(socket);
    const person = gathering.people.get(agentId);
    if (person !== undefined && person.sockets.size > 0) person.sockets.add(socket);
    else {
      gathering.people.set(agentId, {
        agentId,
        userId,
        name,
        lead: null,
        scope: null,
        doing: null,
        sockets: new Set([socket]),
        until: Number.POSITIVE_INFINITY,
      });
      this.#mark(gathering, agentId);
    }
    socket.writeVolatile(this.#message(gathering, socket, [...gathering.people.keys()], true));
  }

  leave(socket: LiveSocket): void {
    const { organizationId, agentId } = socket.principal;
    const gathering = this.#gatherings.get(organizationId);
    if (gathering === undefined) return;
    gathering.sockets.delete(socket);
    const person = gathering.people.get(agentId);
    if (person?.sockets.delete(socket) && person.sockets.size === 0) {
      gathering.people.delete(agentId);
      this.#mark(gathering, agentId);
    }
    if (gathering.sockets.size === 0) this.#gatherings.delete(organizationId);
  }

  /** `scope` says who may see the lead. */
  attend(socket: LiveSocket, lead: string | null, scope: Scope | null, doing: Doing | null): void {
    const gathering = this.#gatherings.get(socket.principal.organizationId);
    const person = gathering?.people.get(socket.principal.agentId);
    if (gathering === undefined || person === undefined) return;
    Object.assign(person, { lead, scope, doing: lead === null ? null : doing });
    this.#mark(gathering, person.agentId);
  }

  /** A lead that changes hands is named to others from now on. */
  take(change: Change): void {
    if (change.view !== 'board' || change.before === change.after) return;
    const gathering = this.#gatherings.get(change.organizationId);
    if (gathering === undefined) return;
    for (const person of gathering.people.values()) {
      if (person.lead !== change.key) continue;
      person.scope = change.after;
      this.#mark(gathering, person.agentId);
    }
  }

  /** Called every half minute: repeats everything, and forgets people of nodes that fell silent. */
  repeat(): void {
    const now = this.#now();
    for (const [organizationId, gathering] of this.#gatherings) {
      for (const person of gathering.people.values()) {
        if (person.until > now) continue;
        gathering.people.delete(person.agentId);
        this.#mark(gathering, person.agentId);
      }
      if (gathering.people.size > crowd) continue;
      this.#tell(gathering, [...gathering.people.keys()], true);
      this.#relay?.send(
        [...gathering.people.values()].filter((person) => person.sockets.size > 0).map((person) => noteOf(organizationId, person)),
      );
    }
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #gathering(organizationId: string): Gathering {
    let gathering = this.#gatherings.get(organizationId);
    if (gathering === undefined) {
      gathering = { people: new Map(), sockets: new Set(), changed: new Set() };
      this.#gatherings.set(organizationId, gathering);
    }
    return gathering;
  }

  #mark(gathering: Gathering, agentId: string): void {
    gathering.changed.add(agentId);
    this.#timer ??= setTimeout(() => this.#send(), gatherMs);
  }

  #send(): void {
    this.#timer = null;
    for (const [organizationId, gathering] of this.#gatherings) {
      if (gathering.changed.size === 0) continue;
      const changed = [...gathering.changed];
      gathering.changed.clear();
      this.#tell(gathering, changed, false);
      if (this.#relay === null) continue;
      const notes = changed
        .map((agentId) => gathering.people.get(agentId) ?? { agentId })
        .filter((person) => !('until' in person) || person.sockets.size > 0);
      if (notes.length > 0) this.#relay.send(notes.map((person) => noteOf(organizationId, person)));
    }
  }

  /** One text for each audience, written to all of its sockets. */
  #tell(gathering: Gathering, agentIds: readonly string[], whole: boolean): void {
    const frames = new Map<string, ReturnType<typeof frameOf>>();
    for (const socket of gathering.sockets) {
      const { key } = socket.principal.audience;
      const frame = frames.get(key) ?? this.#message(gathering, socket, agentIds, whole);
      frames.set(key, frame);
      socket.writeVolatile(frame);
    }
  }

  #message(gathering: Gathering, reader: LiveSocket, agentIds: readonly string[], whole: boolean): ReturnType<typeof frameOf> {
    const { audience, agentId: me } = reader.principal;
    const people: object[] = [];
    const gone: string[] = [];
    for (const agentId of agentIds) {
      const person = gathering.people.get(agentId);
      if (person === undefined) gone.push(agentId);
      else {
        const seen = person.lead !== null && person.scope !== null && sees(audience, person.scope, me);
        people.push({
          agentId,
          userId: person.userId,
          name: person.name,
          lead: seen ? person.lead : null,
          doing: seen ? person.doing : null,
        });
      }
    }
    return frameOf('presence', JSON.stringify(whole ? { people, whole } : { people, gone }));
  }

  #hear(notes: readonly PresenceNote[]): void {
    for (const note of notes) {
      const gathering = this.#gatherings.get(note.organizationId);
      const known = gathering?.people.get(note.agentId);
      // Who has a socket here is told of from here.
      if (gathering === undefined || (known !== undefined && known.sockets.size > 0)) continue;
      const { agentId, userId, name, lead, scope, doing } = note;
      if (note.gone) gathering.people.delete(agentId);
      else gathering.people.set(agentId, { agentId, userId, name, lead, scope, doing, sockets: new Set(), until: this.#now() + remoteMs });
      this.#mark(gathering, agentId);
    }
  }
}

function noteOf(organizationId: string, person: Person | { agentId: string }): PresenceNote {
  if (!('until' in person))
    return { organizationId, agentId: person.agentId, userId: '', name: '', lead: null, scope: null, doing: null, gone: true };
  const { agentId, userId, name, lead, scope, doing } = person;
  return { organizationId, agentId, userId, name, lead, scope, doing, gone: false };
}
