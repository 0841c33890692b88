import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformFile, type Options } from '@swc/core';
import { buildWorkflowBundle } from '../../src/infra/temporal/worker.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const options: Options = {
  swcrc: false,
  // What rewrites `.ts` in imports is not in swc's types.
  jsc: {
    parser: { syntax: 'typescript' },
    target: 'es2022',
    rewriteRelativeImportExtensions: true,
  } as Options['jsc'] & object,
  module: { type: 'es6' },
};

let building: Promise<string> | undefined;
/**
 * Postroom as `npm run build` makes it, types unchecked, once a run of the tests: a process that compiles nothing and bundles
 * no workflows is up in half the time. @returns the folder, gone with the run.
 */
export const built = (): Promise<string> => (building ??= build());

async function build(): Promise<string> {
  const dataDir = process.env.TEST_DATA_DIR;
  if (!dataDir) throw new Error('TEST_DATA_DIR is not set: test/support/globalSetup.ts did not run');
  const folder = path.join(dataDir, 'built');
  if (existsSync(folder)) return folder;

  const own = `${folder}-${process.pid}`;
  await mkdir(own);
  await Promise.all([
    symlink(path.join(ROOT, 'node_modules'), path.join(own, 'node_modules')),
    writeFile(path.join(own, 'package.json'), '{ "type": "module" }'),
    buildWorkflowBundle().then(({ code }) => writeFile(path.join(own, 'workflow-bundle.js'), code)),
    ...['src', 'activities', 'workflows'].map((part) => compile(part, own)),
  ]);
  try {
    await rename(own, folder);
  } catch (error) {
    // Another of jest's processes was first.
    if (!existsSync(folder)) throw error;
    await rm(own, { recursive: true });
  }
  return folder;
}

async function compile(part: string, to: string): Promise<void> {
  const files = await readdir(path.join(ROOT, part), { recursive: true });
  for (const file of files.filter((name) => name.endsWith('.ts'))) {
    const { code } = await transformFile(path.join(ROOT, part, file), options);
    const target = path.join(to, part, file.replace(/ts$/, 'js'));
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, code);
  }
}
