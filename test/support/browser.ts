import type { Browser } from 'playwright-core';
import { launchChromium } from '../../dev/chromium.ts';
import { loadConfig } from '../../src/infra/config.ts';

/** A Chromium without a window; close it at the end. @param args further arguments */
export const launchBrowser = (args?: string[]): Promise<Browser> =>
  launchChromium({ cacheDir: loadConfig().cacheDir, env: process.env }, args);
