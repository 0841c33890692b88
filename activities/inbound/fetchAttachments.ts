import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { cancellationSignal, heartbeat } from '@temporalio/activity';
import type { AttachmentRow, InboundEmailRow, MessageRow } from '../../src/infra/models/index.ts';
import type { StoredMail } from '../../src/mail/storedMail.ts';
import { caps } from '../../src/mail/caps.ts';
import { FileRefused } from '../../src/infra/providers/inbound.ts';
import { type InboundFile } from '../../src/mail/inboundEmail.ts';
import { mayBeBehind, NotStoredError } from '../../src/infra/storage/storage.ts';
import type { InboundRun } from '../../src/infra/temporal/runTypes.ts';
import type { Deps } from '../deps.ts';
import { download, type Downloaded } from './download.ts';
import { TryAgain } from '../errors.ts';
import { readKeptReport } from './readKeptReport.ts';
import { remoteFileKey } from '../../src/infra/archive/keys.ts';
import { readRow } from './inboundRow.ts';
import { DAY_MS, HOUR_MS } from '../../src/lib/time.ts';

/** Files fetched concurrently. */
const AT_ONCE = 4;
const EXTRACT_LIMIT_MS = 120_000;

/** Where one file's bytes are, or why they are missing. */
type Source =
  | { state: 'ready'; object: string }
  | { state: 'in the mime'; part: number }
  | { state: 'too_large'; size: number | null }
  | { state: 'failed'; reason: string }
  | { state: 'later'; code: string };

/**
 * Gets the bytes of a mail's files. Files that the provider keeps go into the archive first (for held and
 * skipped mail too, because their URLs expire); from there each message gets its own copy. A file that fails
 * does not delay the others.
 * @throws TryAgain after all other files are done, if a file may still come.
 */
export async function fetchAttachments(deps: Deps, mail: InboundRun): Promise<void> {
  const row = await readRow(deps, mail);
  const { files } = row.mail as StoredMail;
  const sources: Source[] = [];
  await eachOf(files, AT_ONCE, async (file, position) => {
    sources[position] = await sourceOf(deps, row, file, position);
    heartbeat(position);
  });
  await copyToMessages(deps, row, sources);
  await readKeptReport(deps, row);
  const later = sources.flatMap((source) => (source.state === 'later' ? [source.code] : []));
  if (later.length > 0) throw new TryAgain([...new Set(later)]);
}

async function sourceOf(
  deps: Deps,
  row: InboundEmailRow,
  file: InboundFile,
  position: number,
): Promise<Source> {
  if (file.size !== null && file.size > caps.fileBytes) return { state: 'too_large', size: file.size };
  if ('part' in file.source) return { state: 'in the mime', part: file.source.part };
  if ('object' in file.source) return { state: 'ready', object: file.source.object };
  const object = remoteFileKey(row.key, position);
  if ((await deps.storage.size(object)) !== null) return { state: 'ready', object };
  return fromProvider(deps, row, file.source.url, object);
}

async function fromProvider(deps: Deps, row: InboundEmailRow, url: string, object: string): Promise<Source> {
  try {
    const request = deps.providers.get(row.provider)?.remoteFile(url);
    if (!request) return { state: 'failed', reason: 'this provider does not keep files' };
    const result = await download(request, deps.storage, object, {
      maxBytes: caps.fileBytes,
      signal: cancellationSignal(),
      onProgress: () => heartbeat(),
    });
    return verdictOf(result, object, Date.now() - row.received_at.getTime());
  } catch (error) {
    if (error instanceof FileRefused) return { state: 'failed', reason: error.message };
    throw error;
  }
}

/** The provider keeps files for at most this long. */
const GIVE_UP_MS = 3 * DAY_MS;

function verdictOf(result: Downloaded, object: string, ageMs: number): Source {
  if (result.outcome === 'stored') return { state: 'ready', object };
  if (result.outcome === 'too large') return { state: 'too_large', size: null };
  const isGone = result.status === 404 || result.status === 410;
  const mayPass = isGone ? ageMs < HOUR_MS : ageMs < GIVE_UP_MS;
  const isFinal =
    result.status >= 400 &&
    result.status < 500 &&
    ![401, 403, 404, 408, 410, 425, 429].includes(result.status);
  if (mayPass && !isFinal) return { state: 'later', code: result.code };
  const reason = isGone
    ? 'the provider no longer has this file'
    : `the provider did not give this file (${result.code})`;
  return { state: 'failed', reason };
}

