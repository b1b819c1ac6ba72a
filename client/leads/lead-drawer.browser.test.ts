// test-timeout: 120 s
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { LeadRow } from '../../projections/leads/rows.ts';
import { openStage, type Stage } from '../../scripts/browser.ts';

/** Two people in two browsers over one lead. */
const drawer = suite('the lead drawer');
const manager = 'manager@uae-real-estate.demo';
let stage: Stage;
let token: string;

interface Lead {
  id: string;
  version: number;
}

drawer.before(async () => {
  stage = await openStage();
  token = (await stage.floor.signIn(manager)).token;
});
drawer.after(async () => {
  await stage.close();
});

async function api(method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
  const answer = await fetch(`${stage.floor.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

async function capture(firstName: string): Promise<Lead> {
  const phone = `+97150${String(1_000_000 + Math.floor(Math.random() * 8_000_000))}`;
  return (await api('POST', '/api/leads', { firstName, lastName: 'Haddad', phone, source: 'website', location: 'Marina' })) as Lead;
}

async function open(as: string, lead: Lead): Promise<Page> {
  const page = await stage.enter(as, `/board?lead=${lead.id}`);
  await page.locator('lf-lead-drawer h2').waitFor();
  return page;
}

drawer('two people edit the same field: the second sees both values and chooses', async () => {
  const lead = await capture('Layla');
  const page = await open(manager, lead);
  await page.getByRole('button', { name: /^Location: Marina/ }).click();
  const field = page.locator('lf-lead-line').getByRole('textbox', { name: 'Location' });
  await field.fill('Palm Jumeirah');
  await api('POST', `/api/leads/${lead.id}/edit`, { location: 'Downtown' });
  await page.locator('lf-lead-log').getByText('Location').waitFor();
  assert.is(await field.inputValue(), 'Palm Jumeirah', 'what comes in does not write over what is typed');
  await field.press('Enter');
  const conflict = page.getByRole('alert').filter({ hasText: 'Somebody changed this while you typed' });
  await conflict.getByText('Downtown').waitFor();
  await conflict.getByText('Palm Jumeirah').waitFor();
  await conflict.getByRole('button', { name: 'Save mine' }).click();
  await page.getByRole('button', { name: /^Location: Palm Jumeirah/ }).waitFor();
  const saved = (await api('GET', `/api/leads/${lead.id}`)) as LeadRow;
  assert.is(saved.location, 'Palm Jumeirah');
});

drawer('a change of another field meanwhile does not stop mine', async () => {
  const lead = await capture('Omar');
  const page = await open(manager, lead);
  await page.getByRole('button', { name: /^Location: Marina/ }).click();
  const field = page.locator('lf-lead-line').getByRole('textbox', { name: 'Location' });
  await field.fill('Business Bay');
  await api('POST', `/api/leads/${lead.id}/edit`, { nationality: 'Lebanese' });
  await field.press('Enter');
  await page.getByRole('button', { name: /^Nationality: Lebanese/ }).waitFor();
  await page.getByRole('button', { name: /^Location: Business Bay/ }).waitFor();
  const history = page.getByRole('tab', { name: 'Field by field' });
  await history.click();
  await page.locator('lf-lead-log li').filter({ hasText: 'Location' }).getByText('Business Bay').waitFor();
  const saved = (await api('GET', `/api/leads/${lead.id}`)) as LeadRow;
  assert.equal([saved.location, saved.nationality], ['Business Bay', 'Lebanese']);
});

drawer('notes and moves of others appear in the open timeline, and who looks is shown', async () => {
  const lead = await capture('Sana');
  const page = await open(manager, lead);
  const other = await open('owner@uae-real-estate.demo', lead);
  await page.locator('.viewers lf-avatar').waitFor();
  await other.getByRole('textbox', { name: 'Write a note…' }).fill('Prefers calls after six');
  await other.getByRole('button', { name: 'Save note' }).click();
  await page.locator('lf-lead-log').getByText('Prefers calls after six').waitFor();
  await other.getByRole('button', { name: 'Move to…' }).click();
  await other.getByRole('menuitem', { name: 'Contacted' }).click();
  await page.locator('lf-lead-log li').filter({ hasText: 'Contacted' }).waitFor();
  await other.context().close();
  await page.locator('.viewers').waitFor({ state: 'detached' });
});

drawer('deleting closes it, and Undo brings the lead back', async () => {
  const lead = await capture('Yusuf');
  const page = await open(manager, lead);
  await page.locator('lf-lead-drawer').getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await page.locator('lf-lead-drawer').waitFor({ state: 'detached' });
  assert.not.match(page.url(), /lead=/);
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByText('Taken back').or(page.getByText('Undone')).first().waitFor();
  const back = (await api('GET', `/api/leads/${lead.id}`)) as LeadRow;
  assert.is(back.deletedAt, null);
});

drawer('an assignment is a toast and an unread alert in the agent’s browser, and opens the lead', async () => {
  const agent = await stage.floor.signIn('agent2@uae-real-estate.demo');
  const page = await stage.enter('agent2@uae-real-estate.demo', '/alerts');
  await page.locator('lf-connection-pill').getByText('Live').waitFor();
  await page.locator('lf-alerts ol, lf-alerts lf-empty').first().waitFor();
  const lead = await capture('Noura');
  await api('POST', `/api/leads/${lead.id}/assign`, { agentId: agent.me['agentId'] });
  const toast = page.getByRole('region', { name: 'Messages' });
  await toast.getByText('Noura Haddad').waitFor();
  await page.locator('lf-alerts .unread').filter({ hasText: 'Noura Haddad' }).waitFor();
  await page.getByRole('link', { name: /Alerts, \d+ unread/ }).waitFor();
  await toast.getByRole('button', { name: 'Open' }).click();
  await page.locator('lf-lead-drawer h2').getByText('Noura Haddad').waitFor();
  await page.locator('lf-alerts li.alert:not(.unread)').filter({ hasText: 'Noura Haddad' }).waitFor();
});

drawer.run();
