import { aggregateNamed, commandNamed } from '../../domain/catalogue.ts';
import { everything } from '../../domain/identity/audience.ts';
import type { Actor, Context, RecordedEvent, StreamRef } from '../../domain/kernel/aggregate.ts';
import { nilId, uuidv5 } from '../../domain/kernel/ids.ts';
import { Rejection } from '../../domain/kernel/rejection.ts';
import type { LeadState } from '../../domain/leads/lead/facts.ts';
import type { PipelineState } from '../../domain/leads/pipeline.ts';
import { presets } from '../../domain/leads/presets/catalogue.ts';
import type { EventSource } from '../source.ts';

/** Numbers that look random and are the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

interface Company {
  id: string;
  owner: Actor;
  agents: Actor[];
  leads: string[];
  operations: string[];
}

const start = Date.parse('2026-11-01T00:00:00.000Z');
const firstNames = ['Amal', 'Omar', 'Zoë', 'Łukasz', 'يوسف', "D'Arcy", 'Back\\slash', 'Quo"te', 'Mei, Li', '{Curly}'];
const lastNames = ['Haddad', 'Núñez', 'O’Neil', 'García', 'الهاشمي', 'Smith', 'NULL', ''];
const tags = ['vip', 'cash', 'Second home', 'a"b', 'x\\y', 'hot,cold', '{}'];

function phoneOf(preset: string, number: number): string {
  return preset === 'uae-real-estate' ? `+97150${1_000_000 + (number % 8_999_999)}` : `+1212${2_000_000 + (number % 7_999_999)}`;
}

/**
 * A log in memory, filled by the real deciders with a seeded mix of commands by several people in several
 * organizations: whatever the rules accept is recorded as the store would. Guards across streams are not held here, so
 * a busy agent may get overfull; the projections must cope with any order the rules allow.
 */
export class MadeUpLog implements EventSource {
  readonly events: RecordedEvent[] = [];
  readonly companies: Company[] = [];
  readonly #random: () => number;
  readonly #states = new Map<string, { state: unknown; version: number }>();
  readonly #listeners = new Set<(position: number) => void>();
  #now = start;
  #made = 0;

  constructor(seed: number, presetSlugs: readonly string[] = presets.map((preset) => preset.slug)) {
    this.#random = seeded(seed);
    for (const slug of presetSlugs) this.#openCompany(slug);
  }

  async read(after: number, limit: number): Promise<RecordedEvent[]> {
    return this.events.slice(after, after + limit);
  }

  async head(): Promise<number> {
    return this.events.length;
  }

