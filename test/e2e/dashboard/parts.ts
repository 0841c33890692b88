import type { Locator, Page } from 'playwright-core';
import { until } from '../../support/until.ts';

/** Parts of the page, by their roles and names. */
export const thread = (page: Page): Locator => page.getByRole('main', { name: 'Thread', exact: true });
export const row = (page: Page, subject: string): Locator =>
  page.getByRole('option', { name: new RegExp(subject) });
export const button = (page: Page, name: string): Locator => page.getByRole('button', { name, exact: true });
export const text = (page: Page): Locator => page.getByRole('textbox', { name: 'Message', exact: true });

/** Opens a thread of the list by the mouse. */
export async function open(page: Page, subject: string): Promise<void> {
  await row(page, subject).click();
  await thread(page).getByRole('article').first().waitFor();
}

/** Begins an answer to the open thread by the mouse. */
export async function write(page: Page, words: string): Promise<void> {
  await button(page, 'Reply').first().click();
  await text(page).fill(words);
}

const hasKeyboard = async (page: Page, part: Locator): Promise<boolean> =>
  (await part.and(page.locator(':focus')).count()) > 0;

/** Waits until what is typed goes to a part. */
export const toHaveKeyboard = (page: Page, part: Locator): Promise<boolean> =>
  until(`${String(part)} to have the keyboard`, () => hasKeyboard(page, part), 20_000);

/** More than there are stops on any screen. */
const MOST_PRESSES = 80;

/** Presses a key until a part has the keyboard; what is not there yet, as in a menu that opens, is waited for. */
export async function pressTo(page: Page, key: string, part: Locator): Promise<void> {
  await part.first().waitFor({ state: 'attached' });
  for (let presses = 0; presses < MOST_PRESSES; presses += 1) {
    if (await hasKeyboard(page, part)) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${key} does not lead to ${String(part)}`);
}
