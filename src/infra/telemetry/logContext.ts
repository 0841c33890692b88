import { AsyncLocalStorage } from 'node:async_hooks';

const fields = new AsyncLocalStorage<Record<string, string>>();

/** Every line that is logged by this work, and by what it calls, carries these ids. */
export const withLogFields = <T>(more: Record<string, string>, work: () => T): T =>
  fields.run({ ...fields.getStore(), ...more }, work);

/** For pino's `mixin`. */
export const logFields = (): Record<string, string> => ({ ...fields.getStore() });