  onCommit(listener: (position: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Lets people work until at least so many events more are there. */
  work(events: number): this {
    const goal = this.events.length + events;
    while (this.events.length < goal) this.#step();
    for (const listener of this.#listeners) listener(this.events.length);
    return this;
  }

  /** Records an event as it stands, past all rules: for what must never happen. */
  smuggle(event: Pick<RecordedEvent, 'organizationId' | 'stream' | 'type' | 'data'>): RecordedEvent {
    const recorded = this.#record(event.organizationId, event.stream, event.type, event.data, this.#companyOf(event.organizationId).owner);
    for (const listener of this.#listeners) listener(this.events.length);
    return recorded;
  }

  /** Executes a command by an actor; answers the id of its stream, or null when the rules refuse. */
  execute(company: Company, actor: Actor, name: string, data: object, id = this.newId(), organizationId = company.id): string | null {
    const found = commandNamed(name);
    if (!found) throw new Error(`no command ${name}`);
    const { aggregate, command } = found;
    const stream = { type: aggregate.name, id };
    const parsed = command.data.parse(data);
    const context: Context = {
      now: new Date(this.#now).toISOString(),
      organizationId,
      id,
      actor,
      newId: () => this.newId(),
      read: <State>(type: string, streamId: string) => this.#stateOf<State>(organizationId, { type, id: streamId }),
    };
    const state = this.#stateOf(organizationId, stream);
    if (!command.creates && !aggregate.exists(state)) return null;
    try {
      const decision = command.decide(state, parsed, context);
      for (const event of decision.events) this.#record(organizationId, stream, event.type, event.data, actor);
      for (const also of decision.also ?? [])
        for (const event of also.events) this.#record(organizationId, also.stream, event.type, event.data, actor);
      return id;
    } catch (error) {
      if (error instanceof Rejection) return null;
      throw error;
    }
  }

  newId(): string {
    this.#made += 1;
    return uuidv5(nilId, `made up ${this.#made} ${this.companies.length}`);
  }

  #record(organizationId: string, stream: StreamRef, type: string, data: object, actor: Actor): RecordedEvent {
    const key = `${organizationId}/${stream.type}/${stream.id}`;
    const aggregate = aggregateNamed(stream.type);
    const before = this.#states.get(key) ?? { state: aggregate?.initial, version: 0 };
    const position = this.events.length + 1;
    const event: RecordedEvent = {
      position,
      organizationId,
      stream,
      version: before.version + 1,
      type,
      data: structuredClone(data) as Record<string, unknown>,
      meta: {
        actor: actor.id,
        agentId: actor.agentId,
        actorName: actor.name,
        commandId: uuidv5(organizationId, `command ${position}`),
        sentAt: position % 3 === 0 ? this.#now : `s${position}`,
      },
      recordedAt: new Date(this.#now).toISOString(),
    };
    this.events.push(event);
    this.#states.set(key, { state: aggregate?.evolve(before.state, event), version: event.version });
    return event;
  }

  #stateOf<State>(organizationId: string, stream: StreamRef): State {
    const known = this.#states.get(`${organizationId}/${stream.type}/${stream.id}`);
    return (known ? known.state : aggregateNamed(stream.type)?.initial) as State;
  }

  #companyOf(id: string): Company {
    const company = this.companies.find((each) => each.id === id);
    if (!company) throw new Error(`no company ${id}`);
    return company;
  }

  #openCompany(preset: string): void {
    const id = this.newId();
    const owner: Actor = { id: this.newId(), agentId: this.newId(), name: 'Olga Owner', role: 'owner', audience: everything };
    const company: Company = { id, owner, agents: [], leads: [], operations: [] };
    const system: Actor = { ...owner, id: 'system:test', agentId: null, name: 'System' };
    this.execute(
      company,
      system,
      'organization.create',
      { name: `Company ${preset}`, slug: `${preset}-${this.companies.length}`, preset },
      id,
    );
    this.companies.push(company);
    for (let number = 0; number < 5; number += 1) {
      const userId = this.newId();
      const agentId = this.newId();
      const name = `Agent ${number} of ${preset}`;
      this.execute(
        company,
        system,
        'user.register',
        { email: `agent${number}@${id}.example`, firstName: 'Agent', lastName: String(number) },
        userId,
        nilId,
      );
      this.execute(company, owner, 'member.add', { userId, name, role: 'agent' }, agentId);
      this.execute(
        company,
        owner,
        'agent.create',
        {
          userId,
          fullName: name,
          email: `a${number}@${id}.example`,
          phone: phoneOf(preset, 500_000 + this.companies.length * 10 + number),
          capacity: number === 0 ? 3 : null,
        },
        agentId,
      );
      company.agents.push({
        id: userId,
        agentId,
        name,
        role: 'agent',
        audience: { key: `own+:${agentId}`, all: false, agents: [agentId], unassigned: true },
      });
    }
  }

  #pick<Item>(list: readonly Item[]): Item {
    const item = list[Math.floor(this.#random() * list.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  #step(): void {
    this.#now += Math.floor(this.#random() * 600_000);
    const company = this.#pick(this.companies);
    const actor = this.#random() < 0.5 ? company.owner : this.#pick(company.agents);
    const roll = this.#random();
    const lead = company.leads.length < 3 ? null : this.#pick(company.leads.slice(-400));
    const { agentId } = this.#pick(company.agents);
    const run = (name: string, data: object) => this.execute(company, actor, name, data, lead ?? this.newId());
    if (lead === null || roll < 0.18) this.#capture(company, actor);
    else if (roll < 0.38) this.#move(company, actor, lead);
    else if (roll < 0.52) run('lead.assign', { agentId });
    else if (roll < 0.57) run('lead.unassign', {});
    else if (roll < 0.6) run('lead.claim', {});
    else if (roll < 0.7)
      run('lead.edit', { value: Math.floor(this.#random() * 1e9), location: this.#pick(['Marina', 'Old Town', 'وسط المدينة']) });
    else if (roll < 0.74)
      run('lead.edit', {
        firstName: this.#pick(firstNames),
        customFields: { [this.#pick(['tower', 'pets'])]: this.#pick(['Gate', true, 7, null]) },
      });
    else if (roll < 0.82) run('lead.tag', { tag: this.#pick(tags) });
    else if (roll < 0.85) run('lead.untag', { tag: this.#pick(tags) });
    else if (roll < 0.9) run('lead.note', { text: `Called back at ${this.#now}: "soon"\n\\n` });
    else if (roll < 0.93) run('lead.delete', {});
    else if (roll < 0.96) run('lead.restore', {});
    else this.#elsewhere(company, actor, agentId ?? '');
  }

  #capture(company: Company, actor: Actor): void {
    const number = this.events.length;
    const preset = presets.find(
      (each) => each.slug === this.#stateOf<{ preset: string }>(company.id, { type: 'organization', id: company.id }).preset,
    );
    const id = this.execute(company, actor, 'lead.capture', {
      firstName: this.#pick(firstNames),
      lastName: this.#pick(lastNames) || 'Last',
      email: `lead${number}@example.com`,
      phone: phoneOf(preset?.slug ?? '', number),
      source: preset?.sources[number % preset.sources.length] ?? 'website',
      budgetMax: Math.floor(this.#random() * 5e8),
      tags: this.#random() < 0.3 ? [this.#pick(tags)] : [],
      ...(this.#random() < 0.3 && actor.role === 'owner' ? { agentId: this.#pick(company.agents).agentId } : {}),
    });
    if (id) company.leads.push(id);
  }

  #move(company: Company, actor: Actor, lead: string): void {
    const pipeline = this.#stateOf<PipelineState>(company.id, { type: 'pipeline', id: company.id });
    const state = this.#stateOf<LeadState>(company.id, { type: 'lead', id: lead });
    if (state.lastMove && this.#random() < 0.1) {
      this.execute(company, actor, 'lead.move-back', { from: state.status, status: state.lastMove.from }, lead);
      return;
    }
    const allowed = pipeline.moves[state.status] ?? [];
    if (allowed.length > 0)
      this.execute(company, actor, 'lead.move', { status: this.#pick(allowed), dealValue: 12_345_600, reason: 'so it is' }, lead);
  }

  #elsewhere(company: Company, actor: Actor, agentId: string): void {
    const roll = this.#random();
    if (roll < 0.2) this.execute(company, actor, this.#pick(['agent.pause', 'agent.resume', 'agent.step-away']), {}, agentId);
    else if (roll < 0.35) this.execute(company, company.owner, 'organization.edit', { capacity: this.#pick([null, 10, 50]) }, company.id);
    else if (roll < 0.45)
      this.execute(
        company,
        company.owner,
        'organization.edit',
        { timezone: this.#pick(['Asia/Dubai', 'America/New_York', 'UTC', 'Asia/Kathmandu']) },
        company.id,
      );
    else if (roll < 0.6) this.execute(company, company.owner, this.#pick(['member.suspend', 'member.activate']), {}, agentId);
    else if (roll < 0.7) this.execute(company, company.owner, 'team.create', { name: `Team ${this.#made}`, leadId: agentId, agentIds: [] });
    else if (roll < 0.85) this.#alertsRead(company);
    else this.#operate(company);
  }

  /** Somebody reads what they were told last: the id of an alert follows from the event behind it. */
  #alertsRead(company: Company): void {
    const told = this.events.findLast((event) => event.type === 'lead.assigned' && event.organizationId === company.id);
    const reader = company.agents.find(({ agentId }) => agentId === told?.data.agentId);
    if (!told || !reader) return;
    const id = uuidv5(company.id, `alert ${told.position} ${reader.agentId}`);
    if (this.#random() < 0.5) this.execute(company, reader, 'alert.read', {}, id);
    else this.execute(company, reader, 'alert.read-all', { alertIds: [id, this.newId()] }, reader.agentId ?? '');
  }

  #operate(company: Company): void {
    const running = company.operations.at(-1);
    if (running === undefined || this.#random() < 0.3) {
      const id = this.execute(company, company.owner, 'operation.start', { kind: 'import', label: 'leads.csv', total: 10 });
      if (id) company.operations.push(id);
    } else if (this.#random() < 0.6)
      this.execute(company, company.owner, 'operation.progress', { done: this.events.length, counts: { created: 5 } }, running);
    else this.execute(company, company.owner, 'operation.complete', { total: 10, counts: { created: 8, invalid: 2 } }, running);
  }
}
