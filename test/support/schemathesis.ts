import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { loadConfig } from '../../src/config.ts';
import { takeClaim } from '../../src/engines/claim.ts';

const run = promisify(execFile);
const VERSION = '4.32.5';

/** The program (https://schemathesis.readthedocs.io), from the cache or by pip. @returns null where it cannot be installed */
export async function findSchemathesis(): Promise<string | null> {
  const { cacheDir } = loadConfig();
  const folder = path.join(cacheDir, `schemathesis-${VERSION}`);
  const program = path.join(folder, 'bin', 'schemathesis');
  const claim = await takeClaim(path.join(cacheDir, 'claims', 'schemathesis'), () => undefined);
  try {
    if (await works(program)) return program;
    await rm(folder, { recursive: true, force: true });
    await run('python3', ['-m', 'venv', folder]);
    await run(path.join(folder, 'bin', 'pip'), ['install', '--quiet', `schemathesis==${VERSION}`]);
    return (await works(program)) ? program : null;
  } catch (error) {
    console.warn(`schemathesis is not here: ${error instanceof Error ? error.message.split('\n')[0] : ''}`);
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
