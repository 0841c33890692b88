import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Models, StreamPositionRow } from '../../infra/models/index.ts';
import { backOffMs, withJitter } from '../../lib/backOff.ts';
import { faultOf } from '../../lib/faultOf.ts';
import { createPace, type Pace } from '../../lib/pace.ts';
import { MINUTE_MS } from '../../lib/time.ts';
import { changeBatches, LostPosition, presentPosition, type ChangeBatch } from './changeBatches.ts';
import type { RowChange } from './changes.ts';
import { changesSince } from './changesSince.ts';
import { createLease, type Lease } from './lease.ts';

/** How long another worker waits for a holder that has died (ms). */
const LEASE_MS = 10_000;
/** The longest wait after a failure (ms). */
const LONGEST_RETRY_MS = 10_000;
/** The position is saved so long after the last time at the earliest (ms): a reply alone is eight batches. */
const SAVE_EVERY_MS = 1_000;
/**
 * How often the position is saved while nothing happens (ms): a position that is older than the server's log
 * cannot be resumed.
 */
const SAVE_IDLE_EVERY_MS = MINUTE_MS;
/** A holder that has handled nothing for so long, and also has not found that there is nothing, hangs (ms). */
const HANGS_MS = 2 * MINUTE_MS;
/** Changes that are handled together while the database is quick; while it is slow, an eighth of them. */
const TOGETHER = 100;
/** Handling them takes longer only while the database is slow (ms). */
const SLOW_MS = 5_000;
/** The clocks of the machines may differ so much (ms): a change that is handled twice adds nothing. */
const CLOCKS_MS = MINUTE_MS;

interface FollowOptions {
  /** On a connection without a socket timeout, because the stream waits for changes. */
  models: Models;
  /** Name under which the position in the stream is saved. */
  reader: string;
  /** Must be idempotent: may be called again with the same changes, also concurrently by another process. */
  handle: (changes: RowChange[]) => Promise<void>;
  log: Logger;
  signal: AbortSignal;
  /** How long a process that has died keeps the stream from the others. */
  leaseMs?: number;
}

interface HolderOptions extends FollowOptions {
  /** Says that the holder does not hang. */
  isAlive: () => void;
  /** How many changes are handled together. */
  pace: Pace;
}

/**
 * Follows the changes in the database, from this reader's last position, until `signal` is aborted. Of the
 * processes that follow under one name one does so at a time: docs/decisions/one-follower.md. The position is
 * saved only after what came before it was handled, so a process that dies misses nothing, and the next one
 * handles the changes of about a second again.
 */
export async function followChanges(options: FollowOptions): Promise<void> {
  const { models, reader, log, signal, leaseMs = LEASE_MS } = options;
  const lease = createLease(models, reader, leaseMs);
  const pace = createPace({ most: 10, slowMs: SLOW_MS });
  const pause = (ms: number) => sleep(ms, undefined, { signal }).catch(() => undefined);
  let failures = 0;
  while (!signal.aborted) {
    const begunAt = Date.now();
    try {
      const row = await lease.take();
      if (row) await follow(options, pace, lease, row);
      else await pause(withJitter(lease.renewEveryMs));
    } catch (error) {
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- may have been aborted meanwhile
      if (signal.aborted) break;
      log.warn({ reader, error: faultOf(error) }, 'the change stream failed; opening it again');
      failures = Date.now() - begunAt > LONGEST_RETRY_MS ? 1 : failures + 1;
      await pause(backOffMs(failures, LONGEST_RETRY_MS));
    }
  }
  await lease.release().catch(() => undefined);
}

/** Until the stop, or until another process has the lease. @throws the driver's errors */
async function follow(
  options: FollowOptions,
  pace: Pace,
  lease: Lease,
  row: StreamPositionRow,
): Promise<void> {
  const renewal = keepLease(lease);
  const signal = AbortSignal.any([options.signal, renewal.lost]);
  try {
    const held = { ...options, signal, pace, isAlive: renewal.isAlive };
    if (row.lost_since) await handleSince(held, lease, row.lost_since);
    await followFrom(held, lease, row);
  } catch (error) {
    if (!(error instanceof LostPosition)) throw error;
    await giveUpPosition(options, lease, row, error);
  } finally {
    renewal.end();
  }
}

async function followFrom(options: HolderOptions, lease: Lease, { token }: StreamPositionRow): Promise<void> {
  const { models, signal, isAlive } = options;
  let unsaved: ChangeBatch | null = null;
  let savedAt = 0;
  const save = async ({ position, at }: ChangeBatch): Promise<void> => {
    await lease.save({ token: position, at });
    unsaved = null;
    savedAt = Date.now();
  };
  try {
    for await (const batch of changeBatches(models, token, signal)) {
      if (batch.changes.length > 0) {
        await handleInParts(options, batch.changes);
        unsaved = batch;
      }
      isAlive();
      const isDue = Date.now() - savedAt > (unsaved ? SAVE_EVERY_MS : SAVE_IDLE_EVERY_MS);
      if (batch.position && isDue) await save(batch);
    }
  } finally {
    if (unsaved) await save(unsaved).catch(() => undefined);
  }
}

/** So that a holder shows that it does not hang, however slow the database is. */
async function handleInParts({ handle, isAlive, pace }: HolderOptions, changes: RowChange[]): Promise<void> {
  for (let from = 0, until = 0; from < changes.length; from = until) {
    until = from + Math.round(TOGETHER * pace.share());
    const begunAt = performance.now();
    const note = (failed: boolean) => pace.note({ ms: performance.now() - begunAt, failed });
    await handle(changes.slice(from, until)).catch((error: unknown) => {
      note(true);
      throw error;
    });
    note(false);
    isAlive();
  }
}

/** Renews the lease, also while changes are handled for long; a holder that hangs loses it. */
function keepLease(lease: Lease) {
  const lost = new AbortController();
  let aliveAt = Date.now();
  const timer = setInterval(() => {
    if (Date.now() - aliveAt > HANGS_MS) return;
    lease.save({}).then(
      (isHeld) => !isHeld && lost.abort(),
      // The next renewal may pass; if not, another process takes the lease.
      () => undefined,
    );
  }, lease.renewEveryMs);
  return {
    /** Aborted when another process has the lease. */
    lost: lost.signal,
    /** Says that the holder does not hang. */
    isAlive: () => void (aliveAt = Date.now()),
    end: () => clearInterval(timer),
  };
}

/** Goes on from now. What was missed is made from the rows before anything else is handled. */
async function giveUpPosition(
  { models, reader, log }: FollowOptions,
  lease: Lease,
  { at, lost_since }: StreamPositionRow,
  { code }: LostPosition,
): Promise<void> {
  const since = lost_since ?? (at && new Date(at.getTime() - CLOCKS_MS));
  log.error(
    { reader, code, since },
    'the position in the change stream cannot be resumed; continuing from now, and making from the rows ' +
      'what happened since',
  );
  await lease.save({ token: await presentPosition(models), lost_since: since });
}

async function handleSince(options: HolderOptions, lease: Lease, since: Date): Promise<void> {
  const { models, reader, log, signal } = options;
  let changes = 0;
  for await (const batch of changesSince(models, since)) {
    if (signal.aborted) return;
    await handleInParts(options, batch);
    changes += batch.length;
  }
  await lease.save({ lost_since: null });
  log.error(
    { reader, since, changes },
    'made from the rows what happened after the lost position. LOST ARE: what a row went through before its ' +
      'present state, rows deleted for ever, changes of domains, and which notifications were read',
  );
}
