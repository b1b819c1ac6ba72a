import type { Socket } from 'socket.io';
import type { Principal } from '../identity/principal.ts';
import { type Frame, frameOf } from './frame.ts';
import type { Room, Watcher } from './room.ts';

/** Why the server cuts a socket; the client acts by it. */
export type ByeReason = 'session-ended' | 'permissions-changed' | 'resync' | 'draining';

/** Messages that may wait for one socket. Socket.IO itself would queue without bound. */
const mostPackets = 256;
/** Characters that may wait for one socket: with as much again in flight this stays below 5 MB. */
const mostCharacters = 2_000_000;
/** Looks, half a second apart, at which the oldest waiting message may be the same before the reader counts as stalled. */
const patientLooks = 5;
/** After so many characters without a sign of life the client is pinged: the kernel takes megabytes before anything waits here. */
const charactersUnheard = 192 * 1024;
/** Looks until that ping must be answered. */
const answerLooks = 6;
/** Time for `bye` to get out before the connection is torn down. */
const farewellMs = 250;

/** What this file needs of an engine.io connection beyond its public types. */
interface EngineWire {
  write(data: string, options: Frame['options']): void;
  sendPacket(type: 'ping'): void;
  on(event: 'packet', listener: () => void): void;
  readyState: string;
  request: unknown;
  writeBuffer: { data?: string }[];
  transport: { writable: boolean; send(packets: Frame['packets']): void; socket?: { terminate?: () => void } };
}

/** One signed-in socket: writes shared frames, notices when nobody reads them, says goodbye before it cuts. */
export class LiveSocket implements Watcher {
  readonly socket: Socket;
  readonly principal: Principal;
  /** Asked again when something about the person's rights may have changed. */
  readonly token: string;
  readonly rooms = new Set<Room>();
  readonly #wire: EngineWire;
  readonly #onSlow: (socket: LiveSocket) => void;
  #oldest: object | null = null;
  #looks = 0;
  /** Looks granted beyond the usual, for a big answer on a slow line. */
  #grace = 0;
  #unheard = 0;
  #looksSincePing: number | null = null;
  #ended = false;

  constructor(socket: Socket, principal: Principal, token: string, onSlow: (socket: LiveSocket) => void) {
    this.socket = socket;
    this.principal = principal;
    this.token = token;
    this.#onSlow = onSlow;
    // The queue of a connection and its teardown have no public names in engine.io; this is the one place that looks inside.
    this.#wire = socket.conn as unknown as EngineWire;
    // The upgrade request (headers, sockets, parser) would live as long as the connection.
    this.#wire.request = null;
    this.#wire.on('packet', () => {
      this.#unheard = 0;
      this.#looksSincePing = null;
      this.#grace = 0;
    });
    socket.handshake.headers = {};
  }

  get ended(): boolean {
    return this.#ended;
  }

  write(frame: Frame): void {
    if (this.#ended) return;
    const wire = this.#wire;
    this.#unheard += frame.bytes;
    // An idle connection takes the frame at once; the engine's queue, with an object and four events a packet, is for busy ones.
    if (wire.transport.writable && wire.writeBuffer.length === 0 && wire.readyState === 'open') wire.transport.send(frame.packets);
    else {
      wire.write(frame.text, frame.options);
      if (wire.writeBuffer.length > 8) this.#checkQueue();
    }
  }

  /** For what may be dropped: sent only when nothing waits. */
  writeVolatile(frame: Frame): void {
    if (!this.#ended && this.#wire.transport.writable) this.#wire.write(frame.text, frame.options);
  }

  /**
   * A big answer was just written: it takes a slow line longer than a stalled reader is otherwise allowed. A ping behind it
   * tells when it has arrived, and with that the allowance ends.
   */
  sentLong(characters: number): void {
    if (characters < charactersUnheard || this.#ended) return;
    this.#grace = Math.ceil(characters / 250_000);
    this.#looksSincePing = 0;
    this.#wire.sendPacket('ping');
  }

  /** Called twice a second: is the reader still reading? */
  look(): void {
    if (this.#ended) return;
    const oldest = this.#wire.writeBuffer[0] ?? null;
    this.#looks = oldest !== null && oldest === this.#oldest ? this.#looks + 1 : 0;
    this.#oldest = oldest;
    if (this.#looksSincePing !== null) this.#looksSincePing += 1;
    else if (this.#unheard > charactersUnheard) {
      this.#looksSincePing = 0;
      this.#wire.sendPacket('ping');
    }
    if (this.#looks >= patientLooks + this.#grace || (this.#looksSincePing ?? 0) >= answerLooks + this.#grace) this.#onSlow(this);
  }

  /** Says why, then cuts. What still waits is dropped: the client resumes from what it has. */
  bye(reason: ByeReason): void {
    if (this.#ended) return;
    const frame = frameOf('bye', JSON.stringify({ reason }));
    this.#wire.writeBuffer.length = 0;
    this.#wire.write(frame.text, frame.options);
    this.#ended = true;
    const reading = this.#wire.transport.writable;
    if (reading) this.socket.disconnect(true);
    // A reader that does not read would keep its queue until the close handshake times out.
    setTimeout(() => this.#terminate(), farewellMs);
  }

  #checkQueue(): void {
    const waiting = this.#wire.writeBuffer;
    if (waiting.length > mostPackets) {
      this.#onSlow(this);
      return;
    }
    let characters = 0;
    for (const packet of waiting) characters += packet.data?.length ?? 0;
    if (characters > mostCharacters) this.#onSlow(this);
  }

  #terminate(): void {
    if (this.#wire.readyState === 'closed') return;
    this.#wire.transport.socket?.terminate?.();
    this.socket.disconnect(true);
  }
}
