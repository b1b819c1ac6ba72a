import { v7 as uuidv7 } from 'uuid';
import { serverClock } from './clock.ts';
import type { Link } from './link.ts';
import { pendingCommands } from './live-rows.ts';
import type { Overlay, Patch, Pending } from './overlay.ts';
import { fetchJson, type JsonRequest } from './session.ts';
import { serverLink } from './socket.ts';
import { type Answer, type CommandMessage, isProblem, Refused } from './wire.ts';

/** A person's command. `patch` says in one line what it is expected to do to the row it is about. */
export interface Command<Row extends object = object> {
  /** `lead.move` */
  type: string;
  /** The id of the thing it is for; absent for a creating command without an id of its own. */
  stream?: string;
  /** A creating command: over HTTP it goes to the collection. */
  creates?: boolean;
  data: object;
  expectedVersion?: number;
  patch?: Patch<Row>;
}

type Fetch = (path: string, init: JsonRequest) => Promise<unknown>;
type Wait = (ms: number) => Promise<void>;

const BUSY_TRIES = 4;

/**
 * Sends commands so that each happens at most once whatever the line does: over the socket, else over HTTP, else
 * when the line is back; always with the id it was born with, so that the server knows a repeat. Commands on one
 * thing go one after the other.
 */
export class CommandSender {
  private readonly link: Link;
  private readonly overlay: Overlay;
  private readonly fetch: Fetch;
  private readonly wait: Wait;
  private readonly queues = new Map<string, Promise<unknown>>();

  constructor(link: Link, overlay: Overlay, fetch: Fetch, wait: Wait = (ms) => new Promise((done) => setTimeout(done, ms))) {
    this.link = link;
    this.overlay = overlay;
    this.fetch = fetch;
    this.wait = wait;
  }

  /** Answers the accepted command; throws `Refused` after its card, and only its card, has gone back. */
  async send<Row extends object>(command: Command<Row>): Promise<Answer> {
    const noun = command.type.slice(0, command.type.indexOf('.'));
    const message: CommandMessage = {
      id: uuidv7(),
      type: command.type,
      ...(command.stream === undefined ? {} : { stream: command.stream }),
      data: command.data,
      ...(command.expectedVersion === undefined ? {} : { expectedVersion: command.expectedVersion }),
      sentAt: Math.round(serverClock.now()),
    };
    const pending: Pending = {
      commandId: message.id,
      noun,
      key: command.stream ?? message.id,
      patch: (command.patch ?? null) as Patch | null,
      accepted: null,
    };
    this.overlay.add(pending);
    try {
      const answer = await this.inTurn(`${noun} ${pending.key}`, () => this.deliver(message, command.creates === true));
      this.overlay.accept(pending, answer.version, answer.position);
      return answer;
    } catch (error) {
      this.overlay.refuse(pending);
      throw error;
    }
  }

  private inTurn<Result>(slot: string, run: () => Promise<Result>): Promise<Result> {
    const result = (this.queues.get(slot) ?? Promise.resolve()).then(run, run);
    this.queues.set(slot, result);
    const leave = (): void => {
      if (this.queues.get(slot) === result) this.queues.delete(slot);
    };
    result.then(leave, leave);
    return result;
  }

  /** Tries until there is an answer. An unknown outcome (cut line, silence) is asked again under the same id. */
  private async deliver(message: CommandMessage, creates: boolean): Promise<Answer> {
    for (let tries = 1; ; tries += 1) {
      let failure: unknown;
      try {
        return this.link.connected() ? await this.overSocket(message) : await this.overHttp(message, creates);
      } catch (error) {
        failure = error;
      }
      if (failure instanceof Refused) {
        const { status } = failure.problem;
        if ((status !== 503 && status !== 429) || tries >= BUSY_TRIES) throw failure;
      }
      await this.wait(Math.min(4_000, 150 * 2 ** Math.min(tries, 6)) * (0.75 + Math.random() / 2));
    }
  }

  private async overSocket(message: CommandMessage): Promise<Answer> {
    const reply = await this.link.ask('command', message);
    if (isProblem(reply)) throw new Refused(reply);
    return reply as Answer;
  }

  private async overHttp(message: CommandMessage, creates: boolean): Promise<Answer> {
    const headers: Record<string, string> = { 'idempotency-key': message.id };
    if (message.expectedVersion !== undefined) headers['if-match'] = String(message.expectedVersion);
    if (message.sentAt !== undefined) headers['x-sent-at'] = String(message.sentAt);
    const body = creates && message.stream !== undefined ? { ...message.data, id: message.stream } : message.data;
    return (await this.fetch(pathOf(message, creates), { method: 'POST', body, headers })) as Answer;
  }
}

/** `lead.move` for a lead is `/api/leads/<id>/move`; a creating command goes to `/api/leads`. */
export function pathOf(message: Pick<CommandMessage, 'type' | 'stream'>, creates: boolean): string {
  const [noun = '', verb = ''] = message.type.split('.');
  const collection = `/api/${kebab(plural(noun))}`;
  return creates ? collection : `${collection}/${message.stream ?? ''}/${kebab(verb)}`;
}

function plural(noun: string): string {
  if (/[^aeiou]y$/.test(noun)) return `${noun.slice(0, -1)}ies`;
  return /(s|x|ch|sh)$/.test(noun) ? `${noun}es` : `${noun}s`;
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

const sender = new CommandSender(serverLink, pendingCommands, fetchJson);

/** Sends a command of the signed-in person; the screens follow at once, and go back if it is refused. */
export function send<Row extends object>(command: Command<Row>): Promise<Answer> {
  return sender.send(command);
}
