import { findSender } from '../../src/replies/sender.ts';
import { threadsOf } from '../../src/threads/applyToThread.ts';
import type { ReplyRun } from '../../workflows/types.ts';
import type { Deps } from '../deps.ts';
import { closeReply, readReply, writeReply } from './row.ts';

export type Resolved = { verdict: 'resolved' } | { verdict: 'failed'; reason: string };

/** Who the message goes out as, decided when it goes out: an address may have been switched off since. The first decision stands. */
export async function resolveSendingEmail(deps: Deps, reply: ReplyRun): Promise<Resolved> {
  const row = await readReply(deps, reply);
  if (row.state === 'failed') return { verdict: 'failed', reason: row.outbound.reason ?? 'failed' };
  if (row.state !== 'sending' || row.from.email !== '') return { verdict: 'resolved' };
  const thread = await threadsOf(deps.models, row.thread_kind)
    .findOne({ _id: row.thread_id, workspace_id: row.workspace_id })
    .lean();
  const found = thread && (await findSender(deps.models, thread, row.sending_email, row.author_id ?? ''));
  if (!found?.sender) {
    const reason = found?.reason ?? 'its ticket or conversation is gone';
    await closeReply(deps, row, 'failed', reason);
    return { verdict: 'failed', reason };
  }
  const { email, from, replyTo } = found.sender;
  await writeReply(
    deps,
    row,
    'sending',
    {},
    {
      sending_email: email.address,
      workspace_email_id: email._id,
      from,
      sender: from,
      reply_to: replyTo,
    },
  );
  return { verdict: 'resolved' };
}
