/**
 * `npm run restore`: src/cli/restore.ts, on the database that is configured, or else on that of `npm start` in
 * this folder. This one is started for as long as it takes.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { environment, loadConfig } from '../src/infra/config.ts';
import { bringUpEngines } from './engines.ts';
import { tryClaim } from './engines/claim.ts';
import { EngineError } from './engines/index.ts';
import type { KeptUp } from './keepUp.ts';

const dataDir = path.resolve('.postroom');
const say = (line: string): void => console.log(line);

function restore(env: NodeJS.ProcessEnv): number {
  const program = path.join(import.meta.dirname, '../src/cli/restore.ts');
  const node = [...process.execArgv, program, ...process.argv.slice(2)];
  return spawnSync(process.execPath, node, { env, stdio: 'inherit' }).status ?? 1;
}

/** @returns the exit code */
async function restoreOwn(): Promise<number> {
  mkdirSync(dataDir, { recursive: true });
  const claim = await tryClaim(path.join(dataDir, 'running'));
  if (typeof claim === 'number')
    throw new EngineError(`\`npm start\` runs in this folder (process ${claim}). Stop it first.`);
  const engines: KeptUp[] = [];
  try {
    const up = await bringUpEngines({
      config: loadConfig(),
      env: environment(),
      dataDir,
      taken: new Set(),
      say,
      onUp: (engine) => engines.push(engine),
    });
    const { mongodbUri: MONGODB_URI, temporalAddress: TEMPORAL_ADDRESS } = up;
    return restore({ ...environment(), ...up.s3Environment, MONGODB_URI, TEMPORAL_ADDRESS });
  } finally {
    await Promise.all(engines.map((engine) => engine.stop()));
    claim.release();
  }
}

try {
  process.exitCode = loadConfig().mongodbUri ? restore(environment()) : await restoreOwn();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
