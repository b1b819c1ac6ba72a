// test-timeout: 120 s
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openStage, type Stage } from '../../scripts/browser.ts';

/** A real browser at the sign-in page of a demo floor. */
const signIn = suite('signing in');
let stage: Stage;

signIn.before(async () => {
  stage = await openStage();
});
signIn.after(async () => {
  await stage.close();
});

signIn('empty and wrong entries say what to do, at the field', async () => {
  const page = await stage.enter(null, '/board?lead=0193a5b2-7c1e-7d4a-9f3e-2b6c8d0e1f2a');
  await page.waitForURL(/\/sign-in\?to=/);
  await page.getByRole('button', { name: 'Sign in' }).click();
  const email = page.getByRole('textbox', { name: 'Email' });
  assert.is(await email.getAttribute('aria-invalid'), 'true');
  await page.getByText('Enter the email address').waitFor();
  await email.fill('manager');
  await page.getByRole('textbox', { name: 'Password' }).fill('not it');
  await page.keyboard.press('Enter');
  await page.getByText('not an email address yet').waitFor();
  await email.fill('manager@uae-real-estate.demo');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText('do not match').waitFor();
});

signIn('the right password opens the address that was asked for; Back does not return to the form', async () => {
  const page = await stage.enter(null, '/dashboard');
  await page.getByRole('textbox', { name: 'Email' }).fill('manager@uae-real-estate.demo');
  await page.getByRole('textbox', { name: 'Password' }).fill('leadfloor-demo');
  await page.getByRole('button', { name: 'Show password' }).click();
  assert.is(await page.locator('#password').getAttribute('type'), 'text');
  await page.getByRole('button', { name: 'Hide password' }).click();
  assert.is(await page.locator('#password').getAttribute('type'), 'password');
  await page.getByRole('textbox', { name: 'Password' }).press('Enter');
  await page.waitForURL(/\/dashboard$/);
  await page.getByText('Are we keeping up today?').first().waitFor();
  await page.goBack();
  assert.not.match(page.url(), /sign-in/);
});

signIn('a demo sign-in is one press; signing out ends it for a reload too', async () => {
  const page = await stage.enter(null, '/sign-in');
  await page.getByText('Harbor Brokerage').click();
  await page.getByRole('button', { name: /Owner$/ }).click();
  await page.waitForURL(/\/board$/);
  await page.getByRole('button', { name: 'Profile and settings' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.waitForURL(/\/sign-in/);
  await page.reload();
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
});

signIn('the language changes in place, turns the page round, and is kept', async () => {
  const context = await stage.browser.newContext({ baseURL: stage.floor.url, locale: 'en-GB' });
  const page = await context.newPage();
  await page.goto('/sign-in');
  await page.getByRole('button', { name: 'العربية' }).click();
  await page.getByRole('heading', { name: 'سجّل الدخول إلى فريقك' }).waitFor();
  assert.equal(await page.evaluate(() => [document.documentElement.dir, document.documentElement.lang]), ['rtl', 'ar']);
  await page.reload();
  await page.getByRole('heading', { name: 'سجّل الدخول إلى فريقك' }).waitFor();
  await page.getByRole('button', { name: 'English' }).click();
  await page.getByRole('heading', { name: 'Sign in to your floor' }).waitFor();
  assert.is(await page.evaluate(() => document.documentElement.dir), 'ltr');
  await context.close();
});

signIn.run();
