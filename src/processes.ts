import pino, { type Logger } from 'pino';
import { ConfigError, loadConfig, type Config } from './infra/config.ts';
import { UnsuitableDatabase } from './infra/database.ts';
import { logFields } from './infra/telemetry/logContext.ts';
import { createStorage } from './infra/storage/createStorage.ts';
import type { Storage } from './infra/storage/storage.ts';
import { withJitter } from './lib/backOff.ts';
import { faultOf } from './lib/faultOf.ts';

/** A configuration that names both engines. */
export type ServerConfig = Config & {
  mongodbUri: string;
  temporal: Config['temporal'] & { address: string };
};

/**
 * Between a stop signal and the end of the process at the latest (ms). Docker kills after 30 s
 * (docker-compose.yml).
 */
const STOP_DEADLINE_MS = 25_000;
const RETRY_MS = 1_000;

/**
 * Config and log of a server process. When the environment is wrong, prints why and ends the process with 1.
 */
export function startProcess(name: string): { config: ServerConfig; log: Logger } {
  try {
    const config = loadConfig();
    const { mongodbUri, temporal } = config;
    const { address } = temporal;
    if (!mongodbUri || !address)
      throw new ConfigError('MONGODB_URI and TEMPORAL_ADDRESS must be set (`npm start` brings up its own).');
    const log = pino({ name, level: config.logLevel, mixin: logFields });
    return { config: { ...config, mongodbUri, temporal: { ...temporal, address } }, log };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

/**
 * Aborts at SIGTERM or SIGINT. The process then drains, closes and exits; what has not ended after
 * `STOP_DEADLINE_MS` is cut off. Nothing is lost by that: rows, marks and Temporal keep it. A second signal
 * ends the process at once.
 */
export function stopSignal(log: Logger): AbortSignal {
  const stopping = new AbortController();
  const stop = (signal: NodeJS.Signals) => {
    if (stopping.signal.aborted) process.exit(1);
    log.info({ signal }, 'stopping');
    setTimeout(() => {
      log.warn('stopping took too long; the process ends now, and what is under way will be tried again');
      process.exit(0);
    }, STOP_DEADLINE_MS).unref();
    stopping.abort();
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
  return stopping.signal;
}

/**
 * Retries within a second, without end, and logs every `logEveryMs` that `part` is away.
 * @throws the reason of `signal` when that is aborted
 */
export async function untilItWorks<T>(
  part: string,
  attempt: () => Promise<T>,
  { log, signal, logEveryMs = 5_000 }: { log: Logger; signal: AbortSignal; logEveryMs?: number },
): Promise<T> {
  for (let loggedAt = 0; ;) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() - loggedAt >= logEveryMs) {
        loggedAt = Date.now();
        // An unsuitable database is described by its message, which is ours.
        const reason = error instanceof UnsuitableDatabase ? error.message : faultOf(error);
        log.warn({ error: reason }, `${part} is away; retrying until it answers`);
      }
      await new Promise((resolve) => setTimeout(resolve, withJitter(RETRY_MS)));
    }
  }
}

/** Opens the store, however long it takes. */
export const openStorage = (config: Config, log: Logger, signal: AbortSignal): Promise<Storage> =>
  untilItWorks('storage', () => createStorage(config.storage), { log, signal });
