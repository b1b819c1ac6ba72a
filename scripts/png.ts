import { crc32, deflateSync, inflateSync } from 'node:zlib';

/** Pictures of screens have few colours that matter: as a palette of 256 they take a third of the room. */

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

interface Pixels {
  width: number;
  height: number;
  /** Three bytes a pixel, row by row. */
  rgb: Buffer;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

function paeth(left: number, up: number, upLeft: number): number {
  const guess = left + up - upLeft;
  const [toLeft, toUp, toUpLeft] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - upLeft)];
  if (toLeft <= toUp && toLeft <= toUpLeft) return left;
  return toUp <= toUpLeft ? up : upLeft;
}

/** Reads an 8-bit picture in RGB or with a palette, without interlacing. */
export function readPng(png: Buffer): Pixels {
  const parts = new Map<string, Buffer[]>();
  for (let at = signature.length; at < png.length; at += png.readUInt32BE(at) + 12) {
    const type = png.toString('latin1', at + 4, at + 8);
    parts.set(type, [...(parts.get(type) ?? []), png.subarray(at + 8, at + 8 + png.readUInt32BE(at))]);
  }
  const header = parts.get('IHDR')?.[0] ?? Buffer.alloc(13);
  const [width, height, kind] = [header.readUInt32BE(0), header.readUInt32BE(4), header[9]];
  if (header[8] !== 8 || (kind !== 2 && kind !== 3) || header[12] !== 0)
    throw new Error(`Not an 8-bit picture in RGB or with a palette: depth ${header[8]}, kind ${kind}`);
  const rows = unfiltered(inflateSync(Buffer.concat(parts.get('IDAT') ?? [])), width, height, kind === 2 ? 3 : 1);
  if (kind === 2) return { width, height, rgb: rows };
  const palette = parts.get('PLTE')?.[0] ?? Buffer.alloc(0);
  const rgb = Buffer.alloc(width * height * 3);
  for (const [pixel, entry] of rows.entries()) palette.copy(rgb, pixel * 3, entry * 3, entry * 3 + 3);
  return { width, height, rgb };
}

function unfiltered(raw: Buffer, width: number, height: number, size: number): Buffer {
  const stride = width * size;
  const rows = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y += 1) {
    const filter = raw[y * (stride + 1)] ?? 0;
    for (let x = 0; x < stride; x += 1) {
      const at = y * stride + x;
      const left = x < size ? 0 : (rows[at - size] ?? 0);
      const up = y === 0 ? 0 : (rows[at - stride] ?? 0);
      const upLeft = x < size || y === 0 ? 0 : (rows[at - stride - size] ?? 0);
      const guess = filter === 0 ? 0 : filter === 1 ? left : filter === 2 ? up : filter === 3 ? (left + up) >> 1 : paeth(left, up, upLeft);
      rows[at] = (raw[y * (stride + 1) + 1 + x] ?? 0) + guess;
    }
  }
  return rows;
}

/** Writes a picture in RGB. */
export function writePng({ width, height, rgb }: Pixels): Buffer {
  return written(width, height, 2, [], rgb, 3);
}

function written(width: number, height: number, kind: number, colours: Buffer[], pixels: Buffer, size: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, kind, 0, 0, 0], 8);
  // Flat areas and sharp edges deflate best unfiltered.
  const rows = Buffer.alloc((width * size + 1) * height);
  for (let y = 0; y < height; y += 1) pixels.copy(rows, y * (width * size + 1) + 1, y * width * size, (y + 1) * width * size);
  const data = deflateSync(rows, { level: 9, memLevel: 9 });
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    ...colours.map((one) => chunk('PLTE', one)),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** At most 256 of the commonest colours, spaced so that the picture as a whole changes least. */
function paletteOf(counts: ReadonlyMap<number, number>): number[] {
  const common = [...counts].sort(([, one], [, other]) => other - one);
  let best: number[] = [];
  let least = Number.POSITIVE_INFINITY;
  for (const apart of [14, 4, 0]) {
    const chosen: number[] = [];
    for (const [colour] of common) {
      if (chosen.length === 256) break;
      if (chosen.every((other) => distance(colour, other) > apart * apart)) chosen.push(colour);
    }
    const changed = common.reduce((sum, [colour, count]) => sum + count * Math.min(...chosen.map((other) => distance(colour, other))), 0);
    if (changed < least) [best, least] = [chosen, changed];
  }
  return best;
}

function distance(one: number, other: number): number {
  const red = (one >> 16) - (other >> 16);
  const green = ((one >> 8) & 255) - ((other >> 8) & 255);
  const blue = (one & 255) - (other & 255);
  return red * red + 2 * green * green + blue * blue;
}

/** The same picture in at most 256 colours. */
export function withPalette(png: Buffer): Buffer {
  const { width, height, rgb } = readPng(png);
  const counts = new Map<number, number>();
  const colourAt = (pixel: number): number => ((rgb[pixel * 3] ?? 0) << 16) | ((rgb[pixel * 3 + 1] ?? 0) << 8) | (rgb[pixel * 3 + 2] ?? 0);
  for (let pixel = 0; pixel < width * height; pixel += 1) counts.set(colourAt(pixel), (counts.get(colourAt(pixel)) ?? 0) + 1);
  const palette = paletteOf(counts);
  const nearest = new Map<number, number>();
  for (const colour of counts.keys()) {
    let best = 0;
    for (let entry = 1; entry < palette.length; entry += 1)
      if (distance(colour, palette[entry] ?? 0) < distance(colour, palette[best] ?? 0)) best = entry;
    nearest.set(colour, best);
  }
  const entries = Buffer.alloc(width * height);
  for (let pixel = 0; pixel < entries.length; pixel += 1) entries[pixel] = nearest.get(colourAt(pixel)) ?? 0;
  const colours = Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]));
  return written(width, height, 3, [colours], entries, 1);
}
