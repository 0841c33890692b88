import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { built } from '../../support/built.ts';
import { runNode } from './fakes.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const dir = mkdtempSync(path.join(os.tmpdir(), 'postroom-built-'));
const write = (file: string, text: string) => writeFileSync(path.join(dir, file), text);

/** A checkout with little in it. */
beforeAll(() => {
  for (const part of ['scripts', 'package.json', 'package-lock.json', 'src/infra/temporal/workflowBundle.ts'])
    cpSync(path.join(ROOT, part), path.join(dir, part), { recursive: true });
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(dir, 'node_modules'));
  for (const part of ['activities', 'workflows', 'dev']) mkdirSync(path.join(dir, part));
  write('workflows/index.ts', 'export async function hello(): Promise<string> { return "hello"; }\n');
  write('src/one.ts', 'export const one: number = 1;\n');
  write('src/data.txt', 'as it is');
});

const code = `import('${dir}/scripts/built.js').then(async ({ built }) => console.log(await built(console.log)))`;
async function build() {
  const { output, exited } = runNode(['-e', code], dir);
  const exitCode = await exited;
  return { exitCode, lines: output.text.trim().split('\n'), folder: output.text.trim().split('\n').at(-1)! };
}
const builds = () => readdirSync(path.join(dir, '.postroom/build'));
const bundles = () => builds().filter((name) => name.startsWith('workflows-'));

test('sources are compiled once, with their maps and what is no TypeScript, and the workflows bundled', async () => {
  const first = await build();
  expect(first.lines).toHaveLength(3);
  for (const file of ['src/one.js', 'src/one.js.map', 'src/data.txt', 'workflow-bundle.js'])
    expect([file, existsSync(path.join(first.folder, file))]).toEqual([file, true]);
  expect(await build()).toEqual({ exitCode: 0, lines: [first.folder], folder: first.folder });
});

test('a change is compiled anew, and the workflows are bundled anew only when they changed', async () => {
  const before = await build();
  write('src/one.ts', 'export const one: number = 2;\n');
  const after = await build();
  expect(after.folder).not.toBe(before.folder);
  expect(existsSync(path.join(after.folder, 'workflow-bundle.js'))).toBe(true);
  expect(bundles()).toHaveLength(1);
  write('workflows/index.ts', 'export async function bye(): Promise<string> { return "bye"; }\n');
  await build();
  expect(bundles()).toHaveLength(2);
});

test('two at once make one build', async () => {
  write('src/one.ts', 'export const one: number = 3;\n');
  const count = builds().length;
  const [one, other] = await Promise.all([build(), build()]);
  expect([one.exitCode, other.exitCode]).toEqual([0, 0]);
  expect(one.folder).toBe(other.folder);
  expect(builds()).toHaveLength(count + 1);
});

test('a source that cannot be compiled is an error that names it, and leaves nothing', async () => {
  write('src/one.ts', 'export const one: = 1;\n');
  const before = builds();
  const { exitCode, lines } = await build();
  expect(exitCode).toBe(1);
  expect(lines.join('\n')).toMatch('src/one.ts');
  expect(builds()).toEqual(before);
});

test('the compiled Postroom is used by the tests, and stays for the next run', async () => {
  const folder = await built();
  expect(path.dirname(folder)).toBe(path.join(ROOT, '.postroom/build'));
  expect(statSync(path.join(folder, 'src/web.js')).isFile()).toBe(true);
});
