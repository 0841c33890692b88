/**
 * For programs that use test/support outside jest (`node --import`): the broker of engines is there before
 * they are loaded. Data is on the disk, as in production: a bench measures it.
 */
import os from 'node:os';
import { setUp } from './globalSetup.ts';

await setUp(os.tmpdir());
