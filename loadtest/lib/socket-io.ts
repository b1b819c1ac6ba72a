import { WebSocket } from 'k6/websockets';

/**
 * Socket.IO on the wire, as far as a load test needs it: no client library exists for k6. Engine.IO packets are one
 * digit (0 open, 2 ping, 3 pong, 4 message), Socket.IO's another (0 connect, 2 event, 3 ack, 4 refused).
 */
export interface LiveHandlers {
  /** Signed in: what is sent from here on is heard. */
  ready: (socket: LiveWire) => void;
  /** An event as it came, `42["name",…`, not parsed. */
  event: (text: string) => void;
  /** Refused, broken or cut; not called after `close`. */
  failed: (why: string) => void;
}

export class LiveWire {
  readonly #socket: WebSocket;
  readonly #acks = new Map<string, (answer: string) => void>();
  #next = 1;
  #closed = false;
  /** The last thing that happened, for whoever reads why a socket failed. */
  #stage = 'connecting';

  constructor(url: string, token: string, handlers: LiveHandlers) {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/socket.io/?EIO=4&transport=websocket`);
    this.#socket = socket;
    socket.onmessage = (message) => {
      const text = String(message?.data);
      if (text === '2') socket.send('3');
      else if (text.startsWith('42')) handlers.event(text);
      else if (text.startsWith('43')) this.#acknowledged(text);
      else if (text.startsWith('40')) {
        this.#stage = 'signed in';
        handlers.ready(this);
      } else if (text.startsWith('44')) handlers.failed(text.slice(2));
      else if (text.startsWith('0')) {
        this.#stage = 'signing in';
        socket.send(`40${JSON.stringify({ token })}`);
      }
    };
    const fail = (why: string): void => {
      if (this.#closed) return;
      this.#closed = true;
      handlers.failed(`${why} while ${this.#stage}`);
    };
    socket.onclose = () => fail('closed');
    socket.onerror = (error) => fail(String(error?.error));
  }

  /** Sends an event and hears its answer as JSON text. */
  ask(name: string, data: object, answered: (answer: string) => void): void {
    const id = String(this.#next);
    this.#next += 1;
    this.#acks.set(id, answered);
    this.#socket.send(`42${id}${JSON.stringify([name, data])}`);
  }

  close(): void {
    this.#closed = true;
    this.#socket.close();
  }

  #acknowledged(text: string): void {
    const at = text.indexOf('[');
    const id = text.slice(2, at);
    const answered = this.#acks.get(id);
    this.#acks.delete(id);
    answered?.(text.slice(at + 1, -1));
  }
}
