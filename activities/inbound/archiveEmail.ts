import { activityInfo, cancellationSignal } from '@temporalio/activity';
import type { InboundEmailRow } from '../../src/infra/models/inboundEmail.ts';
import type { StoredMail } from '../../src/mail/storedMail.ts';
import { reportFiles } from '../../src/mail/reportParts.ts';
import { collectionOf } from '../../src/infra/models/index.ts';
import { countMail } from '../../src/infra/telemetry/metrics.ts';
import { ParserBroke, Unreadable, type DigestJob } from '../../src/infra/parser/pool.ts';
import { NotStoredError } from '../../src/infra/storage/storage.ts';
import { longFields, StoredPost } from '../../src/infra/archive/storedPost.ts';
import type { InboundRun } from '../../src/infra/temporal/runTypes.ts';
import type { Deps } from '../deps.ts';
import { isDuplicateKey } from '../../src/infra/models/once.ts';
import { Superseded, TooHeavyForLocal } from '../errors.ts';

export type Archived =
  | { verdict: 'read'; files: number; remoteFiles: boolean }
  | { verdict: 'failed'; reason: string }
  | { verdict: 'refused'; reason: string };

/** Above this many bytes of MIME and long fields, reading is no work for a local activity. */
const HEAVY_BYTES = 512 * 1024;
/** Time in the parser (design: 10 s); a local activity has 2 s in all. */
const LIMIT_MS = { local: 1_500, durable: 10_000 };

/** Reads the raw payload through its provider's parser, and saves the mail's row. */
export async function archiveEmail(deps: Deps, mail: InboundRun): Promise<Archived> {
  const payload = await readPayload(deps, mail.key);
  if (typeof payload === 'string') return fail(deps, mail, null, payload);
  if (payload.refused !== null) {
    await saveRow(deps, mail, payload, { state: 'received', mail: null });
    return { verdict: 'refused', reason: payload.refused };
  }
  const recipient = recipientOf(payload, mail);
  if (recipient === '') return fail(deps, mail, payload, 'the post names no recipient');
  if (await isReplay(deps, payload)) return fail(deps, mail, payload, 'replayed signature');
  const read = await readMail(deps, payload, recipient);
  if (typeof read === 'string') return fail(deps, mail, payload, read);
  await saveRow(deps, mail, payload, { state: 'received', mail: read });
  return {
    verdict: 'read',
    files: read.files.length,
    remoteFiles: read.files.some((file) => 'url' in file.source),
  };
}

async function fail(
  deps: Deps,
  mail: InboundRun,
  payload: StoredPost | null,
  reason: string,
): Promise<Archived> {
  await saveRow(deps, mail, payload, { state: 'failed', reason, mail: null });
  return { verdict: 'failed', reason };
}

/** The payload, or why it cannot be read. */
async function readPayload({ storage }: Deps, key: string): Promise<StoredPost | string> {
  try {
    const payload = StoredPost.safeParse(JSON.parse((await storage.readAll(key)).toString('utf8')));
    return payload.success ? payload.data : NOT_OURS;
  } catch (error) {
    if (error instanceof NotStoredError) return 'the stored payload is gone';
    if (error instanceof SyntaxError) return NOT_OURS;
    throw error;
  }
}

const NOT_OURS = 'the stored payload is not one of ours';

function recipientOf(payload: StoredPost, mail: InboundRun): string {
  return payload.deliveries.find((delivery) => delivery.inbound_id === mail.id)?.recipient ?? '';
}

/** A signature covers no content: the same token with other content was taken from another post. */
async function isReplay({ models }: Deps, payload: StoredPost): Promise<boolean> {
  const { token_hash: _id, content_hash } = payload;
  if (_id === null) return false;
  const tokens = collectionOf(models.PostToken);
  try {
    await tokens.insertOne({ _id, content_hash, created_at: new Date() });
    return false;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    const first = await tokens.findOne({ _id });
    return first !== null && first.content_hash !== content_hash;
  }
}

/**
 * The mail, or the verdict that it cannot be read. A mail that breaks the parser twice is kept with its headers, the raw
 * attached.
 */
