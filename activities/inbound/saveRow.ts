import { collectionOf, type InboundEmailRow } from '../../src/infra/models/index.ts';
import { isDuplicateKey } from '../../src/infra/models/once.ts';
import { countMail } from '../../src/infra/telemetry/metrics.ts';
import type { StoredPost } from '../../src/infra/archive/storedPost.ts';
import type { InboundRun } from '../../src/infra/temporal/runTypes.ts';
import type { Deps } from '../deps.ts';
import { Superseded } from '../errors.ts';

/** What `archiveEmail` found: the mail, or why there is none. */
type Result = Pick<InboundEmailRow, 'mail'> & ({ state: 'received' } | { state: 'failed'; reason: string });

/**
 * Makes the mail's row, or takes it over from an earlier run. A try that comes after later steps changes
 * nothing: the row belongs to this run already.
 * @param post null when it cannot be read
 * @throws Superseded when a later run has the row.
 */
export async function saveRow(
  { models }: Pick<Deps, 'models'>,
  run: InboundRun,
  post: StoredPost | null,
  result: Result,
): Promise<void> {
  const now = new Date();
  const atFirst = {
    created_at: now,
    received_at: new Date(post?.received_at ?? now),
    repeats: [],
    held_for: [],
    raw: null,
    raw_deleted_at: null,
  };
  try {
    const { recipient, ...row } = rowOf(run, post, result);
    // A later run whose payload is gone knows no recipient: the row keeps the one that it has.
    const known = post === null ? {} : { recipient };
    const { modifiedCount, upsertedCount } = await collectionOf(models.InboundEmail).updateOne(
      { _id: run.id, run: { $lt: run.run } },
      {
        $set: { ...row, ...known, updated_at: now },
        $setOnInsert: { ...atFirst, ...(post === null && { recipient }) },
      },
      { upsert: true },
    );
    if (result.state === 'failed' && modifiedCount + upsertedCount > 0) countMail('failed');
  } catch (error) {
    // There is a row, of this run or of a later one.
    if (!isDuplicateKey(error)) throw error;
    const later = await models.InboundEmail.exists({ _id: run.id, run: { $gt: run.run } });
    if (later) throw new Superseded();
  }
}

type RowOfRun = Omit<
  InboundEmailRow,
  | '_id'
  | 'created_at'
  | 'received_at'
  | 'updated_at'
  | 'repeats'
  | 'held_for'
  | 'raw'
  | 'raw_deleted_at'
  | 'original_left'
>;

/** The row as each run begins it: nothing of what an earlier run decided is kept. */
const rowOf = (run: InboundRun, post: StoredPost | null, result: Result): RowOfRun => ({
  provider: post?.provider ?? providerOf(run.key),
  recipient: post ? recipientOf(post, run) : '',
  key: run.key,
  run: run.run,
  state: result.state,
  reason: result.state === 'failed' ? result.reason : null,
  stuck_since: null,
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
  routed_at: null,
});

/** For whom of the post's recipients this run is; empty when the post does not say. */
export const recipientOf = (post: StoredPost, run: InboundRun): string =>
  post.deliveries.find(({ inbound_id }) => inbound_id === run.id)?.recipient ?? '';

/** `mailgun-incoming/2026/…` -> `mailgun`. */
const providerOf = (key: string): string => key.slice(0, key.search(/-(incoming|skipped)\//));
