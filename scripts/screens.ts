import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { accessibilityFindings, atRest, openStage, overflowFindings, type Stage, type View } from './browser.ts';
import { withPalette } from './png.ts';
import { type Look, looks, type Scene, scenes } from './scenes.ts';

/**
 * `npm run screens [-- name…]`: every screen in light, dark, at phone width and in Arabic, as pictures in
 * docs/screens/, each checked by axe (WCAG 2.2 AA) and for anything that sticks out sideways. A line a screen, then
 * one line of JSON; code 1 when anything was found.
 */

const folder = join(import.meta.dirname, '..', 'docs', 'screens');
/** A Saturday at noon in Dubai: the same floor in every run. */
const instant = Date.parse('2026-11-21T08:24:07Z');

const views: Record<Look, View> = {
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  phone: { colorScheme: 'light', viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 },
  arabic: { colorScheme: 'light', language: 'ar' },
};

const { positionals: wanted } = parseArgs({ allowPositionals: true });
const chosen = scenes.filter((scene) => wanted.length === 0 || wanted.includes(scene.name));

async function take(stage: Stage, scene: Scene, look: Look): Promise<{ findings: string[]; bytes: number }> {
  const page = await stage.enter(scene.as, scene.path, { ...views[look], now: instant });
  try {
    await scene.ready(page);
    await atRest(page);
    const findings = [...(await accessibilityFindings(page)), ...(await overflowFindings(page))];
    const path = join(folder, `${scene.name}-${look}.png`);
    await writeFile(path, withPalette(await page.screenshot({ animations: 'disabled', caret: 'hide', scale: 'css' })));
    return { findings: findings.map(({ rule, where, what }) => `${rule} at ${where}: ${what}`), bytes: (await stat(path)).size };
  } finally {
    await page.context().close();
  }
}

if (wanted.length === 0) await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
const stage = await openStage({ now: instant });
let pictures = 0;
let bytes = 0;
let wrong = 0;
try {
  for (const scene of chosen) {
    for (const look of looks) {
      if (scene.skip?.includes(look)) continue;
      const taken = await take(stage, scene, look);
      pictures += 1;
      bytes += taken.bytes;
      wrong += taken.findings.length;
      console.log(`${taken.findings.length === 0 ? 'ok  ' : 'FAIL'}  ${scene.name} ${look}  ${Math.round(taken.bytes / 1024)} kB`);
      for (const finding of taken.findings) console.log(`      ${finding}`);
    }
  }
} finally {
  await stage.close();
}
console.log(JSON.stringify({ name: 'screens', pictures, findings: wrong, bytes, goal: 'findings 0, bytes < 6291456' }));
process.exitCode = wrong > 0 || bytes >= 6_291_456 ? 1 : 0;
