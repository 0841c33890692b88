import { fileURLToPath } from 'node:url';

const IS_COMPILED = !import.meta.url.endsWith('.ts');

/**
 * Arguments with which Node runs one of our own modules as a process: compiled where this one is, else from
 * TypeScript.
 * @param module its URL without an ending
 */
export function ownModule(module: URL): string[] {
  const args = ['--enable-source-maps', `${fileURLToPath(module)}.${IS_COMPILED ? 'js' : 'ts'}`];
  return IS_COMPILED ? args : ['--import', import.meta.resolve('tsx'), ...args];
}
