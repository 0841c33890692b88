import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { desk, type Desk } from '../../support/desk.ts';
import { mailIn } from '../../support/outgoing.ts';

const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const PHONE = { width: 390, height: 844 };
const WIDE = { width: 1440, height: 900 };

/** What axe finds against WCAG 2.2 AA in the page; mail is in frames of its own, and not ours. */
async function violations(page: Page): Promise<string[]> {
  if (!(await page.evaluate('typeof axe === "object"'))) await page.evaluate(AXE);
  return page.evaluate<string[]>(
    `axe.run(document, { iframes: false, runOnly: ${JSON.stringify(TAGS)} }).then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + ' ' + target + ': ' + failureSummary)))`,
  );
}

describe.each(['light', 'dark'] as const)('every screen, %s', (colorScheme) => {
  let at: Desk;
  beforeAll(async () => {
    at = await desk();
    await mailIn(at.stack, { subject: `To look at, ${colorScheme}` });
  });
  afterEach(() => at.closePages());

  test.each([
    ['wide', WIDE],
    ['on a phone', PHONE],
  ])('%s: WCAG 2.2 AA, and no scroll sideways', async (_, viewport) => {
    const page = await at.openAs('Dana', { colorScheme, viewport });
    const check = async (screen: string) => {
      expect({ screen, violations: await violations(page) }).toEqual({ screen, violations: [] });
      const { scrollWidth } = await page.evaluate<{ scrollWidth: number }>(
        '({ scrollWidth: document.documentElement.scrollWidth })',
      );
      expect({ screen, scrollWidth }).toEqual({ screen, scrollWidth: viewport.width });
    };
    await check('list');
    await page.getByRole('option', { name: new RegExp(`To look at, ${colorScheme}`) }).click();
    await page.getByRole('article').first().waitFor();
    await check('thread');
    await page.getByRole('button', { name: 'Reply', exact: true }).first().click();
    await page.getByRole('textbox', { name: 'Message', exact: true }).waitFor();
    await check('composer');
    // A phone has no keys.
    if (viewport === PHONE) return;
    await page.getByRole('textbox', { name: 'Message', exact: true }).press('Escape');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await check('keys');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog', { name: 'Commands' }).waitFor();
    await check('palette');
  });
});
