import type { Logger } from 'pino';
import type { AccessMailRow, Models } from '../../infra/models/index.ts';
import {
  sendPlatformMail,
  type PlatformMail,
  type PlatformMailDeps,
} from '../platformMail/sendPlatformMail.ts';
import { hashOf } from '../../lib/ids.ts';
import { oneLine } from '../../lib/oneLine.ts';
import { giveUpAt } from './accessMails.ts';
import { validTokensOf } from './apiTokens.ts';
import { newEndTokensLink, newJoinLink, newPasswordLink } from './passwordLinks.ts';
import { MINUTE_MS } from '../../lib/time.ts';

export interface AccessMailDeps extends PlatformMailDeps {
  publicUrl: string;
  log: Logger;
}

const BATCH = 20;
/** How long no other worker takes the mail: longer than the provider may take to answer. */
const LEASE_MS = 3 * MINUTE_MS;
const FIRST_RETRY_MS = 10_000;
const LAST_RETRY_MS = 15 * MINUTE_MS;

/**
 * Sends the invitations and password mails that are due. While the provider does not take them they are
 * retried for a day; then they are `failed`, which owners see at the member. If the process dies in between,
 * a mail may be sent twice: both links work until one is used.
 */
export async function sendAccessMails(deps: AccessMailDeps, signal: AbortSignal): Promise<void> {
  const { models } = deps;
  const due = { state: 'wanted' as const, next_try_at: { $lte: new Date() } };
  const rows = await models.AccessMail.find(due)
    .sort({ next_try_at: 1 })
    .limit(BATCH)
    .lean<AccessMailRow[]>();
  for (const row of rows) {
    if (signal.aborted) return;
    if (await lease(models, row)) await sendAccessMail(deps, row, signal);
  }
}

async function lease(models: Models, { _id, next_try_at, wanted_at }: AccessMailRow): Promise<boolean> {
  const { modifiedCount } = await models.AccessMail.updateOne(
    { _id, state: 'wanted', next_try_at, wanted_at },
    { $set: { next_try_at: new Date(Date.now() + LEASE_MS) }, $inc: { tries: 1 } },
  );
  return modifiedCount === 1;
}

async function sendAccessMail(deps: AccessMailDeps, row: AccessMailRow, signal: AbortSignal): Promise<void> {
  const { models, log } = deps;
  const mail = await composeAccessMail(deps, row);
  if (!mail) {
    await models.AccessMail.deleteOne({ _id: row._id, wanted_at: row.wanted_at });
    return;
  }
  const sent = await sendPlatformMail(deps, mail, signal);
  // `unclear`: the mail may have been sent. A second mail with a second link does less harm than none.
  const mayRetry = sent.result === 'not sent' || sent.result === 'unclear';
  if (mayRetry) log.warn({ mail: row._id, code: sent.code }, 'could not send an invitation or password mail');
  const hasTimeLeft = Date.now() < giveUpAt(row);
  const askedWait = sent.result === 'not sent' ? (sent.retryAfterMs ?? 0) : 0;
  const wait = Math.max(askedWait, Math.min(FIRST_RETRY_MS * 2 ** row.tries, LAST_RETRY_MS));
  const change =
    sent.result === 'accepted'
      ? { state: 'sent', sent_at: new Date(), reason: null }
      : mayRetry && hasTimeLeft
        ? { next_try_at: new Date(Date.now() + wait), reason: sent.reason }
        : { state: 'failed', reason: sent.reason };
  // Matches nothing if the mail was requested again in the meantime.
  const unchanged = { _id: row._id, wanted_at: row.wanted_at };
  if (sent.result === 'accepted' && row.kind !== 'invitation') await models.AccessMail.deleteOne(unchanged);
  else await models.AccessMail.updateOne(unchanged, { $set: change });
}

