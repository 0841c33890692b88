import type { Engine } from '../../dev/engines/index.ts';
import type { Broker } from './broker.ts';

/**
 * What globalSetup starts and globalTeardown stops; both are loaded apart, so it hangs on the global object.
 */
interface Running {
  broker: Broker | null;
  engines: Engine[];
  folders: string[];
  /**
   * What runs in MongoDB's place, with its version; null = MongoDB itself, or one that the environment names.
   */
  standIn: string | null;
}
const holder = globalThis as { postroomEngines?: Running };
export const running: Running = (holder.postroomEngines ??= {
  broker: null,
  engines: [],
  folders: [],
  standIn: null,
});