/** Gives every message of this mail its own copy of each file, or the reason why a file is missing. */
async function copyToMessages(deps: Deps, row: InboundEmailRow, sources: Source[]): Promise<void> {
  const { models } = deps;
  const messages = await models.Message.find(
    { workspace_id: row.workspace_id, inbound_email_id: row._id },
    { _id: 1 },
  ).lean<Pick<MessageRow, '_id'>[]>();
  const attachments = await models.Attachment.find({
    workspace_id: row.workspace_id,
    message_id: { $in: messages.map((message) => message._id) },
  }).lean<AttachmentRow[]>();
  const open = attachments.filter(({ state }) => state === 'pending' || state === 'failed');
  if (open.length === 0) return;

  await withParts(deps, row, open, sources, async (fileOfPart) => {
    await eachOf(open, AT_ONCE, async (attachment) => {
      await settle(deps, row, attachment, sources[attachment.position], fileOfPart);
      heartbeat();
    });
  });
}

async function settle(
  deps: Deps,
  row: InboundEmailRow,
  attachment: AttachmentRow,
  source: Source | undefined,
  fileOfPart: ReadonlyMap<number, string>,
): Promise<void> {
  const key = `attachments/${attachment.workspace_id}/${attachment.message_id}/${attachment._id}`;
  const { _id, workspace_id } = attachment;
  const set = (change: Partial<AttachmentRow>) =>
    // A stored file never goes back to another state.
    deps.models.Attachment.updateOne({ _id, workspace_id, state: { $ne: 'stored' } }, { $set: change });
  switch (source?.state) {
    case 'ready':
    case 'in the mime': {
      try {
        if (source.state === 'ready') await deps.storage.copy(source.object, key);
        else await copyPart(deps, fileOfPart.get(source.part), key);
      } catch (error) {
        if (!(error instanceof NotStoredError)) throw error;
        if (mayBeBehind(deps.storage, row.received_at)) throw new TryAgain(['not readable yet']);
        await set({ state: 'failed', reason: 'its bytes are no longer in the archive' });
        return;
      }
      const size = await deps.storage.size(key);
      // It has just been written.
      if (size === null) throw new TryAgain(['not readable yet']);
      if (size > caps.fileBytes) {
        await deps.storage.delete(key);
        await set({ state: 'too_large', size, reason: tooLarge });
      } else await set({ state: 'stored', size, key, reason: null });
      return;
    }
    case 'too_large':
      await set({ state: 'too_large', reason: tooLarge, ...(source.size !== null && { size: source.size }) });
      return;
    case 'later':
      await set({ reason: `not there yet (${source.code}); it is tried again` });
      return;
    case 'failed':
    case undefined:
      await set({ state: 'failed', reason: source?.reason ?? 'the mail no longer names this file' });
  }
}

const tooLarge = 'larger than 25 MB; download the raw mail to get it';

async function copyPart({ storage }: Deps, file: string | undefined, key: string): Promise<void> {
  if (file === undefined) throw new NotStoredError(key);
  await storage.adopt(file, key);
}

/** Extracts the needed parts of an archived MIME into the spool, where they exist while `use` runs. */
async function withParts(
  deps: Deps,
  row: InboundEmailRow,
  open: AttachmentRow[],
  sources: Source[],
  use: (fileOfPart: ReadonlyMap<number, string>) => Promise<void>,
): Promise<void> {
  const parts = open.flatMap(({ position }) => {
    const source = sources[position];
    return source?.state === 'in the mime' ? [source.part] : [];
  });
  if (parts.length === 0) return use(new Map());
  const dir = await mkdtemp(path.join(deps.storage.spoolDir, 'parts-'));
  try {
    const alive = setInterval(() => heartbeat('extracting'), 10_000);
    try {
      await deps.storage.withFile(row.key.replace(/\.json$/, '.eml'), (mime) =>
        deps.parser.extract(mime, [...new Set(parts)], dir, {
          maxBytes: caps.fileBytes,
          limitMs: EXTRACT_LIMIT_MS,
          signal: cancellationSignal(),
        }),
      );
    } finally {
      clearInterval(alive);
    }
    await use(new Map(parts.map((part) => [part, path.join(dir, String(part))])));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Runs `work` on every item, at most `atOnce` concurrently. */
async function eachOf<T>(
  items: T[],
  atOnce: number,
  work: (item: T, position: number) => Promise<void>,
): Promise<void> {
  const queue = items.entries();
  const lane = async () => {
    for (const [position, item] of queue) await work(item, position);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}
