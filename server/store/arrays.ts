/**
 * PostgreSQL arrays in their binary form. A batch travels as some forty arrays; written as text, the server would scan
 * and unescape every JSON document twice, and that is most of what an append costs.
 */
const oid = {
  bool: 16,
  bytea: 17,
  char: 18,
  int8: 20,
  int4: 23,
  text: 25,
  float8: 701,
  timestamptz: 1184,
  uuid: 2950,
  jsonb: 3802,
} as const;

/** Microseconds from the Unix epoch to PostgreSQL's, 2000-01-01. */
const epoch = 946_684_800_000_000n;

/** Digit values by character code, for UUIDs. */
const nibble = new Uint8Array(128);
for (let digit = 0; digit < 16; digit += 1) {
  nibble[digit.toString(16).charCodeAt(0)] = digit;
  nibble[digit.toString(16).toUpperCase().charCodeAt(0)] = digit;
}

/** Grows as needed and is used again for the next array; `take` copies what was written. */
class Scratch {
  bytes = Buffer.allocUnsafe(64 * 1024);
  end = 0;

  reserve(count: number): void {
    if (this.end + count <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.end + count));
    this.bytes.copy(larger, 0, 0, this.end);
    this.bytes = larger;
  }

  int32(value: number): void {
    this.end = this.bytes.writeInt32BE(value, this.end);
  }
}

const scratch = new Scratch();

function encode<T>(type: keyof typeof oid, values: readonly (T | null)[], room: (value: T) => number, write: (value: T) => void): Buffer {
  const out = scratch;
  out.end = 0;
  out.reserve(20);
  out.int32(values.length === 0 ? 0 : 1);
  out.int32(1);
  out.int32(oid[type]);
  if (values.length > 0) {
    out.int32(values.length);
    out.int32(1);
    for (const value of values) {
      if (value === null) {
        out.reserve(4);
        out.int32(-1);
        continue;
      }
      out.reserve(4 + room(value));
      const start = out.end;
      out.end += 4;
      write(value);
      out.bytes.writeInt32BE(out.end - start - 4, start);
    }
  }
  return Buffer.from(out.bytes.subarray(0, out.end));
}

function writeText(value: string): void {
  scratch.end += scratch.bytes.write(value, scratch.end, 'utf8');
}

function writeUuid(value: string): void {
  const { bytes } = scratch;
  let at = scratch.end;
  for (let i = 0; i < 36; i += 2) {
    if (i === 8 || i === 13 || i === 18 || i === 23) i += 1;
    bytes[at] = ((nibble[value.charCodeAt(i)] as number) << 4) | (nibble[value.charCodeAt(i + 1)] as number);
    at += 1;
  }
  scratch.end = at;
}

export const arrays = {
  text: (values: readonly (string | null)[]) => encode('text', values, (value) => value.length * 3, writeText),
  /** JSON documents as text. */
  jsonb: (values: readonly (string | null)[]) =>
    encode(
      'jsonb',
      values,
      (value) => value.length * 3 + 1,
      (value) => {
        scratch.end = scratch.bytes.writeUInt8(1, scratch.end);
        writeText(value);
      },
    ),
  /** 36 characters each. */
  uuid: (values: readonly (string | null)[]) => encode('uuid', values, () => 16, writeUuid),
  bytea: (values: readonly (Buffer | null)[]) =>
    encode(
      'bytea',
      values,
      (value) => value.length,
      (value) => {
        scratch.end += value.copy(scratch.bytes, scratch.end);
      },
    ),
  /** One ASCII letter each: PostgreSQL's "char". */
  letter: (values: readonly string[]) =>
    encode(
      'char',
      values,
      () => 1,
      (value) => {
        scratch.end = scratch.bytes.writeUInt8(value.charCodeAt(0), scratch.end);
      },
    ),
  int4: (values: readonly (number | null)[]) =>
    encode(
      'int4',
      values,
      () => 4,
      (value) => scratch.int32(value),
    ),
  int8: (values: readonly (number | null)[]) =>
    encode(
      'int8',
      values,
      () => 8,
      (value) => {
        scratch.end = scratch.bytes.writeBigInt64BE(BigInt(value), scratch.end);
      },
    ),
  float8: (values: readonly (number | null)[]) =>
    encode(
      'float8',
      values,
      () => 8,
      (value) => {
        scratch.end = scratch.bytes.writeDoubleBE(value, scratch.end);
      },
    ),
  /** Milliseconds since 1970. */
  timestamptz: (values: readonly (number | null)[]) =>
    encode(
      'timestamptz',
      values,
      () => 8,
      (value) => {
        scratch.end = scratch.bytes.writeBigInt64BE(BigInt(Math.round(value * 1000)) - epoch, scratch.end);
      },
    ),
};