export async function readMail(
  deps: Deps,
  payload: StoredPost,
  recipient: string,
): Promise<StoredMail | string> {
  const objects = [
    ...(payload.mime ? [payload.mime] : []),
    ...longFields(payload).map(([, value]) => value),
    ...reportFiles(payload.files, (file) => file.content_type).values(),
  ];
  const { isLocal } = activityInfo();
  if (isLocal && objects.reduce((sum, object) => sum + object.size, 0) > HEAVY_BYTES)
    throw new TooHeavyForLocal();
  return withFiles(
    deps,
    objects.map((object) => object.object),
    async (files) => {
      const job = { post: payload, recipient, files };
      try {
        return await digest(deps, job, isLocal).catch((error: unknown) => {
          if (error instanceof ParserBroke) return salvage(deps, job);
          throw error;
        });
      } catch (error) {
        if (error instanceof Unreadable || error instanceof ParserBroke) return error.message;
        throw error;
      }
    },
  );
}

async function digest({ parser }: Deps, job: DigestJob, isLocal: boolean): Promise<StoredMail> {
  const signal = cancellationSignal();
  if (isLocal) {
    try {
      return await parser.digest(job, { limitMs: LIMIT_MS.local, signal, lane: 'quick' });
    } catch (error) {
      throw error instanceof ParserBroke ? new TooHeavyForLocal() : error;
    }
  }
  const slowly = () => parser.digest(job, { limitMs: LIMIT_MS.durable, signal, lane: 'slow' });
  return slowly().catch((error: unknown) => {
    if (error instanceof ParserBroke) return slowly();
    throw error;
  });
}

async function salvage({ parser }: Deps, job: DigestJob): Promise<StoredMail> {
  const salvaged = await parser.salvage(job);
  return { ...salvaged, files: rawOf(job.post), cut: [...salvaged.cut, 'everything but the headers'] };
}

/**
 * The raw mail as files of the message: the MIME, or what was posted beside the short fields. Never the payload's JSON:
 * it holds the provider's proof and the other recipients of the post.
 */
function rawOf(payload: StoredPost): StoredMail['files'] {
  const file = (filename: string, contentType: string, object: { object: string; size: number }) => ({
    filename,
    contentType,
    size: object.size,
    contentId: null,
    source: { object: object.object },
  });
  if (payload.mime) return [file('original.eml', 'message/rfc822', payload.mime)];
  return [
    ...longFields(payload).map(([name, value]) => file(`${name}.txt`, 'text/plain', value)),
    ...payload.files.map((posted) => file(posted.filename, posted.content_type, posted)),
  ];
}

/** All objects as local files while `use` runs. */
async function withFiles<T>(
  deps: Deps,
  keys: string[],
  use: (files: Record<string, string>) => Promise<T>,
  files: Record<string, string> = {},
): Promise<T> {
  const [key, ...rest] = keys;
  if (key === undefined) return use(files);
  return deps.storage.withFile(key, (file) => withFiles(deps, rest, use, { ...files, [key]: file }));
}

/**
 * Makes the row, or takes it over from an earlier run. A try that comes after later steps changes nothing: the row is of
 * this run already. @throws Superseded when a later run has it.
 */
async function saveRow(
  { models }: Deps,
  mail: InboundRun,
  payload: StoredPost | null,
  result: Pick<InboundEmailRow, 'state' | 'mail'> & { reason?: string },
): Promise<void> {
  const now = new Date();
  const row: Omit<
    InboundEmailRow,
    '_id' | 'created_at' | 'received_at' | 'repeats' | 'held_for' | 'raw' | 'raw_deleted_at'
  > = {
    provider: payload?.provider ?? mail.key.slice(0, mail.key.search(/-(incoming|skipped)\//)),
    recipient: payload ? recipientOf(payload, mail) : '',
    key: mail.key,
    run: mail.run,
    state: result.state,
    reason: result.reason ?? null,
    mail: result.mail,
    workspace_id: null,
    audiences: [],
    targets: [],
    sender: null,
    auto_reply: false,
    list_mail: false,
    spam: false,
    about_message_id: null,
    classified_by: null,
    routes: null,
    message_ids: [],
    ticket_id: null,
    conversation_id: null,
    updated_at: now,
    routed_at: null,
  };
  try {
    const { modifiedCount, upsertedCount } = await collectionOf(models.InboundEmail).updateOne(
      { _id: mail.id, run: { $lt: mail.run } },
      {
        $set: row,
        $setOnInsert: {
          created_at: now,
          received_at: new Date(payload?.received_at ?? now),
          repeats: [],
          held_for: [],
          raw: null,
          raw_deleted_at: null,
        },
      },
      { upsert: true },
    );
    if (result.state === 'failed' && modifiedCount + upsertedCount > 0) countMail('failed');
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    const later = await models.InboundEmail.exists({ _id: mail.id, run: { $gt: mail.run } });
    if (later) throw new Superseded();
  }
}
