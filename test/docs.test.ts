import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const filesIn = (folder: string, options: { recursive?: boolean } = {}): string[] =>
  readdirSync(path.join(root, folder), { ...options, encoding: 'utf8' }).map((name) =>
    path.join(folder, name),
  );

const pages = [
  ...filesIn('.'),
  ...filesIn('docs', { recursive: true }),
  ...filesIn('dev', { recursive: true }),
]
  .filter((file) => file.endsWith('.md') && !file.includes('node_modules'))
  .sort();
const withoutCode = (text: string): string => text.replaceAll(/^```[^]*?^```/gm, '');

/** A heading's anchor, as GitHub makes it. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
const anchorsOf = (file: string): string[] =>
  [...withoutCode(read(file)).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading!));

/** What is wrong with a link of a page; null = nothing, or it leads elsewhere. */
function faultOfLink(page: string, link: string): string | null {
  if (/^[a-z]+:/.test(link)) return null;
  const [target = '', anchor] = link.split('#');
  const file = target === '' ? page : path.join(path.dirname(page), target);
  if (!existsSync(path.join(root, file))) return `${page}: ${link}`;
  return anchor === undefined || anchorsOf(file).includes(anchor)
    ? null
    : `${page}: ${link} (no such heading)`;
}

test('every link of the docs leads to a file, and to a heading in it', () => {
  const faults = pages.flatMap((page) =>
    [...withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => faultOfLink(page, link!)),
  );
  expect(faults.length).toBeGreaterThan(80);
  expect(faults.filter((fault) => fault !== null)).toEqual([]);
});

test('every file of the code that the docs name is there', () => {
  const named = pages.flatMap((page) =>
    [...read(page).matchAll(/`((?:src|activities|workflows|dev|test|docs|scripts)\/[\w./-]+)`/g)].map(
      ([, file]) => ({ page, file: file! }),
    ),
  );
  expect(named.length).toBeGreaterThan(80);
  expect(named.filter(({ file }) => !existsSync(path.join(root, file)))).toEqual([]);
});

test('every `npm run …` of the docs is a script', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const named = pages.flatMap((page) =>
    [...read(page).matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map(([, script]) => ({
      page,
      script: script!,
    })),
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter(({ script }) => !Object.hasOwn(scripts, script))).toEqual([]);
});

test('the runbook quotes log lines as the code writes them', () => {
  const code = filesIn('src', { recursive: true })
    .filter((file) => file.endsWith('.ts'))
    .map(read)
    .join();
  const quoted = [...read('docs/runbook.md').matchAll(/log says\s`([^`]+)`/g)].map(([, line]) => line!);
  expect(quoted.length).toBeGreaterThan(2);
  expect(quoted.filter((line) => !code.includes(line))).toEqual([]);
});

test('the README can be read in a few minutes', () => {
  const lines = read('README.md').split('\n');
  expect(lines.length).toBeLessThanOrEqual(121);
  expect(lines.filter((line) => line.length > 130)).toEqual([]);
});
