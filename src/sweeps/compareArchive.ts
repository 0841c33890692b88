import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { ZodError } from 'zod';
import type { ArchivePositionRow, Models } from '../infra/models/index.ts';
import { once } from '../infra/models/once.ts';
import { NotStoredError, type Storage } from '../infra/storage/storage.ts';
import { inboundWorkflowId } from '../infra/temporal/ids.ts';
import { runState } from '../infra/temporal/runs.ts';
import type { WorkflowStarts } from '../infra/temporal/workflowStarts.ts';
import { readInboundIds } from '../infra/archive/recipients.ts';
import { arrivalOf, dayFolder, incomingKey, payloadKey, skippedKey } from '../infra/archive/keys.ts';
import { DAY_MS, HOUR_MS } from '../lib/time.ts';

export interface CompareDeps {
  /** Their names. */
  providers: Iterable<string>;
  storage: Storage;
  models: Models;
  client: Client;
  starts: Pick<WorkflowStarts, 'inboundEmail'>;
  log: Logger;
}

/** How far back the first comparison of a database looks. */
const FIRST_DAYS = 2;
/**
 * The position stays so far behind: a post has the id of its first byte, and may be stored after others that
 * began later, by a process whose clock differs.
 */
const MARGIN_MS = HOUR_MS;
const DEADLINE_MS = 5_000;
/** Payloads that are compared at one time. */
const BATCH = 50;

/**
 * Starts mail that is in the archive and unknown to Temporal and MongoDB (one of them was restored from a
 * backup, or an operator ended a run before it wrote its row). For each payload since the last comparison:
 *
 * - it has a row, or its run is open: nothing is done.
 * - Temporal does not know its run: the run is started.
 * - its run has closed without a row: it is started under the next free run number.
 *
 * The position is in the database, and so comes back with it from a backup; it stops at the first payload
 * without a row. Without a position (a new database) the last two days are compared. Idempotent; safe to call
 * concurrently.
 * @param since compares all that arrived since then, whatever was compared before
 * @returns how many runs it started
 * @throws anything when storage, MongoDB or Temporal is away
 */
export async function compareArchive(deps: CompareDeps, since?: Date): Promise<number> {
  const { providers, storage, models, log } = deps;
  const now = Date.now();
  const from = since?.getTime() ?? (await positionOf(models)) ?? now - FIRST_DAYS * DAY_MS;
  const result = { compared: 0, started: 0 };
  let until = now - MARGIN_MS;
  for (const provider of providers) {
    for await (const keys of inBatches(payloadsSince(storage, provider, from, now), BATCH)) {
      const { started, withoutRow } = await compareBatch(deps, keys);
      result.compared += keys.length;
      result.started += started;
      until = Math.min(until, ...withoutRow.map((key) => arrivalOfKey(key)));
    }
  }
  if (!since) await moveTo(models, new Date(until));
  log.info({ ...result, ms: Date.now() - now }, 'the archive was compared with Temporal and MongoDB');
  return result.started;
}

/** Milliseconds; null before the first comparison. */
async function positionOf({ ArchivePosition }: Models): Promise<number | null> {
  const position = await ArchivePosition.findById('compared').lean<ArchivePositionRow>();
  return position?.until.getTime() ?? null;
}

/** Another process may have come further. */
const moveTo = ({ ArchivePosition }: Models, until: Date) =>
  once(() => ArchivePosition.updateOne({ _id: 'compared' }, { $max: { until } }, { upsert: true }));

/**
 * Keys of payloads that arrived since then, with or without a mark: the starter cannot know that an operator
 * ended a run. Also those of skipped mail, whose originals are deleted.
 */
async function* payloadsSince(
  storage: Storage,
  provider: string,
  from: number,
  now: number,
): AsyncIterable<string> {
  for (let day = startOfDay(from); day <= now; day += DAY_MS) {
    const incoming = dayFolder(provider, new Date(day));
    for (const folder of [incoming, skippedKey(incoming)]) {
      for await (const key of storage.list(folder)) {
        const arrival = arrivalOfKey(key);
        // Of a file that is not ours the arrival is no time at all.
        if (!(arrival >= from && arrival <= now)) continue;
        if (incomingKey(key) === payloadKey(provider, postIdOf(key))) yield key;
      }
    }
  }
}

const postIdOf = (key: string): string => key.slice(key.lastIndexOf('/') + 1).replace(/\.json$/, '');
const arrivalOfKey = (key: string): number => arrivalOf(postIdOf(key)).getTime();
const startOfDay = (ms: number): number => ms - (ms % DAY_MS);

async function compareBatch(
  { storage, models, client, starts, log }: CompareDeps,
  keys: string[],
): Promise<{ started: number; withoutRow: string[] }> {
  const keyOfId = new Map<string, string>();
  const idsOfKeys = await Promise.all(
    keys.map((key) => readInboundIds(storage, key).catch(unreadable(key, log))),
  );
  // Repeats of a post have its id: the first payload stands for all.
  for (const [index, ids] of idsOfKeys.entries())
    for (const id of ids) if (!keyOfId.has(id)) keyOfId.set(id, keys[index]!);
  const idsWithRow = async (ids: string[]): Promise<Set<string>> => {
    const rows = await models.InboundEmail.find({ _id: { $in: ids } }, { _id: 1 }).lean<{ _id: string }[]>();
    return new Set(rows.map((row) => row._id));
  };

  let started = 0;
  const known = await idsWithRow([...keyOfId.keys()]);
  const unknown = [...keyOfId].filter(([id]) => !known.has(id));
  for (const [id, key] of unknown) {
    for (let run = 1; ; run++) {
      const { state } = await client.connection.withDeadline(Date.now() + DEADLINE_MS, () =>
        runState(client, inboundWorkflowId(id, run)),
      );
      if (state === 'open') break;
      if (state === 'closed') {
        // It may have written its row and closed after the rows were read.
        if ((await idsWithRow([id])).has(id)) break;
        continue;
      }
      // Not `started`: the starter or another process was a moment earlier. A further run would take the row
      // from that one.
      if ((await starts.inboundEmail({ id, key, run })) === 'started') {
        log.warn({ inbound_email_id: id, run }, 'a mail in the archive had no run; it is started');
        started++;
      }
      break;
    }
  }
  return { started, withoutRow: unknown.map(([, key]) => key) };
}

/** For `catch`: a payload that cannot be read has no ids, so that the others are compared all the same. */
function unreadable(key: string, log: Logger): (error: unknown) => string[] {
  return (error) => {
    const isBrokenPayload = [NotStoredError, SyntaxError, ZodError].some((kind) => error instanceof kind);
    if (!isBrokenPayload) throw error;
    log.error({ key }, 'a payload in the archive cannot be read');
    return [];
  };
}

async function* inBatches<T>(items: AsyncIterable<T>, size: number): AsyncIterable<T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
