/** Folder of the store that holds bytes which are not (yet) objects; no key may be below it. */
export const SPOOL = 'tmp/spool';

/** Keys are made by us; this only makes sure that a mistake can never leave the store. @throws Error */
export function checkKey(key: string): string {
  const parts = key.split('/');
  const wrong = parts.some((part) => part === '' || part === '.' || part === '..');

  if (wrong || /[\x00-\x1f\\]/.test(key) || parts[0] === 'tmp') throw new Error(`not a storage key: ${key}`);
  return key;
}

/** A prefix is a key that ends in a slash. @throws Error */
export function checkPrefix(prefix: string): string {
  if (!prefix.endsWith('/')) throw new Error(`not a storage prefix: ${prefix}`);
  checkKey(prefix.slice(0, -1));
  return prefix;
}
