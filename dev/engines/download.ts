/**
 * Way 3, in a process of its own:
 *   node --import tsx download.ts <temporal|test-server|mongod> <folder> <file in it>
 * It uses only what the two libraries document: Temporal's SDK downloads a server when it is asked to start
 * one, and mongodb-memory-server when it is asked for the path of its binary.
 */
import { copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { MongoBinary } from 'mongodb-memory-server-core';
import { MONGOD_VERSION } from './recipes.ts';

async function download(what: string, downloadDir: string): Promise<string> {
  if (what === 'mongod') return MongoBinary.getPath({ version: MONGOD_VERSION, downloadDir });
  const server = { executable: { type: 'cached-download' as const, downloadDir } };
  const environment =
    what === 'temporal'
      ? await TestWorkflowEnvironment.createLocal({ server })
      : await TestWorkflowEnvironment.createTimeSkipping({ server });
  await environment.teardown();
  const [file] = readdirSync(downloadDir);
  if (!file) throw new Error('the SDK left no file');
  return path.join(downloadDir, file);
}

const [what = '', folder = '', run = ''] = process.argv.slice(2);
const downloadDir = path.join(folder, 'download');
mkdirSync(path.dirname(path.join(folder, run)), { recursive: true });
mkdirSync(downloadDir);
try {
  copyFileSync(await download(what, downloadDir), path.join(folder, run));
  rmSync(downloadDir, { recursive: true });
  process.exit(0);
} catch (error) {
  let cause = error;
  while (cause instanceof Error && cause.cause) ({ cause } = cause);
  console.error(cause instanceof Error ? cause.message : cause);
  process.exit(1);
}
