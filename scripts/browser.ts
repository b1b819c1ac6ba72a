import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axe from 'axe-core';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { readEnvironment } from '../server/environment.ts';
import { startFloor, type TestFloor } from '../server/testing.ts';

const root = join(import.meta.dirname, '..');

export interface View extends BrowserContextOptions {
  language?: 'en' | 'ar';
  /** The instant the page believes it is, epoch ms; its clock stands still there. */
  now?: number;
}

/** A demo floor with the client built into it, and a real browser: for pictures and for tests with several people. */
export interface Stage {
  floor: TestFloor;
  browser: Browser;
  /** A browser of its own for one person; signed in if `email` is given, standing at `path`. */
  enter(email: string | null, path: string, view?: View): Promise<Page>;
  close(): Promise<void>;
}

/** Where Chromium is on this machine; throws with what to do when there is none. */
export function chromiumPath(): string {
  const given = readEnvironment().chromium;
  const known = given === undefined ? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'] : [given];
  const found = known.find((path) => existsSync(path));
  if (found === undefined) throw new Error('There is no Chromium on this machine: set CHROMIUM to its path.');
  return found;
}

/** Builds the client, starts a demo floor (whose clock stands at `now`, if given) and a browser. */
export async function openStage(options: { now?: number } = {}): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'leadfloor-client-'));
  await build({ configFile: join(root, 'vite.config.ts'), logLevel: 'error', build: { outDir: folder, emptyOutDir: true } });
  const { now } = options;
  const clock = now === undefined ? {} : { now: () => now };
  const floor = await startFloor({ demo: true, clientDirectory: folder, ...clock });
  const browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--font-render-hinting=none',
      '--disable-lcd-text',
    ],
  });
  const contexts: BrowserContext[] = [];
  return {
    floor,
    browser,
    async enter(email, path, view = {}) {
      const { language = 'en', now: believed, ...rest } = view;
      const context = await browser.newContext({
        baseURL: floor.url,
        viewport: { width: 1440, height: 900 },
        reducedMotion: 'reduce',
        locale: 'en-GB',
        timezoneId: 'Asia/Dubai',
        ...rest,
      });
      contexts.push(context);
      if (believed !== undefined) await context.clock.setFixedTime(believed);
      await context.addInitScript((kept) => localStorage.setItem('leadfloor.language', kept), language);
      if (email !== null) {
        const answer = await context.request.post('/api/sessions', { data: { email, password: 'leadfloor-demo' } });
        if (!answer.ok()) throw new Error(`${email} could not sign in: ${answer.status()} ${await answer.text()}`);
      }
      const page = await context.newPage();
      // A loaded machine is slow, not wrong.
      page.setDefaultTimeout(60_000);
      await page.goto(path);
      return page;
    },
    async close() {
      for (const context of contexts) await context.close();
      await browser.close();
      await floor.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Until fonts are in, nothing moves any more and two frames passed. */
export async function atRest(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await document.fonts.ready;
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    await Promise.allSettled(document.getAnimations().map((animation) => animation.finished));
  });
}

/** One thing that is wrong with a page. */
export interface Finding {
  rule: string;
  where: string;
  what: string;
}

interface AxeResult {
  violations: { id: string; help: string; nodes: { target: unknown[]; failureSummary?: string }[] }[];
}

/** WCAG 2.2 AA as far as a program can tell (axe), shadow roots included. */
export async function accessibilityFindings(page: Page): Promise<Finding[]> {
  // Evaluated, not added as a script: the page's content security policy allows none of ours.
  await page.evaluate(axe.source);
  const result = await page.evaluate(
    async (tags) => {
      const inPage = Reflect.get(window, 'axe') as { run(root: Document, options: object): Promise<unknown> };
      return (await inPage.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] })) as AxeResult;
    },
    ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
  );
  return result.violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => ({ rule: id, where: node.target.flat().join(' » '), what: node.failureSummary?.replaceAll(/\s+/g, ' ') ?? help })),
  );
}

/**
 * What sticks out sideways: a page wider than the window, a box that cuts its contents off, a region that scrolls
 * sideways without saying so by `data-across`. Text that ends in an ellipsis is meant to.
 */
export async function overflowFindings(page: Page): Promise<Finding[]> {
  return page.evaluate(() => {
    const found: { rule: string; where: string; what: string }[] = [];
    const name = (element: Element): string => {
      const host = element.getRootNode();
      const inside = host instanceof ShadowRoot ? `${host.host.localName} » ` : '';
      return `${inside}${element.localName}${element.classList.length > 0 ? `.${[...element.classList].join('.')}` : ''}`;
    };
    const excess = document.documentElement.scrollWidth - innerWidth;
    if (excess > 0) found.push({ rule: 'overflow-page', where: 'html', what: `the page is ${excess} px wider than the window` });
    const visit = (root: Document | ShadowRoot): void => {
      for (const element of root.querySelectorAll('*')) {
        if (element.shadowRoot) visit(element.shadowRoot);
        if (!(element instanceof HTMLElement) || element.closest('[data-across]') !== null) continue;
        const style = getComputedStyle(element);
        const over = element.scrollWidth - element.clientWidth;
        const hidden =
          style.clipPath !== 'none' ||
          style.textOverflow === 'ellipsis' ||
          style.display === 'inline' ||
          element.matches('input, textarea, select, canvas, svg, pre');
        if (over <= 1 || style.overflowX === 'visible' || hidden || element.clientWidth === 0) continue;
        found.push({
          rule: 'overflow-inside',
          where: name(element),
          what: `${over} px of its contents stand outside (${style.overflowX})`,
        });
      }
    };
    visit(document);
    return found;
  });
}
