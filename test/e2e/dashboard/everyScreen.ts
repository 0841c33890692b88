import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Locator, Page } from 'playwright-core';
import { DAY_MS } from '../../../src/lib/time.ts';
import { deskOfSuite } from '../../support/desk.ts';
import { mailIn, reply } from '../../support/outgoing.ts';
import { TOKENS } from '../../support/stack.ts';

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

/** Screens that have a URL, below the workspace, and what is there when they are. */
const PLACES: [screen: string, path: string, ready: (page: Page) => Locator][] = [
  ['how to search', 'search', (page) => page.getByRole('heading', { name: 'Find threads by their words' })],
  ['found', 'search?q=look', (page) => page.getByRole('option').first()],
  ['nothing found', 'search?q=nowhere', (page) => page.getByText('No thread was found')],
  ['drafts', 'drafts', (page) => page.getByRole('list', { name: 'Drafts' })],
  ['settings', 'settings', (page) => page.getByRole('heading', { name: 'Settings', exact: true }).first()],
  ['outbox', 'outbox', (page) => page.getByRole('list', { name: 'Outbox' })],
  ['an empty list', 'tag:nothing', (page) => page.getByText('Nothing here')],
  ['a thread that is gone', 'all/ticket/gone', (page) => page.getByText('This thread is not here')],
];

describe.each(['light', 'dark'] as const)('every screen, %s', (colorScheme) => {
  const at = deskOfSuite();
  const subject = `To look at, ${colorScheme}`;
  beforeAll(async () => {
    const { path } = await mailIn(at.stack, { subject });
    const token = TOKENS.dana;
    await reply(at.stack, path, { text: 'Next week.', send_at: new Date(Date.now() + DAY_MS) }, { token });
    const other = await mailIn(at.stack, { subject: `Begun, ${colorScheme}` });
    await at.stack.request('PUT', `${other.path}/draft/note`, { text: 'A note' }, { token });
  });

  const check = async (page: Page, screen: string) => {
    expect({ screen, violations: await violations(page) }).toEqual({ screen, violations: [] });
    const { scrollWidth } = await page.evaluate<{ scrollWidth: number }>(
      '({ scrollWidth: document.documentElement.scrollWidth })',
    );
    expect({ screen, scrollWidth }).toEqual({ screen, scrollWidth: page.viewportSize()!.width });
  };
  const SIZES = [
    ['wide', WIDE],
    ['on a phone', PHONE],
  ] as const;

  test.each(SIZES)('%s: WCAG 2.2 AA, and no scroll sideways', async (_, viewport) => {
    const page = await at.openAs('Dana', { colorScheme, viewport });
    await check(page, 'list');
    await page.getByRole('option', { name: new RegExp(subject) }).click();
    await page.getByRole('article').first().waitFor();
    await check(page, 'thread');
    await page.getByRole('button', { name: 'Reply', exact: true }).first().click();
    await page.getByRole('textbox', { name: 'Message', exact: true }).waitFor();
    await check(page, 'composer');
    await page.getByRole('button', { name: 'More ways to send' }).click();
    await page.getByRole('menuitem', { name: 'Send later …' }).click();
    await page.getByRole('dialog', { name: 'Send later' }).waitFor();
    await check(page, 'send later');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    // A phone has no keys.
    if (viewport === PHONE) return;
    await page.getByRole('textbox', { name: 'Message', exact: true }).press('Escape');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await check(page, 'keys');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog', { name: 'Commands' }).waitFor();
    await check(page, 'palette');
    await page.keyboard.press('Escape');
    await page.keyboard.press('x');
    await page.getByRole('toolbar').waitFor();
    await check(page, 'chosen rows');
  });

  test.each(SIZES)('%s: so are the other places, the dialogs and the way in', async (_, viewport) => {
    const page = await at.openAs('Dana', { colorScheme, viewport });
    const home = page.url().replace(/inbox.*/, '');
    for (const [screen, path, ready] of PLACES) {
      // As a link of the page: nothing is loaded anew.
      await page.evaluate(`history.pushState(null, '', '${home}${path}')`);
      await ready(page).waitFor();
      await check(page, screen);
    }
    await page.evaluate(`history.pushState(null, '', '${home}inbox')`);
    await page.getByRole('option', { name: new RegExp(subject) }).click();
    await page.getByRole('article').first().waitFor();
    const closeDialog = async () => {
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    };
    const more = page
      .getByRole('main', { name: 'Thread' })
      .getByRole('button', { name: 'More', exact: true });
    for (const [item, dialog] of [
      ['Merge into …', 'Merge into another thread'],
      ['Snooze', 'Snooze until'],
    ] as const) {
      await more.click();
      await page.getByRole('menuitem', { name: item }).click();
      await page.getByRole('dialog', { name: dialog }).waitFor();
      await check(page, dialog);
      await closeDialog();
    }
    if (viewport === PHONE) {
      await page.getByRole('button', { name: 'Contact', exact: true }).click();
      await page.getByRole('complementary', { name: 'Contact' }).waitFor();
      await check(page, 'contact');
      await page.getByRole('button', { name: 'Show or hide the contact' }).click();
      await page
        .getByRole('button', { name: 'Back to the list' })
        .or(page.getByRole('button', { name: 'Back', exact: true }))
        .first()
        .click();
      await page.getByRole('button', { name: 'Mailboxes' }).click();
    }
    await page.getByRole('button', { name: /^Notifications/ }).click();
    await page.getByRole('dialog', { name: 'Notifications' }).waitFor();
    await check(page, 'notifications');
    await closeDialog();
    if (viewport === PHONE) await page.getByRole('button', { name: 'Close', exact: true }).click();
    await page.getByRole('button', { name: 'New', exact: true }).click();
    await page
      .getByRole('dialog', { name: 'New message' })
      .getByRole('textbox', { name: 'Message' })
      .waitFor();
    await check(page, 'new message');

    await page.context().clearCookies();
    await page.goto(at.stack.webUrl);
    await page.getByRole('button', { name: 'Sign in as Dana' }).waitFor();
    await check(page, 'sign in');
    await page.getByRole('link', { name: 'Forgotten?' }).click();
    await page.getByRole('button', { name: 'Send the link' }).waitFor();
    await check(page, 'forgotten password');
  });
});
