import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

/** A command as it was sent, and what became of it. */
export interface Sent {
  /** Idempotency key. */
  key: string;
  type: string;
  /** What the definite answer said. */
  outcome: 'accepted' | 'refused' | 'open';
  code?: string;
  answer?: { id: string; version: number; position: number };
  attempts: number;
  /** Attempts after which nobody could say whether it was done. */
  unknown: number;
  /** When the attempt that was answered had been sent, by the clock of this machine. */
  lastSentAt: number;
}

/** Random numbers from a seed, so that a run can be had again. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export interface Crowd {
  url: string;
  token: string;
  agents: readonly string[];
  random: () => number;
  /** Every command of the run. */
  sent: Sent[];
  onAnswered: () => void;
  /** Answers that no fault excuses. */
  broken: string[];
  /** Whether new commands are begun. */
  going: () => boolean;
}

const answerWithin = 20_000;
const tags = ['vip', 'sea view', 'cash', 'investor', 'family'];
const stages = ['contacted', 'qualified', 'viewing_scheduled', 'negotiation', 'lost'];

/** Somebody who works their leads one command after the other, and repeats whatever was not answered with the same key. */
export class Person {
  readonly #crowd: Crowd;
  readonly #number: number;
  readonly #leads: string[] = [];
  #captured = 0;

  constructor(crowd: Crowd, number: number) {
    this.#crowd = crowd;
    this.#number = number;
  }

  async work(): Promise<void> {
    while (this.#crowd.going()) {
      const fresh = this.#leads.length < 3 || this.#crowd.random() < 0.15;
      if (fresh) await this.#capture();
      else await this.#change(this.#pick(this.#leads));
    }
  }

  #pick<T>(values: readonly T[]): T {
    return values[Math.floor(this.#crowd.random() * values.length)] as T;
  }

  async #capture(): Promise<void> {
    this.#captured += 1;
    const id = randomUUID();
    // A number in ten is another person's too, so that guards refuse.
    const shared = this.#crowd.random() < 0.1;
    const digits = shared ? 9_990_000 + Math.floor(this.#crowd.random() * 20) : 1_000_000 + this.#number * 50_000 + this.#captured;
    const data = { id, firstName: 'Fault', lastName: `Number ${this.#captured}`, phone: `+97156${digits}`, source: 'website' };
    const { outcome } = await this.#send('lead.capture', '/api/leads', data);
    if (outcome === 'accepted') this.#leads.push(id);
  }

  async #change(lead: string): Promise<void> {
    const random = this.#crowd.random();
    const post = (verb: string, data: object) => this.#send(`lead.${verb}`, `/api/leads/${lead}/${verb}`, data);
    if (random < 0.3) await post('tag', { tag: this.#pick(tags) });
    else if (random < 0.4) await post('untag', { tag: this.#pick(tags) });
    else if (random < 0.6) await post('note', { text: `note ${randomUUID()}` });
    else if (random < 0.75)
      await post('edit', { notes: `edited ${randomUUID()}`, budgetMin: Math.floor(this.#crowd.random() * 1_000_000) });
    else if (random < 0.85) await post('move', { status: this.#pick(stages) });
    else if (random < 0.94) await post('assign', { agentId: this.#pick(this.#crowd.agents) });
    else if (random < 0.97) await post('unassign', {});
    else await post(this.#crowd.random() < 0.5 ? 'delete' : 'restore', {});
  }

  async #send(type: string, path: string, data: object): Promise<Sent> {
    const { url, token, sent, broken, onAnswered } = this.#crowd;
    const command: Sent = { key: randomUUID(), type, outcome: 'open', attempts: 0, unknown: 0, lastSentAt: 0 };
    sent.push(command);
    while (command.outcome === 'open') {
      command.attempts += 1;
      command.lastSentAt = Date.now();
      try {
        const response = await fetch(`${url}${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, 'idempotency-key': command.key },
          body: JSON.stringify(data),
          signal: AbortSignal.timeout(answerWithin),
        });
        const answer = (await response.json()) as { id: string; version: number; position: number; code?: string };
        if (response.status < 300) {
          command.outcome = 'accepted';
          command.answer = answer;
        } else if (response.status === 503) {
          // Overloaded says that nothing was done; unavailable that nobody knows.
          if (answer.code !== 'overloaded') command.unknown += 1;
          await sleep(30);
        } else if (response.status < 500 && response.status !== 401 && response.status !== 429) {
          command.outcome = 'refused';
          command.code = answer.code ?? '';
        } else {
          broken.push(`${type} was answered ${response.status} ${JSON.stringify(answer)}`);
          await sleep(200);
          if (broken.length > 20) throw new Error(broken.join('\n'));
        }
      } catch (error) {
        if (broken.length > 20) throw error;
        // Refused connections never carried the command; any other break may have come after it was done.
        if (!neverSent(error)) command.unknown += 1;
        await sleep(30);
      }
    }
    onAnswered();
    return command;
  }
}

function neverSent(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && (cause as NodeJS.ErrnoException).code === 'ECONNREFUSED';
}
