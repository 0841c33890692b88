import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';

/** Compressed with gzip, in KB of 1,024 bytes. */
export interface PageBytes {
  js: number;
  css: number;
}

/** The scripts and styles that a page has loaded so far, as paths below the build's folder. */
export async function loadedBy(page: Page): Promise<string[]> {
  const urls = await page.evaluate<string[]>(
    `performance.getEntriesByType('resource').map(({ name }) => name)`,
  );
  return [...new Set(urls.map((url) => new URL(url).pathname.slice(1)))].filter((file) =>
    /\.(js|css)$/.test(file),
  );
}

/** What these files of a build weigh, as the build has compressed them. */
export async function bytesOf(folder: string, files: readonly string[]): Promise<PageBytes> {
  const bytes = { js: 0, css: 0 };
  for (const file of files)
    bytes[file.endsWith('.js') ? 'js' : 'css'] += (await stat(path.join(folder, `${file}.gz`))).size / 1024;
  return bytes;
}

/** All scripts and styles of a build. */
export async function filesOfBuild(folder: string): Promise<string[]> {
  const files = await readdir(folder, { recursive: true });
  return files.filter((file) => /\.(js|css)$/.test(file));
}

/** In KB. */
export const PAGE_LIMITS = { firstJs: 230, firstCss: 20, composer: 140, all: 500 };
