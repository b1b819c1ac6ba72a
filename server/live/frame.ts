import { Encoder, type Packet, PacketType } from 'socket.io-parser';

/**
 * A message for many sockets, made once: the Socket.IO packet as text and the WebSocket frame around it as bytes.
 * Handed to each engine connection, the bytes go to the kernel as they are; nothing is encoded or copied per socket.
 */
export interface Frame {
  /** The Socket.IO packet without the engine's `4` (what a transport other than `ws` would send). */
  text: string;
  /** Write options of engine.io; `wsPreEncodedFrame` is what makes its WebSocket transport send the bytes untouched. */
  options: { compress: false; wsPreEncodedFrame: readonly [Buffer] };
  /** The same as the engine's WebSocket transport takes it, one list for all sockets. */
  packets: readonly [{ type: 'message'; data: string; options: Frame['options'] }];
  bytes: number;
}

/** An event for the default namespace whose one argument is already JSON text. */
export function frameOf(event: string, json: string): Frame {
  const text = `2["${event}",${json}]`;
  // One buffer for header and payload: one write per socket instead of a corked pair.
  const payload = Buffer.byteLength(text) + 1;
  const head = payload < 126 ? 2 : payload < 65_536 ? 4 : 10;
  const buffer = Buffer.allocUnsafeSlow(head + payload);
  // FIN, text frame, not masked (servers do not mask).
  buffer[0] = 0x81;
  if (head === 2) buffer[1] = payload;
  else if (head === 4) {
    buffer[1] = 126;
    buffer.writeUInt16BE(payload, 2);
  } else {
    buffer[1] = 127;
    buffer.writeBigUInt64BE(BigInt(payload), 2);
  }
  // The engine's packet type: message.
  buffer[head] = 0x34;
  buffer.write(text, head + 1);
  const options: Frame['options'] = { compress: false, wsPreEncodedFrame: [buffer] };
  return { text, options, packets: [{ type: 'message', data: text, options }], bytes: buffer.length };
}

/** JSON text that goes into an acknowledgement as it is: a snapshot is joined from stored rows, not parsed and printed again. */
export class JsonText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Socket.IO's encoder, which in addition splices `JsonText`, and does not search every payload for binary parts (we send none). */
export class LiveEncoder extends Encoder {
  override encode(packet: Packet): string[] {
    const { type, nsp, id, data } = packet;
    const place = nsp === '/' || nsp === undefined ? '' : `${nsp},`;
    const only: unknown = Array.isArray(data) && data.length === 1 ? data[0] : undefined;
    const json = only instanceof JsonText ? `[${only.text}]` : data === undefined || data === null ? '' : JSON.stringify(data);
    if (type === PacketType.BINARY_EVENT || type === PacketType.BINARY_ACK) throw new Error('Live sync sends no binary packets.');
    return [`${type}${place}${id ?? ''}${json}`];
  }
}