/** @returns null when the user, the workspace or the membership does not exist (any more). */
async function composeAccessMail(
  { models, publicUrl, platformDomain }: AccessMailDeps,
  row: AccessMailRow,
): Promise<PlatformMail | null> {
  const user = await models.User.findOne({ email: row.email }).lean();
  if (!user) return null;
  const workspace =
    row.workspace_id === null ? null : await models.Workspace.findById(row.workspace_id).lean();
  if (row.kind === 'invitation') {
    const member = { workspace_id: row.workspace_id ?? '', user_id: user._id };
    if (!workspace || !(await models.Member.exists(member))) return null;
  }
  const common = {
    to: row.email,
    messageId: `<access.${hashOf(row._id, row.wanted_at)}@${platformDomain}>`,
    holds: { kind: 'access' as const, userId: user._id },
  };
  if (row.kind === 'tokens') return tokenList(models, common, user._id, publicUrl);
  const workspaceName = workspace && oneLine(workspace.name).slice(0, MAX_NAME_CHARS);
  if (workspaceName && user.password_hash && user.proved_at) {
    const { url } = await newJoinLink(models, { userId: user._id, accepts: workspace._id, publicUrl });
    return {
      ...common,
      subject: `You have been invited to ${workspaceName}`,
      text: paragraphs(
        `You have been invited to the workspace ${workspaceName} in Postroom.`,
        `To accept, open this link:\n${url}`,
        'Then sign in with the password that you already have. The link works once, within seven days. ' +
          'If you do not want to join, ignore this mail.',
      ),
    };
  }
  const accepts = workspace?._id ?? null;
  const { url } = await newPasswordLink(models, { userId: user._id, shownTo: null, accepts, publicUrl });
  if (workspaceName)
    return {
      ...common,
      subject: `You have been invited to ${workspaceName}: set your password`,
      text: paragraphs(
        `You have been invited to the workspace ${workspaceName} in Postroom.`,
        `To accept, set your password:\n${url}`,
        'The link works once, within seven days. If it has expired, ask an owner of the workspace for ' +
          'another one. If you do not want to join, ignore this mail.',
      ),
    };
  return {
    ...common,
    subject: 'Set a new password',
    text: paragraphs(
      'Somebody, probably you, requested a new password for your Postroom account.',
      `To set one, open this link:\n${url}`,
      'The link works once, within an hour. If you did not request it, ignore this mail: ' +
        'your password has not changed.',
    ),
  };
}

/** Most tokens that the mail lists by name; the link ends all. */
const MAX_LISTED = 50;

/** @returns null when the user has no tokens */
async function tokenList(
  models: Models,
  common: Pick<PlatformMail, 'to' | 'messageId' | 'holds'>,
  userId: string,
  publicUrl: string,
): Promise<PlatformMail | null> {
  const tokens = await validTokensOf(models, userId);
  if (tokens.length === 0) return null;
  const ids = [...new Set(tokens.map(({ workspace_id }) => workspace_id))];
  const workspaces = await models.Workspace.find({ _id: { $in: ids } }, { name: 1 }).lean();
  const nameOf = (id: string) => workspaces.find(({ _id }) => _id === id)?.name ?? '';
  const lines = tokens.slice(0, MAX_LISTED).map(({ prefix, name, workspace_id, created_at }) => {
    const words = [prefix, name, nameOf(workspace_id), created_at.toISOString().slice(0, 10)];
    return `- ${words.map((word) => oneLine(word).slice(0, MAX_NAME_CHARS)).join(', ')}`;
  });
  const { url } = await newEndTokensLink(models, { userId, publicUrl });
  return {
    ...common,
    subject: 'Your API tokens still work',
    text: paragraphs(
      'You set a new password or signed out everywhere. Programs that use these API tokens still have access ' +
        'to Postroom as you:',
      lines.join('\n') + (tokens.length > MAX_LISTED ? `\n- and ${tokens.length - MAX_LISTED} more` : ''),
      `If you do not know one of them, end them all:\n${url}`,
      'The link works once, within seven days. Programs then need new tokens.',
    ),
  };
}

const MAX_NAME_CHARS = 200;
const paragraphs = (...texts: string[]): string => `${texts.join('\n\n')}\n`;
