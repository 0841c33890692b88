import { AsyncLocalStorage } from 'node:async_hooks';

const fields = new AsyncLocalStorage<Record<string, string>>();

/** Adds these ids to every line that is logged by this work, and by the functions that it calls. */
export const withLogFields = <T>(more: Record<string, string>, work: () => T): T =>
  fields.run({ ...fields.getStore(), ...more }, work);

/** For pino's `mixin`. */
export const logFields = (): Record<string, string> => ({ ...fields.getStore() });
