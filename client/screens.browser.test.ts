// test-timeout: 240 s
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { accessibilityFindings, atRest, openStage, overflowFindings, type Stage, type View } from '../scripts/browser.ts';
import { type Look, scenes } from '../scripts/scenes.ts';

/** Every screen in every look: nothing that axe finds (WCAG 2.2 AA), nothing that sticks out sideways. */
const screens = suite('every screen');
let stage: Stage;

/** Light turns into dark on the same page, as it does when evening comes. */
const views: { view: View; looks: Look[] }[] = [
  { view: { colorScheme: 'light' }, looks: ['light', 'dark'] },
  { view: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }, looks: ['phone'] },
  { view: { language: 'ar' }, looks: ['arabic'] },
];

screens.before(async () => {
  stage = await openStage();
});
screens.after(async () => {
  await stage.close();
});

for (const scene of scenes) {
  screens(scene.name, async () => {
    for (const { view, looks } of views) {
      if (looks.every((look) => scene.skip?.includes(look))) continue;
      const page = await stage.enter(scene.as, scene.path, view);
      await scene.ready(page);
      for (const look of looks) {
        if (look === 'dark') await page.emulateMedia({ colorScheme: 'dark' });
        await atRest(page);
        const found = [...(await accessibilityFindings(page)), ...(await overflowFindings(page))];
        assert.equal(found, [], `${scene.name} ${look}`);
      }
      await page.context().close();
    }
  });
}

screens('the checks themselves find what is wrong', async () => {
  const page = await stage.enter(null, '/sign-in');
  await page.locator('lf-sign-in h1').waitFor();
  await page.evaluate(() => {
    const bad = document.createElement('div');
    const button = document.createElement('button');
    bad.style.cssText = 'position: absolute; top: 0; width: 4000px; height: 30px';
    bad.append(button);
    document.body.append(bad);
  });
  assert.ok((await accessibilityFindings(page)).some((finding) => finding.rule === 'button-name'));
  assert.ok((await overflowFindings(page)).some((finding) => finding.rule === 'overflow-page'));
  await page.context().close();
});

screens.run();
