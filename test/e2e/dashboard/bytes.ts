import { builtPage } from '../../../scripts/built.js';
import { desk } from '../../support/desk.ts';
import { bytesOf, filesOfBuild, loadedBy, PAGE_LIMITS } from '../../support/pageBytes.ts';
import { text } from './parts.ts';

test('the page weighs no more than it may: at first, with the composer, in all', async () => {
  const at = await desk();
  const folder = await builtPage();
  const page = await at.openAs('Dana');
  const first = await loadedBy(page);
  await page.keyboard.press('c');
  await text(page).waitFor();
  const composer = (await loadedBy(page)).filter((file) => !first.includes(file));
  await at.closePages();
  const weights = {
    first: await bytesOf(folder, first),
    composer: await bytesOf(folder, composer),
    all: await bytesOf(folder, await filesOfBuild(folder)),
  };
  // What is weighed is there at all.
  expect(weights.first.js).toBeGreaterThan(50);
  expect(weights.composer.js).toBeGreaterThan(50);
  const over = {
    firstJs: weights.first.js - PAGE_LIMITS.firstJs,
    firstCss: weights.first.css - PAGE_LIMITS.firstCss,
    composer: weights.composer.js + weights.composer.css - PAGE_LIMITS.composer,
    all: weights.all.js + weights.all.css - PAGE_LIMITS.all,
  };
  expect(Object.entries(over).filter(([, kilobytes]) => kilobytes > 0)).toEqual([]);
});
