import { rmSync } from 'node:fs';
import { running } from './running.ts';

export default async function globalTeardown(): Promise<void> {
  await Promise.all(running.engines.map((engine) => engine.child.stop()));
  if (running.dataDir) rmSync(running.dataDir, { recursive: true, force: true });
}
