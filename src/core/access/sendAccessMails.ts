import type { Logger } from 'pino';
import type { AccessMailRow, Models } from '../../infra/models/index.ts';
import { sendNotice, type Notice, type NoticeDeps } from '../platformMail/sendNotice.ts';
import { hashOf } from '../../lib/ids.ts';
import { oneLine } from '../../lib/oneLine.ts';
import { giveUpAt } from './accessMails.ts';
import { newPasswordLink } from './passwordLinks.ts';
import { MINUTE_MS } from '../../lib/time.ts';

export interface AccessMailDeps extends NoticeDeps {
  models: Models;
  publicUrl: string;
  log: Logger;
}

const AT_ONCE = 20;
/** Longer than a provider's answer takes: until then no other worker takes the mail. */
const TAKEN_MS = 3 * MINUTE_MS;
const FIRST_RETRY_MS = 10_000;
const LAST_RETRY_MS = 15 * MINUTE_MS;

/**
 * Sends the mails about access that are due. Where the provider is away they are tried again for a day, and then are `failed`,
 * which owners see beside the member. A process that dies in between may have one sent twice: both links work until one is used.
 */
export async function sendAccessMails(deps: AccessMailDeps, signal: AbortSignal): Promise<void> {
  const { models } = deps;
  const due = { state: 'wanted' as const, next_try_at: { $lte: new Date() } };
  const rows = await models.AccessMail.find(due)
    .sort({ next_try_at: 1 })
    .limit(AT_ONCE)
    .lean<AccessMailRow[]>();
  for (const row of rows) if (!signal.aborted && (await take(models, row))) await send(deps, row, signal);
}

async function take(models: Models, { _id, next_try_at, wanted_at }: AccessMailRow): Promise<boolean> {
  const { modifiedCount } = await models.AccessMail.updateOne(
    { _id, state: 'wanted', next_try_at, wanted_at },
    { $set: { next_try_at: new Date(Date.now() + TAKEN_MS) }, $inc: { tries: 1 } },
  );
  return modifiedCount === 1;
}

async function send(deps: AccessMailDeps, row: AccessMailRow, signal: AbortSignal): Promise<void> {
  const { models, log } = deps;
  const notice = await compose(deps, row);
  if (!notice) {
    await models.AccessMail.deleteOne({ _id: row._id, wanted_at: row.wanted_at });
    return;
  }
  const sent = await sendNotice(deps, notice, signal);
  // After an unclear call it may have gone out: a second mail with a second link harms nobody, and none would.
  const isAgain = sent.result === 'not sent' || sent.result === 'unclear';
  if (isAgain) log.warn({ mail: row._id, code: sent.code }, 'a mail about access did not go out');
  const isOver = isAgain && Date.now() >= giveUpAt(row);
  const asked = sent.result === 'not sent' ? (sent.retryAfterMs ?? 0) : 0;
  const wait = Math.max(asked, Math.min(FIRST_RETRY_MS * 2 ** row.tries, LAST_RETRY_MS));
  const change =
    sent.result === 'accepted'
      ? { state: 'sent', sent_at: new Date(), reason: null }
      : isAgain && !isOver
        ? { next_try_at: new Date(Date.now() + wait), reason: sent.reason }
        : { state: 'failed', reason: sent.reason };
  // Not where it was asked for again meanwhile.
  const same = { _id: row._id, wanted_at: row.wanted_at };
  if (sent.result === 'accepted' && row.kind === 'reset') await models.AccessMail.deleteOne(same);
  else await models.AccessMail.updateOne(same, { $set: change });
}

/** @returns null when there is nobody to send it to (any more) */
async function compose(
  { models, publicUrl, platformDomain }: AccessMailDeps,
  row: AccessMailRow,
): Promise<Notice | null> {
  const user = await models.User.findOne({ email: row.email }).lean();
  if (!user) return null;
  const workspace =
    row.workspace_id === null ? null : await models.Workspace.findById(row.workspace_id).lean();
  if (row.kind === 'invitation') {
    const member = { workspace_id: row.workspace_id ?? '', user_id: user._id };
    if (!workspace || !(await models.Member.exists(member))) return null;
  }
  const common = { to: row.email, messageId: `<access.${hashOf(row._id, row.wanted_at)}@${platformDomain}>` };
  if (workspace && user.password_hash)
    return {
      ...common,
      subject: `You are a member of ${shownName(workspace.name)} now`,
      text: `You were made a member of ${shownName(workspace.name)}. Sign in as before:\n\n${publicUrl}\n`,
    };
  const link = { userId: user._id, shownTo: null, publicUrl, kind: row.kind };
  const { url } = await newPasswordLink(models, link);
  const lasts = `The link works once, within ${row.kind === 'reset' ? 'an hour' : 'seven days'}.`;
  if (workspace)
    return {
      ...common,
      subject: `You are a member of ${shownName(workspace.name)}: set your password`,
      text: `You were made a member of ${shownName(workspace.name)}. Set your password here:\n\n${url}\n\n${lasts}\n`,
    };
  return {
    ...common,
    subject: 'Set a new password',
    text: `Somebody, probably you, asked for a new password. Set it here:\n\n${url}\n\n${lasts} If it was not you, leave it: nothing has changed.\n`,
  };
}

/** A workspace's name as a mail can show it. */
const shownName = (name: string): string => oneLine(name).slice(0, 200);
