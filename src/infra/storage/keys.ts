/** Folders of the store for bytes that are not (yet) objects; no key may be below the first. */
export const SPOOL_FOLDER = 'tmp/';
export const SPOOL = `${SPOOL_FOLDER}spool`;

/**
 * All keys are our own; this check makes sure that a mistake never reaches outside the store.
 * @throws Error
 */
export function checkKey(key: string): string {
  const parts = key.split('/');
  const wrong = parts.some((part) => part === '' || part === '.' || part === '..');

  if (wrong || /[\x00-\x1f\\]/.test(key) || parts[0] === 'tmp') throw new Error(`not a storage key: ${key}`);
  return key;
}

/** A prefix is a key that ends in a slash, or empty: all keys. @throws Error */
export function checkPrefix(prefix: string): string {
  if (prefix === '') return prefix;
  if (!prefix.endsWith('/')) throw new Error(`not a storage prefix: ${prefix}`);
  checkKey(prefix.slice(0, -1));
  return prefix;
}
