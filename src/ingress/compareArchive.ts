import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { ZodError } from 'zod';
import type { Models } from '../infra/models/index.ts';
import { NotStoredError, type Storage } from '../infra/storage/storage.ts';
import { inboundWorkflowId } from '../infra/temporal/ids.ts';
import { runState } from '../infra/temporal/runs.ts';
import type { WorkflowStarts } from '../infra/temporal/workflowStarts.ts';
import { readInboundIds } from '../infra/archive/recipients.ts';
import { arrivalOf, dayFolder, payloadKey } from '../infra/archive/keys.ts';
import { DAY_MS } from '../lib/time.ts';

export interface CompareDeps {
  providers: ReadonlyMap<string, unknown>;
  storage: Storage;
  models: Models;
  client: Client;
  starts: Pick<WorkflowStarts, 'inboundEmail'>;
  log: Logger;
}

const COMPARED_DAYS = 2;
const DEADLINE_MS = 5_000;
/** Payloads that are compared at one time. */
const BATCH = 50;

/**
 * Starts mail that is in the archive and unknown to Temporal and MongoDB (one of them was restored from a
 * backup, or an operator ended a run before it wrote its row). For each payload of the last two days:
 *
 * - it has a row, or its run is open: nothing is done.
 * - Temporal does not know its run: the run is started.
 * - its run has closed without a row: it is started under the next free run number.
 *
 * Idempotent; safe to call concurrently.
 * @returns how many runs it started
 * @throws anything when storage, MongoDB or Temporal is away
 */
export async function compareArchive(deps: CompareDeps): Promise<number> {
  const began = Date.now();
  let started = 0;
  for (const provider of deps.providers.keys()) {
    for await (const batch of inBatches(recentPayloads(deps.storage, provider, began), BATCH))
      started += await compareBatch(deps, batch);
  }
  deps.log.info({ started, ms: Date.now() - began }, 'the archive was compared with Temporal and MongoDB');
  return started;
}

/**
 * Keys of payloads of the last two days, with or without a mark: the starter cannot know that an operator
 * ended a run.
 */
async function* recentPayloads(storage: Storage, provider: string, now: number): AsyncIterable<string> {
  for (let ago = COMPARED_DAYS; ago >= 0; ago--) {
    for await (const key of storage.list(dayFolder(provider, new Date(now - ago * DAY_MS)))) {
      const postId = key.slice(key.lastIndexOf('/') + 1).replace(/\.json$/, '');
      const ageMs = now - arrivalOf(postId).getTime();
      const isRecent = ageMs > 0 && ageMs < COMPARED_DAYS * DAY_MS;
      if (isRecent && key === payloadKey(provider, postId)) yield key;
    }
  }
}

async function compareBatch(
  { storage, models, client, starts, log }: CompareDeps,
  keys: string[],
): Promise<number> {
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
  for (const [id, key] of keyOfId) {
    if (known.has(id)) continue;
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
  return started;
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
