import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readPng, withPalette, writePng } from './png.ts';

const png = suite('pictures with a palette');

/** A picture of `colours` many colours, each a column. */
function stripes(width: number, height: number, colour: (x: number) => [number, number, number]): Buffer {
  const rgb = Buffer.from(Array.from({ length: width * height }, (_, pixel) => colour(pixel % width)).flat());
  return writePng({ width, height, rgb });
}

png('few colours come back exactly, in less room', () => {
  const before = stripes(200, 100, (x) => [x, 255 - x, (x * 7) % 256]);
  const after = withPalette(before);
  assert.equal(readPng(after), readPng(before));
  assert.ok(after.length < before.length);
});

png('many colours come back near', () => {
  const before = readPng(stripes(2000, 4, (x) => [x % 256, Math.floor(x / 8), 128]));
  const after = readPng(withPalette(writePng(before)));
  const off = before.rgb.reduce((sum, value, at) => sum + Math.abs(value - (after.rgb[at] ?? 0)), 0) / before.rgb.length;
  assert.ok(off < 6, `off by ${off.toFixed(2)} of 255 on average`);
});

png('anything but an 8-bit picture in RGB or with a palette is refused', () => {
  const grey = Buffer.from(stripes(2, 2, () => [0, 0, 0]));
  grey[25] = 0;
  assert.throws(() => readPng(grey), /Not an 8-bit/);
});

png.run();
