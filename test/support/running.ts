import type { Engine } from '../../dev/engines/index.ts';

/** What globalSetup started and globalTeardown stops; both are loaded apart, so it hangs on the global object. */
interface Running {
  engines: Engine[];
  dataDir: string | null;
  /** What runs in MongoDB's place, with its version; null = MongoDB itself, or one that the environment names. */
  standIn: string | null;
}
const holder = globalThis as { postroomEngines?: Running };
export const running: Running = (holder.postroomEngines ??= { engines: [], dataDir: null, standIn: null });
