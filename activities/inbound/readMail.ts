import { activityInfo, cancellationSignal } from '@temporalio/activity';
import { reportFiles } from '../../src/mail/reportParts.ts';
import type { StoredMail } from '../../src/mail/storedMail.ts';
import { fairnessKeyOf } from '../../src/mail/fairnessKey.ts';
import { ParserBroke, Unreadable, type DigestJob, type DigestOptions } from '../../src/infra/parser/pool.ts';
import { longFields, type StoredPost } from '../../src/infra/archive/storedPost.ts';
import type { Storage } from '../../src/infra/storage/storage.ts';
import type { Deps } from '../deps.ts';
import { TooHeavyForLocal } from '../errors.ts';
import { salvageMail } from './salvageMail.ts';

export type ReadMail = { mail: StoredMail } | { mail: null; reason: string };

/** Above this many bytes of MIME and long fields, reading takes too long for a local activity. */
const HEAVY_BYTES = 512 * 1024;
/** Time in the parser; a try of a local activity has 2 s in all (workflows/policies.ts). */
const LIMIT_MS = { local: 1_500, durable: 10_000 };

/**
 * Reads the mail of a post through its provider's parser. A mail that breaks the parser twice keeps its
 * headers only, with the raw mail as a file. `reason` says why it can never be read.
 * @throws TooHeavyForLocal when it must be read as a normal activity.
 */
export async function readMail(deps: Deps, post: StoredPost, recipient: string): Promise<ReadMail> {
  const objects = objectsToParse(post);
  const bytes = objects.reduce((sum, { size }) => sum + size, 0);
  if (activityInfo().isLocal && bytes > HEAVY_BYTES) throw new TooHeavyForLocal();
  const keys = objects.map(({ object }) => object);
  const { authservId } = deps;
  return withLocalFiles(deps.storage, keys, (files) => parse(deps, { post, recipient, files, authservId }));
}

/** What of a post the parser reads: its MIME, its long fields, and the parts of a bounce. */
function objectsToParse(post: StoredPost): { object: string; size: number }[] {
  return [
    ...(post.mime ? [post.mime] : []),
    ...longFields(post).map(([, value]) => value),
    ...reportFiles(post.files, (file) => file.content_type).values(),
  ];
}

async function parse(deps: Deps, job: DigestJob): Promise<ReadMail> {
  try {
    return { mail: await digest(deps, job) };
  } catch (error) {
    if (error instanceof Unreadable) return { mail: null, reason: error.message };
    if (!(error instanceof ParserBroke)) throw error;
  }
  return salvageMail(deps, job);
}

/** @throws ParserBroke when it broke the parser twice. */
async function digest(deps: Deps, job: DigestJob): Promise<StoredMail> {
  const { isLocal } = activityInfo();
  const digestIn = (lane: DigestOptions['lane']) =>
    deps.parser.digest(job, {
      lane,
      limitMs: isLocal ? LIMIT_MS.local : LIMIT_MS.durable,
      group: fairnessKeyOf(job.recipient, deps.platformDomain),
      signal: cancellationSignal(),
    });
  try {
    return await digestIn(isLocal ? 'quick' : 'slow');
  } catch (error) {
    if (!(error instanceof ParserBroke)) throw error;
    if (isLocal) throw new TooHeavyForLocal();
  }
  return digestIn('again');
}

/** Runs `use` while all these objects are local files. */
async function withLocalFiles<T>(
  storage: Storage,
  keys: string[],
  use: (files: Record<string, string>) => Promise<T>,
  files: Record<string, string> = {},
): Promise<T> {
  const [key, ...rest] = keys;
  if (key === undefined) return use(files);
  return storage.withFile(key, (file) => withLocalFiles(storage, rest, use, { ...files, [key]: file }));
}
