// test-timeout: 150 s
import type { Locator, Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { accessibilityFindings, openStage, overflowFindings, type Stage } from '../../scripts/browser.ts';

/** The board in real browsers: several people side by side on one floor, by mouse, finger and keyboard. */
const manager = 'manager@uae-real-estate.demo';
const owner = 'owner@uae-real-estate.demo';

const test = suite('board');
let stage: Stage;
let token: string;
let serial = 0;

test.before(async () => {
  stage = await openStage();
  token = (await stage.floor.signIn(owner)).token;
});
test.after(async () => stage.close());
test.after.each(async () => {
  for (const context of stage.browser.contexts()) await context.close();
});

async function api(path: string, body: object): Promise<Record<string, unknown>> {
  const answer = await fetch(`${stage.floor.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
  const reply = (await answer.json()) as Record<string, unknown>;
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${JSON.stringify(reply)}`);
  return reply;
}

/** A lead of this test alone, seen at the top of its column. */
async function lead(status = 'new', agentId?: string): Promise<{ id: string; name: string; phone: string }> {
  serial += 1;
  const phone = `+97150${String(4_000_000 + serial)}`;
  const name = `Zayn Test${serial}`;
  const { id } = await api('/api/leads', { firstName: 'Zayn', lastName: `Test${serial}`, phone, source: 'website', status, agentId });
  return { id: String(id), name, phone };
}

const column = (page: Page, name: string): Locator => page.locator(`lf-board-column[aria-label^="${name},"]`);
const card = (where: Page | Locator, name: string): Locator => where.locator('lf-lead-card:not([ghost])', { hasText: name });
const toasts = (page: Page): Locator => page.locator('lf-toasts .toast');
const live = (page: Page): Promise<void> => page.locator('lf-connection-pill .good').waitFor();

/** Takes a card by the mouse and carries it over something, without letting go. */
async function carry(page: Page, from: Locator, to: Locator): Promise<void> {
  const start = await from.boundingBox();
  const end = await to.boundingBox();
  if (start === null || end === null) throw new Error('the card or its goal is not on the screen');
  await page.mouse.move(start.x + 60, start.y + 30);
  await page.mouse.down();
  await page.mouse.move(start.x + 80, start.y + 40, { steps: 3 });
  await page.mouse.move(end.x + end.width / 2, end.y + end.height / 2, { steps: 6 });
}

test('a lead dragged in one window moves in the other at once', async () => {
  const { name } = await lead();
  const mine = await stage.enter(manager, '/board');
  const theirs = await stage.enter(owner, '/board');
  await Promise.all([card(column(mine, 'New'), name).waitFor(), card(column(theirs, 'New'), name).waitFor()]);
  await carry(mine, card(mine, name), column(mine, 'Contacted'));
  assert.is(await column(mine, 'Contacted').getAttribute('drop'), 'over');
  assert.is(await column(mine, 'Negotiation').getAttribute('drop'), 'denied');
  const dropped = Date.now();
  await mine.mouse.up();
  await card(column(mine, 'Contacted'), name).waitFor();
  await card(column(theirs, 'Contacted'), name).waitFor();
  const took = Date.now() - dropped;
  assert.ok(took < 2_000, `it took ${took} ms`);
  assert.is(await card(column(theirs, 'New'), name).count(), 0);
  await card(theirs, name).locator('.card.fresh').waitFor();
  assert.match((await toasts(mine).first().textContent()) ?? '', `Moved ${name} to Contacted`);
});

test('undo brings a move back, also against the direction of the pipeline', async () => {
  const { name } = await lead();
  const page = await stage.enter(manager, '/board');
  await card(column(page, 'New'), name).waitFor();
  await carry(page, card(page, name), column(page, 'Contacted'));
  await page.mouse.up();
  await toasts(page).getByRole('button', { name: 'Undo' }).click();
  await card(column(page, 'New'), name).waitFor();
  await card(page, name).locator('.timer').waitFor();
});

test('a refused move returns its own card only, and says why', async () => {
  const refused = await lead();
  const accepted = await lead();
  const page = await stage.enter(manager, '/board');
  // This screen is told of a move that the server does not know.
  await page.route('**/api/me', async (route) => {
    const answer = await route.fetch();
    const me = (await answer.json()) as { pipeline: { moves: Record<string, string[]> } };
    me.pipeline.moves['new'] = ['contacted', 'negotiation', 'lost'];
    await route.fulfill({ response: answer, json: me });
  });
  await page.reload();
  await card(column(page, 'New'), refused.name).waitFor();
  await carry(page, card(page, accepted.name), column(page, 'Contacted'));
  await page.mouse.up();
  await carry(page, card(page, refused.name), column(page, 'Negotiation'));
  await page.mouse.up();
  await toasts(page).filter({ hasText: refused.name }).waitFor();
  assert.match((await toasts(page).filter({ hasText: refused.name }).textContent()) ?? '', /cannot go there/);
  await card(column(page, 'New'), refused.name).waitFor();
  assert.is(await card(column(page, 'Contacted'), accepted.name).count(), 1);
});

test('a screen that was offline shows what it missed, and what was done on it meanwhile is done', async () => {
  const theirs = await lead();
  const mine = await lead();
  const page = await stage.enter(manager, '/board');
  await card(column(page, 'New'), mine.name).waitFor();
  await live(page);
  await page.context().setOffline(true);
  await page.locator('lf-connection-pill .bad').waitFor();
  await api(`/api/leads/${theirs.id}/move`, { status: 'contacted' });
  await carry(page, card(page, mine.name), column(page, 'Contacted'));
  await page.mouse.up();
  await card(column(page, 'Contacted'), mine.name).waitFor();
  assert.is(await card(column(page, 'New'), theirs.name).count(), 1, 'nothing arrives offline');
  await page.context().setOffline(false);
  await live(page);
  await card(column(page, 'Contacted'), theirs.name).waitFor();
  await toasts(page).filter({ hasText: mine.name }).waitFor();
  const stored = await stage.floor.store.load<{ status: string }>(String((await me()).organization.id), { type: 'lead', id: mine.id });
  assert.is(stored.state.status, 'contacted');
});

async function me(): Promise<{ organization: { id: string }; agentId: string }> {
  const answer = await fetch(`${stage.floor.url}/api/me`, { headers: { authorization: `Bearer ${token}` } });
  return (await answer.json()) as { organization: { id: string }; agentId: string };
}

test('the keyboard alone walks to a card, moves it, keeps the focus on it, and takes the move back', async () => {
  const { name } = await lead();
  const page = await stage.enter(manager, '/board');
  await card(column(page, 'New'), name).waitFor();
  await page.keyboard.press('j');
  const focused = page.locator('lf-lead-card .title:focus');
  assert.is(await focused.textContent(), name);
  await page.keyboard.press('2');
  await card(column(page, 'Contacted'), name).locator('.title:focus').waitFor();
  await page.keyboard.press('5');
  assert.match((await toasts(page).last().textContent()) ?? '', /Contacted does not lead to Negotiation/);
  await page.keyboard.press('Control+z');
  await card(column(page, 'New'), name).locator('.title:focus').waitFor();
  await page.keyboard.press('m');
  await page.keyboard.press('Enter');
  await card(column(page, 'Contacted'), name).locator('.title:focus').waitFor();
});

test('a lead dropped on an agent is theirs; undo makes it free again', async () => {
  const { name } = await lead();
  const page = await stage.enter(manager, '/board');
  await card(column(page, 'New'), name).waitFor();
  const agent = page.locator('lf-floor-strip .agent').first();
  const called = (await agent.getAttribute('data-tip'))?.split('.')[0] ?? '';
  await carry(page, card(page, name), agent);
  await page.locator('lf-floor-strip .agent.over').waitFor();
  await page.mouse.up();
  await toasts(page)
    .filter({ hasText: `Gave ${name} to ${called}` })
    .waitFor();
  await card(page, name)
    .getByRole('button', { name: `Owner: ${called}` })
    .waitFor();
  await page.keyboard.press('Control+z');
  await card(page, name).getByRole('button', { name: 'Claim' }).waitFor();
});

test('won and lost appear while a card is carried; a lost one asks why', async () => {
  const { id, name } = await lead();
  const page = await stage.enter(manager, '/board');
  await card(column(page, 'New'), name).waitFor();
  assert.is(await page.locator('.zones').count(), 0);
  await carry(page, card(page, name), column(page, 'Qualified'));
  assert.match((await page.locator('.zone.won').getAttribute('class')) ?? '', /denied/);
  const zone = await page.locator('.zone.lost').boundingBox();
  await page.mouse.move((zone?.x ?? 0) + 40, (zone?.y ?? 0) + 20, { steps: 3 });
  await page.mouse.up();
  await page.getByLabel('reason', { exact: false }).first().fill('Bought elsewhere');
  await page.keyboard.press('Enter');
  await toasts(page)
    .filter({ hasText: `Moved ${name} to Lost` })
    .waitFor();
  assert.is(await card(page, name).count(), 0);
  const stored = await stage.floor.store.load<{ status: string }>((await me()).organization.id, { type: 'lead', id });
  assert.is(stored.state.status, 'lost');
});

test('while a card is carried nothing moves under the hand; Escape puts it back', async () => {
  const carried = await lead();
  const other = await lead();
  const page = await stage.enter(manager, '/board');
  await card(column(page, 'New'), other.name).waitFor();
  await carry(page, card(page, carried.name), column(page, 'Contacted'));
  await api(`/api/leads/${other.id}/move`, { status: 'contacted' });
  await page.locator('.updates').waitFor();
  assert.is(await card(column(page, 'New'), other.name).count(), 1);
  await page.keyboard.press('Escape');
  await card(column(page, 'Contacted'), other.name).waitFor();
  await page.mouse.up();
  assert.is(await card(column(page, 'New'), carried.name).count(), 1);
  assert.is(new URL(page.url()).search, '', 'letting go opened nothing');
});

test('what is read stays where it is when leads arrive above it', async () => {
  const page = await stage.enter(manager, '/board');
  const list = column(page, 'New').locator('lf-card-list');
  await list.locator('lf-lead-card').first().waitFor();
  await list.evaluate((element) => {
    element.scrollTop = 1_000;
  });
  const read = list
    .locator('lf-lead-card', { hasText: (await list.locator('lf-lead-card').nth(6).locator('.title').textContent()) ?? '' })
    .first();
  await read.waitFor();
  const before = await read.boundingBox();
  const total = await column(page, 'New').locator('.count').textContent();
  await lead();
  await page.waitForFunction(
    ([status, count]) =>
      document
        .querySelector('lf-app')
        ?.shadowRoot?.querySelector('lf-board')
        ?.shadowRoot?.querySelector(`lf-board-column[aria-label^="${status},"]`)
        ?.shadowRoot?.querySelector('.count')?.textContent !== count,
    ['New', total] as const,
  );
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  assert.is((await read.boundingBox())?.y, before?.y);
});

test('a colleague who looks at a lead is seen on its card', async () => {
  const { name } = await lead();
  const mine = await stage.enter(manager, '/board');
  const theirs = await stage.enter(owner, '/board');
  await card(theirs, name).waitFor();
  assert.is(await card(theirs, name).locator('.viewer').count(), 0);
  await card(mine, name).locator('.title').click();
  await card(theirs, name).locator('.viewer').waitFor();
  await theirs.locator('lf-people-here button').waitFor();
});

test('a closed lead is opened again where the pipeline allows it', async () => {
  const page = await stage.enter('manager@us-real-estate.demo', '/board?show=closed');
  const first = column(page, 'Lost').locator('lf-lead-card').first();
  const name = (await first.locator('.title').textContent()) ?? '';
  await carry(page, first, column(page, 'Closed').locator('header'));
  const zone = await page.locator('.zone', { hasText: 'Active' }).boundingBox();
  await page.mouse.move((zone?.x ?? 0) + 30, (zone?.y ?? 0) + 30, { steps: 3 });
  await page.mouse.up();
  await toasts(page)
    .filter({ hasText: `Moved ${name} to Active` })
    .waitFor();
});

test('quick add says what is missing, and leads to the one that is there already', async () => {
  const known = await lead();
  const page = await stage.enter(manager, '/board');
  await card(column(page, 'New'), known.name).waitFor();
  await page.keyboard.press('n');
  const form = page.locator('lf-quick-add');
  await form.getByRole('button', { name: 'Add lead' }).click();
  await form.getByText('Phone is needed here.').waitFor();
  await form.getByLabel('First name').fill('Zayn');
  await form.getByLabel('Last name').fill('Again');
  await form.getByLabel('Phone').fill(known.phone);
  await form.getByLabel('Source').selectOption('website');
  await form.getByRole('button', { name: 'Add lead' }).click();
  await form.getByRole('button', { name: 'Open the existing lead' }).click();
  await page.waitForURL(`**/board?lead=${known.id}`);
});

test('quick add puts the lead on every board', async () => {
  const mine = await stage.enter(manager, '/board');
  const theirs = await stage.enter(owner, '/board');
  await Promise.all([live(mine), live(theirs)]);
  await mine.keyboard.press('n');
  const form = mine.locator('lf-quick-add');
  await form.getByLabel('First name').fill('Noor');
  await form.getByLabel('Last name').fill('Quickadd');
  await form.getByLabel('Phone').fill('050 987 6543');
  await form.getByLabel('Source').selectOption('referral');
  await mine.keyboard.press('Control+Enter');
  await card(column(theirs, 'New'), 'Noor Quickadd').waitFor();
  await form.waitFor({ state: 'detached' });
});

test('two agents reach for one lead: one has it, the other reads who was faster', async () => {
  const { name } = await lead();
  const [first, second] = await Promise.all([
    stage.enter('agent1@uae-real-estate.demo', '/board'),
    stage.enter('agent2@uae-real-estate.demo', '/board'),
  ]);
  await Promise.all([first, second].map((page) => card(page, name).getByRole('button', { name: 'Claim' }).waitFor()));
  await Promise.all([live(first), live(second)]);
  await second.context().setOffline(true);
  await second.locator('lf-connection-pill .bad').waitFor();
  await card(first, name).getByRole('button', { name: 'Claim' }).click();
  await toasts(first)
    .filter({ hasText: `${name} is yours` })
    .waitFor();
  await card(second, name).getByRole('button', { name: 'Claim' }).click();
  await card(second, name).locator('.owner').waitFor();
  await second.context().setOffline(false);
  await toasts(second)
    .filter({ hasText: /claimed it .* before you/ })
    .waitFor();
  await card(second, name).waitFor({ state: 'detached' });
});

test('search and filters live in the address', async () => {
  const { name } = await lead();
  const page = await stage.enter(manager, '/board');
  await card(page, name).waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type(name.toUpperCase());
  await page.waitForURL(/q=/);
  assert.is(await page.locator('lf-lead-card').count(), 1);
  await page.reload();
  await card(page, name).waitFor();
  assert.is(await page.locator('lf-lead-card').count(), 1);
  await page.getByRole('button', { name: 'Clear', exact: true }).click();
  await page.waitForFunction(() => location.search === '');
});

test('on a phone a long press carries the card, a swipe only scrolls', async () => {
  const { name } = await lead();
  const page = await stage.enter(manager, '/board', { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  await card(page, name).waitFor();
  const box = await card(page, name).boundingBox();
  const touch = await page.context().newCDPSession(page);
  const at = { x: (box?.x ?? 0) + 80, y: (box?.y ?? 0) + 20 };
  await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [at] });
  await page.locator('lf-lead-card[ghost]').waitFor();
  const zone = await page.locator('.zone.lost').boundingBox();
  await touch.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: [{ x: (zone?.x ?? 0) + 30, y: (zone?.y ?? 0) + 20 }] });
  await page.locator('.zone.lost.over').waitFor();
  await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await page.locator('lf-closing').getByRole('button', { name: 'Cancel' }).click();
  assert.is(await card(page, name).count(), 1);
});

for (const [look, view] of [
  ['light', {}],
  ['dark', { colorScheme: 'dark' }],
  ['Arabic', { language: 'ar' }],
  ['phone', { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }],
] as const) {
  test(`nothing to find for axe, nothing sticks out (${look})`, async () => {
    const page = await stage.enter(manager, '/board', view);
    await page.locator('lf-lead-card').first().waitFor();
    assert.equal(await accessibilityFindings(page), []);
    assert.equal(await overflowFindings(page), []);
  });
}

test.run();
