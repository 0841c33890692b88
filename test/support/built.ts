import { built as compiled } from '../../scripts/built.js';

let building: Promise<string> | undefined;
/**
 * Postroom as `npm start` runs it, types unchecked, as it is at the first call: a process that compiles
 * nothing and bundles no workflows is up in half the time.
 * @returns its folder
 */
export const built = (): Promise<string> => (building ??= compiled());
