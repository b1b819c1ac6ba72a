import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

/** WCAG 2.2 contrast of every pair the components use, in both themes and for every accent hue an organization may choose. */
const contrast = suite('contrast of the tokens');

type Rgb = [number, number, number];

/** OKLCH to linear sRGB, out-of-gamut channels clipped as a display does. */
function linear(l: number, c: number, h: number): Rgb {
  const a = c * Math.cos((h * Math.PI) / 180);
  const b = c * Math.sin((h * Math.PI) / 180);
  const long = (l + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const medium = (l - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const short = (l - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const clip = (value: number): number => Math.min(1, Math.max(0, value));
  return [
    clip(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
    clip(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
    clip(-0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short),
  ];
}
const luminance = ([r, g, b]: Rgb): number => 0.2126 * r + 0.7152 * g + 0.0722 * b;

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8');

/** Luminance of a token in a theme, its accent hue filled in. */
function token(name: string, theme: 'light' | 'dark', hue: number): number {
  const pair = new RegExp(`--${name}:\\s*(?:light-dark\\((.*)\\)|(.*?));`).exec(css);
  assert.ok(pair, `tokens.css has no --${name}`);
  const both = pair[1];
  const colours = both === undefined ? [pair[2] ?? ''] : both.split(/(?<=\)), /);
  const colour = (theme === 'dark' ? colours.at(-1) : colours[0]) ?? '';
  const numbers = /oklch\(([\d.]+)% ([\d.]+) ([\d.]+|var\(--hue\))\)/.exec(colour);
  assert.ok(numbers, `--${name} is not an opaque oklch colour: ${colour}`);
  return luminance(linear(Number(numbers[1]) / 100, Number(numbers[2]), numbers[3]?.startsWith('var') ? hue : Number(numbers[3])));
}

function ratio(one: number, other: number): number {
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}

const grounds = ['bg', 'surface', 'raised', 'sunken', 'hover'];
const text: [ink: string, on: string[]][] = [
  ['ink', [...grounds, 'accent-soft']],
  ['ink-2', [...grounds, 'accent-soft']],
  ['ink-3', grounds],
  ['accent', [...grounds, 'accent-soft']],
  ['accent-ink', ['accent', 'accent-strong']],
  ...(['bad', 'warn', 'good', 'new'] as const).map((signal): [string, string[]] => [signal, [...grounds, `${signal}-soft`]]),
  ['float-ink', ['float']],
  ['float-accent', ['float']],
];

for (const theme of ['light', 'dark'] as const) {
  for (const [ink, on] of text) {
    contrast(`${ink} reads at 4.5:1 on ${on.join(', ')} (${theme})`, () => {
      for (const ground of on) {
        for (let hue = 0; hue < 360; hue += 5) {
          const found = ratio(token(ink, theme, hue), token(ground, theme, hue));
          assert.ok(found >= 4.5, `--${ink} on --${ground}, hue ${hue}: ${found.toFixed(2)}`);
        }
      }
    });
  }
}

contrast('the letters of every avatar read at 4.5:1', () => {
  const source = readFileSync(new URL('./avatar.ts', import.meta.url), 'utf8');
  const colour = /oklch\(([\d.]+)% ([\d.]+) var\(--person\)\)/.exec(source);
  assert.ok(colour);
  for (let hue = 0; hue < 360; hue += 1) {
    const found = ratio(1, luminance(linear(Number(colour[1]) / 100, Number(colour[2]), hue)));
    assert.ok(found >= 4.5, `hue ${hue}: ${found.toFixed(2)}`);
  }
});

contrast.run();
