import type { Logger } from 'pino';
import { backOffMs } from './backOff.ts';
import { faultOf } from './faultOf.ts';

/** An engine is away, so a call of it was not made. */
export class EngineAway extends Error {
  override readonly name = 'EngineAway';
}

/**
 * A circuit breaker: all calls of one engine in a process go through it. A call that fails opens it. While it is
 * open one call at a time goes, after longer and longer pauses, to find out whether the engine is back; the others
 * wait in line. The first call that succeeds closes it, and then all go.
 */
export interface Breaker {
  /** @throws EngineAway when the call's turn did not come within 5 s, or what the call throws */
  call<T>(makeCall: () => Promise<T>): Promise<T>;
  /** Whether calls have failed lately, and none has succeeded since. */
  isOpen(): boolean;
}

/** The longest pause between two calls while it is open (ms). */
const LONGEST_PAUSE_MS = 5_000;
const WAITS_MS = 5_000;
/** After so long without any call it is not known whether the engine is away (ms). */
const FORGOTTEN_MS = 15_000;

interface BreakerOptions {
  /** For the log. */
  engine: string;
  /** Whether an error says that the engine is away. Others are answers. By default all do. */
  isAway?: (error: unknown) => boolean;
  log?: Pick<Logger, 'info' | 'warn'>;
}

export function createBreaker({ engine, isAway = () => true, log }: BreakerOptions): Breaker {
  /** Callers in line, the first one first; each is told whether its call is the one that finds out. */
  const line = new Set<(isProbe: boolean) => void>();
  /** Calls that found out that the engine is still away; 0 = closed. */
  let failures = 0;
  let failedAt = 0;
  /** The pause is over, and nobody waited for that. */
  let mayProbe = false;
  let pause: NodeJS.Timeout | undefined;

  function close(): void {
    if (failures === 0) return;
    log?.info({ engine, failures }, 'an engine that was away answers again');
    failures = 0;
    mayProbe = false;
    clearTimeout(pause);
    for (const go of [...line]) go(false);
  }

  function open(error: unknown): void {
    if (failures === 0)
      log?.warn({ engine, error: faultOf(error) }, 'an engine is away; trying one call at a time');
    failures += 1;
    failedAt = Date.now();
    clearTimeout(pause);
    pause = setTimeout(letOneGo, backOffMs(failures, LONGEST_PAUSE_MS)).unref();
  }

  function letOneGo(): void {
    const [first] = line;
    if (first) first(true);
    else mayProbe = true;
  }

  /** @returns whether the call is the one that finds out */
  function turn(): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        line.delete(go);
      };
      const go = (isProbe: boolean) => {
        leave();
        resolve(isProbe);
      };
      const timer = setTimeout(() => {
        leave();
        reject(new EngineAway(`${engine} is away`));
      }, WAITS_MS);
      line.add(go);
    });
  }

  function takeProbe(): boolean {
    const isFree = mayProbe;
    mayProbe = false;
    return isFree;
  }

  return {
    isOpen: () => failures > 0 && Date.now() - failedAt < FORGOTTEN_MS,
    async call(makeCall) {
      const isProbe = failures > 0 && (takeProbe() || (await turn()));
      try {
        const result = await makeCall();
        close();
        return result;
      } catch (error) {
        if (!isAway(error)) close();
        // Of the calls that were under way together, the first one that fails opens it.
        else if (failures === 0 || isProbe) open(error);
        throw error;
      }
    },
  };
}
