import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { loadConfig } from '../../src/infra/config.ts';
import { takeClaim } from '../../dev/engines/claim.ts';
import { findTool } from '../../dev/engines/find.ts';
import { python } from '../../dev/engines/tools.ts';
import { hashOf } from '../../src/lib/ids.ts';

const run = promisify(execFile);
/** All that pip installs, each in one version: another one would ask other things. */
const PINNED = new URL('schemathesis.txt', import.meta.url);
/** What its packages ask for. */
const NEEDED = { ...python, atLeast: '3.10' };
/** Where there is no index pip tries for long. */
const INSTALL_MS = 180_000;

/**
 * The program (https://schemathesis.readthedocs.io), from the cache or by pip.
 * @returns null where it cannot be installed
 */
export async function findSchemathesis(): Promise<string | null> {
  const { cacheDir } = loadConfig();
  const pinned = await readFile(PINNED, 'utf8');
  const folder = path.join(cacheDir, `schemathesis-${hashOf(pinned).slice(0, 12)}`);
  const program = path.join(folder, 'bin', 'schemathesis');
  const claim = await takeClaim(path.join(cacheDir, 'claims', 'schemathesis'), () => undefined);
  try {
    if (await works(program)) return program;
    await rm(folder, { recursive: true, force: true });
    const refused: string[] = [];
    const found = await findTool(NEEDED, process.env, (why) => refused.push(why));
    if (!found) throw new Error([`${NEEDED.name} is not installed`, ...refused].join(', '));
    await run(found.run, ['-m', 'venv', folder]);
    const pip = ['install', '--quiet', '--retries', '1', '--requirement', fileURLToPath(PINNED)];
    await run(path.join(folder, 'bin', 'pip'), pip, { timeout: INSTALL_MS });
    return (await works(program)) ? program : null;
  } catch (error) {
    // Of pip: the command that failed, and then what it printed first.
    const why = error instanceof Error ? error.message.split('\n').slice(0, 3).join(' | ') : '';
    console.warn(`schemathesis is not here: ${why}`);
    return null;
  } finally {
    claim.release();
  }
}

const works = (program: string): Promise<boolean> =>
  run(program, ['--version']).then(
    () => true,
    () => false,
  );
