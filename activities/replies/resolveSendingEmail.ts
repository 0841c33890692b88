import type { MessageChange } from '../../src/core/replies/change.ts';
import { findSender } from '../../src/core/replies/sender.ts';
import { stoppedBy } from '../../src/core/replies/stop.ts';
import { applyThreadChange } from '../../src/core/threads/setThreadFields.ts';
import { threadsOf } from '../../src/core/threads/threads.ts';
import type { ReplyRun } from '../../src/infra/temporal/runTypes.ts';
import type { Models, OutboundMessageRow } from '../../src/infra/models/index.ts';
import type { Deps } from '../deps.ts';
import { changeReply, over } from './messageRow.ts';

/** @property action what became of the message, if it has not failed. */
export type Resolved = { verdict: 'resolved' } | { verdict: 'failed'; code: string; action?: 'cancelled' };

/**
 * Decides as which address the message is sent. This happens when it goes out, because an address may have
 * been switched off or deleted since it was saved. The first decision stands.
 */
export async function resolveSendingEmail(deps: Deps, reply: ReplyRun): Promise<Resolved> {
  const row = await changeReply(deps, reply, (read) =>
    read.state === 'sending' && read.from.email === '' ? decide(deps, read) : null,
  );
  if (row.state === 'cancelled') return { verdict: 'failed', code: 'Cancelled', action: 'cancelled' };
  // It can no longer be taken back, and will not fail for want of a sender.
  if (row.state !== 'failed') await applyThreadChange(deps.models, row);
  return row.state === 'failed' ? { verdict: 'failed', code: 'NoSendingEmail' } : { verdict: 'resolved' };
}

async function decide({ models }: Deps, row: OutboundMessageRow): Promise<MessageChange> {
  const thread = await threadsOf(models, row.thread_kind)
    .findOne({ _id: row.thread_id, workspace_id: row.workspace_id })
    .lean();
  if (thread?.deleted_at) return stoppedBy('thread', row);
  const chosen = await chosenStillThere(models, row);
  const found = thread && (await findSender(models, thread, chosen, row.author_id));
  if (!found?.sender) return over('failed', found?.reason ?? 'its ticket or conversation no longer exists');
  const { email, from, replyTo } = found.sender;
  return {
    sending_email: email.address,
    workspace_email_id: email._id,
    from,
    sender: from,
    reply_to: replyTo,
  };
}

/** The address that the agent chose. Null: none, or it was deleted since, and another one of the thread is used. */
async function chosenStillThere(
  models: Models,
  { workspace_id, sending_email }: OutboundMessageRow,
): Promise<string | null> {
  if (sending_email === null) return null;
  const chosen = { workspace_id, address: sending_email, deleted_at: null };
  return (await models.WorkspaceEmail.exists(chosen)) ? sending_email : null;
}
