import { bytesOf, filesOfBuild, loadedBy, PAGE_LIMITS } from '../../test/support/pageBytes.ts';
import { figure, type Line } from '../report.ts';
import type { BenchDesk } from './desk.ts';

/** What the page weighs: until the list is there, what the composer adds, and all of the build. */
export async function measureBytes(desk: BenchDesk): Promise<Line[]> {
  const page = await desk.newPage(desk.urls.inbox);
  await page.evaluate('probe.list');
  const first = await loadedBy(page);
  await page.keyboard.press('c');
  await page.getByRole('textbox', { name: 'Message', exact: true }).waitFor();
  const more = (await loadedBy(page)).filter((file) => !first.includes(file));
  await page.context().close();

  const [begin, composer, all] = [
    await bytesOf(desk.folder, first),
    await bytesOf(desk.folder, more),
    await bytesOf(desk.folder, await filesOfBuild(desk.folder)),
  ];
  const line = (what: string, reached: number, atMost: number): Line => ({
    what,
    ours: `${figure(reached)} KB`,
    target: { reached, atMost, unit: 'KB' },
  });
  return [
    line('first load, scripts (gz)', begin.js, PAGE_LIMITS.firstJs),
    line('  styles', begin.css, PAGE_LIMITS.firstCss),
    line('  the composer', composer.js + composer.css, PAGE_LIMITS.composer),
    line('  all of the page', all.js + all.css, PAGE_LIMITS.all),
  ];
}
