/**
 * For programs that use test/support outside jest (`node --import`): the broker of engines is there before
 * they are loaded. Data is on the disk, as in production: a bench measures it. JavaScript: a worker thread
 * loads it as well, where Node 20 knows no TypeScript yet.
 */
import os from 'node:os';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  const { setUp } = await import('./globalSetup.ts');
  await setUp(os.tmpdir());
}
