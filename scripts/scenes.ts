import type { Page } from 'playwright-core';

/** One screen as somebody would see it, brought to rest. */
export interface Scene {
  name: string;
  /** Who looks, by demo address; null: nobody has signed in. */
  as: string | null;
  path: string;
  /** Waits until it shows what it is about, and opens what belongs to it. */
  ready(page: Page): Promise<void>;
  /** Not made for this look (the API page is English and has no phone layout of its own). */
  skip?: readonly Look[];
}

export type Look = 'light' | 'dark' | 'phone' | 'arabic';
export const looks: readonly Look[] = ['light', 'dark', 'phone', 'arabic'];

export const manager = 'manager@uae-real-estate.demo';

async function board(page: Page): Promise<void> {
  await page.locator('lf-lead-card').first().waitFor();
}

export const scenes: readonly Scene[] = [
  {
    name: 'sign-in',
    as: null,
    path: '/sign-in',
    ready: (page) => page.locator('lf-sign-in .person').first().waitFor(),
  },
  { name: 'board', as: manager, path: '/board', ready: board },
  {
    name: 'drawer',
    as: manager,
    path: '/board',
    async ready(page) {
      // A lead with a past: far along the pipeline.
      const answer = await page.context().request.get('/api/leads?status=negotiation&limit=1');
      const { rows } = (await answer.json()) as { rows: { id: string }[] };
      await page.goto(`/board?lead=${rows[0]?.id}`);
      await board(page);
      await page.locator('lf-lead-log li').first().waitFor();
    },
  },
  {
    name: 'quick-add',
    as: manager,
    path: '/board',
    async ready(page) {
      await board(page);
      await page.keyboard.press('n');
      await page.locator('dialog[open]').first().waitFor();
    },
  },
  {
    name: 'floor',
    as: manager,
    path: '/floor',
    async ready(page) {
      await page.locator('lf-floor-page .agent').first().waitFor();
      await page.locator('lf-floor-page .who').nth(1).click();
      await page.locator('lf-floor-page .lead').first().waitFor();
    },
  },
  {
    name: 'dashboard',
    as: manager,
    path: '/dashboard?range=week',
    async ready(page) {
      await page.locator('lf-line-chart canvas').waitFor();
      // The rows come live, their figures from the report: a picture without them would show dashes.
      await page
        .locator('lf-agents-table tbody td')
        .filter({ hasText: /^\s*\d+\s*$/ })
        .first()
        .waitFor();
    },
  },
  {
    name: 'alerts',
    as: 'agent1@uae-real-estate.demo',
    path: '/alerts',
    ready: (page) => page.locator('lf-alerts .alert').first().waitFor(),
  },
  {
    name: 'palette',
    as: manager,
    path: '/board',
    async ready(page) {
      await board(page);
      await page.keyboard.press('Control+k');
      await page.locator('lf-palette input').fill('al');
      await page.locator('lf-palette lf-avatar').first().waitFor();
    },
    skip: ['phone'],
  },
  { name: 'docs', as: null, path: '/docs', ready: (page) => page.locator('h1').first().waitFor(), skip: ['arabic'] },
];
