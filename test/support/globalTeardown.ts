import { rmSync } from 'node:fs';
import { running } from './running.ts';

export default async function globalTeardown(): Promise<void> {
  await running.broker?.close();
  await Promise.all(running.engines.map((engine) => engine.child.stop()));
  for (const folder of running.folders) rmSync(folder, { recursive: true, force: true });
  // In watch mode the next run has its own.
  Object.assign(running, { broker: null, engines: [], folders: [], standIn: null });
}
