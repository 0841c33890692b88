import { arrivalOf, skippedKey } from '../../src/infra/archive/keys.ts';
import type { StoredPost } from '../../src/infra/archive/storedPost.ts';
import { mayBeBehind, type Storage } from '../../src/infra/storage/storage.ts';
import type { InboundRun } from '../../src/infra/temporal/runTypes.ts';
import { linkHashesIn } from '../../src/mail/linkHashes.ts';
import type { Deps } from '../deps.ts';
import { isReplay } from '../../src/infra/models/usedTokens.ts';
import { readMail } from './readMail.ts';
import { TryAgain } from '../errors.ts';
import { GONE, readPayload, type ReadPayload } from './readPayload.ts';
import { recipientOf, saveRow } from './saveRow.ts';

export type Archived =
  | { verdict: 'read'; files: number; remoteFiles: boolean }
  | { verdict: 'failed'; reason: string }
  /** The web process refused the post (406): there is no mail to read. */
  | { verdict: 'refused'; reason: string };

/**
 * Reads the raw payload through its provider's parser, and saves the mail's row.
 * @throws TryAgain while the store may be behind
 */
export async function archiveEmail(deps: Deps, asked: InboundRun): Promise<Archived> {
  const { run, payload } = await readWhereItIs(deps.storage, asked);
  if (payload.post === null) {
    if (payload.reason === GONE && mayBeBehind(deps.storage, arrivedAt(run.key)))
      throw new TryAgain(['not readable yet']);
    return fail(deps, run, null, payload.reason);
  }
  const { post } = payload;
  if (post.refused !== null) {
    await saveRow(deps, run, post, { state: 'received', mail: null });
    return { verdict: 'refused', reason: post.refused };
  }
  const recipient = recipientOf(post, run);
  if (recipient === '') return fail(deps, run, post, 'the post names no recipient');
  if (await isReplay(deps.models, post)) return fail(deps, run, post, 'replayed signature');
  const read = await readMail(deps, post, recipient);
  if (read.mail === null) return fail(deps, run, post, read.reason);
  const link_hashes = linkHashesIn(read.mail);
  const mail = link_hashes.length === 0 ? read.mail : { ...read.mail, link_hashes };
  await saveRow(deps, run, post, { state: 'received', mail });
  const { files } = read.mail;
  return { verdict: 'read', files: files.length, remoteFiles: files.some(({ source }) => 'url' in source) };
}

const arrivedAt = (key: string): Date => arrivalOf(key.slice(key.lastIndexOf('/') + 1));

async function fail(deps: Deps, run: InboundRun, post: StoredPost | null, reason: string): Promise<Archived> {
  await saveRow(deps, run, post, { state: 'failed', reason, mail: null });
  return { verdict: 'failed', reason };
}

/** A row from a backup may be older than the move of its mail to the skipped ones; then the run's key is the new one. */
async function readWhereItIs(
  storage: Storage,
  run: InboundRun,
): Promise<{ run: InboundRun; payload: ReadPayload }> {
  const payload = await readPayload(storage, run.key);
  const key = skippedKey(run.key);
  if (payload.post !== null || key === run.key) return { run, payload };
  const moved = await readPayload(storage, key);
  return moved.post === null ? { run, payload } : { run: { ...run, key }, payload: moved };
}
