import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { mongodbUri, nextFreePort, obtainSlowMongodb, startMongodb } from '../dev/engines/index.ts';
import { loadConfig } from '../src/infra/config.ts';
import { closeLater } from './cleanUp.ts';
import { say } from './report.ts';

/** A MongoDB of its own that is slow, and can be made slower. */
export interface SlowDatabase {
  /** URI of a database that nothing else uses. */
  newUri(): string;
  /** From now on it has a fifth of its time: it stands still for 400 ms, twice a second. */
  brake(): void;
  release(): void;
}

const TURN_MS = 500;
const STANDS_MS = 400;

export async function startSlowDatabase(): Promise<SlowDatabase> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'postroom-slow-'));
  const obtained = await obtainSlowMongodb({ cacheDir: loadConfig().cacheDir, env: process.env, say });
  const port = await nextFreePort(29_000, new Set());
  const { child } = await startMongodb({ ...obtained, port, dataDir });
  let turns: NodeJS.Timeout | undefined;
  const signal = (name: 'SIGSTOP' | 'SIGCONT') => process.kill(-child.pid, name);
  const standStill = () => {
    signal('SIGSTOP');
    setTimeout(() => signal('SIGCONT'), STANDS_MS);
  };
  const release = () => {
    clearInterval(turns);
    signal('SIGCONT');
  };
  closeLater(async () => {
    release();
    await child.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  return {
    newUri() {
      const uri = new URL(mongodbUri(port));
      uri.pathname = `/t_${randomBytes(6).toString('hex')}`;
      return uri.toString();
    },
    brake: () => {
      standStill();
      turns = setInterval(standStill, TURN_MS);
    },
    release,
  };
}
