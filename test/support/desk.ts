import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { builtPage } from '../../scripts/built.js';
import { launchBrowser } from './browser.ts';
import { startStack, type Stack } from './stack.ts';

/** Long, for a machine that is several times slower (ms). */
const PATIENCE_MS = 90_000;

/** A stack that serves the dashboard, and a browser whose pages are of people of the demo. */
export interface Desk {
  stack: Stack;
  /** A page, signed in by one click, at the inbox. Each has a browser profile of its own. */
  openAs(name: 'Dana' | 'Olive', options?: BrowserContextOptions): Promise<Page>;
  /** Errors of scripts, of all pages so far: there should be none. */
  errors: string[];
  /** Closes the pages that are open. */
  closePages(): Promise<void>;
}

let starting: Promise<Desk & { browser: Browser }> | undefined;

/** One for all suites of a test file. The file closes it: `afterAll(closeDesk)`. */
export const desk = (): Promise<Desk> => (starting ??= start());

/** The desk for a suite: after each of its tests the pages are closed, and no script of them has failed. */
export function deskOfSuite(): Desk {
  const at = {} as Desk;
  beforeAll(async () => void Object.assign(at, await desk()));
  afterEach(async () => {
    await at.closePages();
    expect(at.errors).toEqual([]);
  });
  return at;
}

export async function closeDesk(): Promise<void> {
  const started = await starting;
  starting = undefined;
  await started?.browser.close();
  await started?.stack.close();
}

async function start(): Promise<Desk & { browser: Browser }> {
  const env = { DASHBOARD_DIR: await builtPage(), DEMO_SIGN_IN: '1' };
  // Every other name leads nowhere: what a mail asks of the world is seen to fail, and harms nobody.
  const [stack, browser] = await Promise.all([
    startStack({ env, sandbox: { retrySpeed: 600 } }),
    launchBrowser(['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1']),
  ]);
  const errors: string[] = [];
  return {
    stack,
    browser,
    errors,
    async openAs(name, options) {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
      const page = await context.newPage();
      page.setDefaultTimeout(PATIENCE_MS);
      page.on('pageerror', (error) => errors.push(error.message));
      await page.goto(stack.webUrl);
      await page.getByRole('button', { name: `Sign in as ${name}` }).click();
      await page.waitForURL('**/w/**');
      return page;
    },
    async closePages() {
      await Promise.all(browser.contexts().map((context) => context.close()));
    },
  };
}
