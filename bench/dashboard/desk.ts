import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { builtPage } from '../../scripts/built.js';
import { launchBrowser } from '../../test/support/browser.ts';
import type { Stack } from '../../test/support/stack.ts';
import { closeLater } from '../cleanUp.ts';
import { addThread, fillWorkspace, type Place } from '../fillWorkspace.ts';
import { timed } from '../mails.ts';
import { figure, say } from '../report.ts';
import { newStack } from '../stack.ts';
import { floorPage } from './floorPages.ts';

export const TICKETS = 10_000;
/** A page of the list. */
const PAGE_ROWS = 50;
const PROBE = path.join(import.meta.dirname, 'probe.js');
const VIEWPORT = { width: 1440, height: 900 };
/** Long, for a machine that is several times slower (ms). */
const PATIENCE_MS = 120_000;

/** A full workspace, served to a browser that is signed in as Dana. */
export interface BenchDesk {
  stack: Stack;
  /** Of the build that is served. */
  folder: string;
  /** A browser profile of its own: nothing is cached in it. */
  newContext(): Promise<BrowserContext>;
  /** A new page in a new profile. The profile is closed with `page.context()`. */
  newPage(url: string): Promise<Page>;
  urls: { inbox: string; all: string; floor: string; floorRows: string };
  /** URLs of threads of so many messages. */
  long: Record<200 | 500, string>;
  /** What was asked of other hosts by any page so far. */
  outside: string[];
  /** Closes the pages that are open. */
  closePages(): Promise<void>;
  close(): Promise<void>;
}

export async function openDesk(): Promise<BenchDesk> {
  const folder = await folderWithFloors();
  const stack = await newStack({
    // The worker would be busy for minutes with what happens while the workspace is filled.
    processes: ['web'],
    env: { DASHBOARD_DIR: folder.path, DEMO_SIGN_IN: '1' },
    sandbox: { retrySpeed: 600 },
  });
  const long = await fill(stack);
  await stack.startWorker();
  // Every other name leads nowhere: what a mail asks of the world is counted, and harms nobody.
  const browser = await launchBrowser(['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1']);
  const closeBrowser = closeLater(() => browser.close());
  const storageState = await signIn(browser, stack);
  const outside: string[] = [];

  const newContext = async () => {
    const context = await browser.newContext({ viewport: VIEWPORT, storageState });
    context.setDefaultTimeout(PATIENCE_MS);
    await context.addInitScript({ path: PROBE });
    context.on('request', (request) => {
      const isOurs = request.url().startsWith(stack.webUrl) || /^(data|blob|about):/.test(request.url());
      if (!isOurs) outside.push(request.url());
    });
    return context;
  };
  const at = (below: string) => `${stack.webUrl}/w/${stack.seeded.workspaceId}/${below}`;
  return {
    stack,
    folder: folder.path,
    newContext,
    async newPage(url) {
      const page = await (await newContext()).newPage();
      await page.goto(url);
      return page;
    },
    urls: {
      inbox: at('inbox'),
      all: at('all?status=open,pending,closed'),
      floor: `${stack.webUrl}/floor.html`,
      floorRows: `${stack.webUrl}/rows.html`,
    },
    long: { 200: at(`all/ticket/${long[200]}`), 500: at(`all/ticket/${long[500]}`) },
    outside,
    async closePages() {
      await Promise.all(browser.contexts().map((context) => context.close()));
    },
    async close() {
      await closeBrowser();
      await stack.close();
      await folder.remove();
    },
  };
}

/** The build, and the floors beside it. */
async function folderWithFloors(): Promise<{ path: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'postroom-dashboard-'));
  const remove = closeLater(() => rm(folder, { recursive: true, force: true }));
  await cp(await builtPage(), folder, { recursive: true });
  await writeFile(path.join(folder, 'floor.html'), floorPage(PAGE_ROWS));
  await writeFile(path.join(folder, 'rows.html'), floorPage(TICKETS));
  return { path: folder, remove };
}

async function fill({ models, seeded }: Stack): Promise<Record<200 | 500, string>> {
  const place: Place = {
    workspaceId: seeded.workspaceId,
    userId: 'user-dana',
    emails: { tickets: 'demo-support', shared: 'demo-hello' },
  };
  const long = { 200: '', 500: '' };
  const took = await timed(async () => {
    await fillWorkspace(models, place, {
      tickets: TICKETS,
      conversations: 100,
      contacts: 1_000,
      messages: 2,
    });
    long[200] = await addThread(models, place, TICKETS + 1, 200);
    long[500] = await addThread(models, place, TICKETS + 2, 500);
  });
  say(`dashboard: filled the workspace in ${figure(took / 1000)} s`);
  return long;
}

async function signIn(
  browser: Browser,
  { webUrl }: Stack,
): Promise<Exclude<BrowserContextOptions['storageState'], string | undefined>> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(webUrl);
  await page.getByRole('button', { name: 'Sign in as Dana' }).click({ timeout: PATIENCE_MS });
  await page.waitForURL('**/w/**', { timeout: PATIENCE_MS });
  const state = await context.storageState();
  await context.close();
  return state;
}
