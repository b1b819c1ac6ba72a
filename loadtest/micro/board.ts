import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { permissions } from '../../domain/identity/permissions.ts';
import { uaeRealEstate } from '../../domain/leads/presets/uae-real-estate.ts';
import { chromiumPath } from '../../scripts/browser.ts';
import { keepResults } from '../lib/results.ts';
import type { BoardOrder, BoardReady } from './board-server.ts';

/**
 * The board in a real browser with many cards under many changes (Q9): frames a second and the longest task, beside
 * the same page at rest. Sender and measurer are apart; the frames are drawn without a graphics card. Ends with one
 * line of JSON.
 *
 * `npm run bench -- board [--cards 20000] [--rate 1000] [--seconds 10]`
 */
const { values } = parseArgs({
  args: process.argv.slice(2),
  allowPositionals: true,
  options: {
    cards: { type: 'string', default: '20000' },
    rate: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '10' },
  },
});
const seconds = Number(values.seconds);
const rate = Number(values.rate);

interface Frames {
  fps: number;
  /** Longest time between two frames, ms. */
  worstGap: number;
  /** Lengths of tasks over 50 ms. */
  longTasks: number[];
}

const types: Record<string, string> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.html': 'text/html',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
};

const owner = {
  user: { id: '01920000-0000-7000-8000-000000007000', email: 'owner@bench', name: 'Owner' },
  agentId: '01920000-0000-7000-8000-000000008000',
  role: 'owner',
  organization: {
    id: '01920000-0000-7000-8000-000000000001',
    slug: 'bench',
    name: 'Bench floor',
    preset: uaeRealEstate.slug,
    currency: uaeRealEstate.currency,
    region: uaeRealEstate.region,
    timezone: uaeRealEstate.timezone,
    locale: uaeRealEstate.locale,
    branding: { hue: uaeRealEstate.hue },
    responseMinutes: uaeRealEstate.responseMinutes,
    capacity: uaeRealEstate.capacity,
  },
  pipeline: { stages: uaeRealEstate.stages, moves: uaeRealEstate.moves },
  sources: uaeRealEstate.sources,
  propertyTypes: uaeRealEstate.propertyTypes,
  required: uaeRealEstate.required,
  permissions: Object.fromEntries(Object.entries(permissions).map(([name, row]) => [name, row.owner])),
  visibility: 'all',
  organizations: [],
};

/** The built client and the one answer it asks for, without a second server in the way. */
async function serve(context: BrowserContext, folder: string): Promise<void> {
  await context.route('**/*', async (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname === '/api/me') return route.fulfill({ json: owner });
    const file = extname(pathname) === '' ? '/index.html' : pathname;
    return route.fulfill({ body: await readFile(join(folder, file)), contentType: types[extname(file)] ?? 'application/octet-stream' });
  });
}

function frames(page: Page, forSeconds: number): Promise<Frames> {
  return page.evaluate(
    (ms) =>
      new Promise<Frames>((done) => {
        const longTasks: number[] = [];
        const observer = new PerformanceObserver((list) => longTasks.push(...list.getEntries().map((entry) => Math.round(entry.duration))));
        observer.observe({ entryTypes: ['longtask'] });
        const start = performance.now();
        let last = start;
        let drawn = 0;
        let worstGap = 0;
        const frame = (now: number): void => {
          drawn += 1;
          if (drawn > 1) worstGap = Math.max(worstGap, now - last);
          last = now;
          if (now - start < ms) requestAnimationFrame(frame);
          else {
            observer.disconnect();
            done({ fps: Math.round((drawn / (now - start)) * 10_000) / 10, worstGap: Math.round(worstGap), longTasks });
          }
        };
        requestAnimationFrame(frame);
      }),
    forSeconds * 1000,
  );
}

const folder = await mkdtemp(join(tmpdir(), 'leadfloor-board-'));
const server = fork(join(import.meta.dirname, 'board-server.ts'), [values.cards], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
const browser = await chromium.launch({
  executablePath: chromiumPath(),
  // The page is handed to the browser rather than served, so its socket would count as a call into the local network.
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-features=LocalNetworkAccessChecks'],
});
try {
  const [ready] = (await once(server, 'message')) as [BoardReady];
  await build({
    root: join(import.meta.dirname, '..', '..', 'client'),
    configFile: false,
    logLevel: 'error',
    build: { outDir: folder, emptyOutDir: true, target: 'esnext' },
  });
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  await context.addCookies([{ name: 'leadfloor-access', value: ready.token, url: ready.url }]);
  await serve(context, folder);
  const page = await context.newPage();
  const opened = Date.now();
  await page.goto(`${ready.url}/board`);
  await page.locator('lf-lead-card').first().waitFor();
  const firstCardMs = Date.now() - opened;
  console.log(`${ready.leads} cards, the first after ${firstCardMs} ms`);
  await frames(page, 3);
  const rest = await frames(page, Math.min(seconds, 5));
  console.log(`at rest: ${rest.fps} frames a second`);
  server.send({ rate } satisfies BoardOrder);
  await frames(page, 2);
  const busy = await frames(page, seconds);
  server.send({ rate: 0 } satisfies BoardOrder);
  const longest = Math.max(0, ...busy.longTasks);
  console.log(
    `under ${rate} changes a second: ${busy.fps} frames a second, longest task ${longest} ms, longest wait for a frame ${busy.worstGap} ms`,
  );
  await keepResults('board', { cards: ready.leads, rate, seconds, firstCardMs, rest, busy });
  console.log(
    JSON.stringify({
      name: 'board',
      goal: 'fps >= 55, no task over 50 ms',
      ours: busy.fps,
      peer: rest.fps,
      ratio: Math.round((busy.fps / rest.fps) * 100) / 100,
      unit: 'frames/s at 20,000 cards and 1,000 changes/s, beside the same page at rest',
      longestTaskMs: longest,
      longTasks: busy.longTasks.length,
      cards: ready.leads,
      rate,
      firstCardMs,
    }),
  );
} finally {
  await browser.close();
  server.disconnect();
  await rm(folder, { recursive: true, force: true });
}
