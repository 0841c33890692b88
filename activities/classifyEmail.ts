import type { StoredMail } from '../src/models/inboundEmail.ts';
import { isAutoReply } from '../src/email/autoReply.ts';
import type { InboundRun } from '../workflows/types.ts';
import type { Deps } from './deps.ts';
import { readRow, writeRow } from './row.ts';

export type Kind = { verdict: 'ordinary' | 'auto-reply' } | { verdict: 'skip'; reason: 'own mail' };

/** What kind of mail it is; the rule that fired is kept on the row. */
export async function classifyEmail(deps: Deps, mail: InboundRun): Promise<Kind> {
  const row = await readRow(deps, mail);
  const stored = row.mail as StoredMail;

  // Our own mail coming back is known by its Message-Id, never by From: colleagues and contact forms write as us.
  const own = await ownAudiences(deps, row.workspace_id, stored.message_id);
  const targets = row.targets.filter((target) => !own.has(target.audience));
  if (targets.length === 0) {
    await writeRow(deps, mail, ['received'], { classified_by: 'Message-Id of an outbound message' });
    return { verdict: 'skip', reason: 'own mail' };
  }
  const auto = isAutoReply(stored.headers);
  if (auto || targets.length < row.targets.length) {
    await writeRow(deps, mail, ['received'], {
      targets,
      auto_reply: auto,
      classified_by: auto ? 'Auto-Submitted' : null,
    });
  }
  return { verdict: auto ? 'auto-reply' : 'ordinary' };
}

/** Audiences in which a message that we sent carries this id. */
async function ownAudiences(
  { models }: Deps,
  workspaceId: string | null,
  messageId: string | null,
): Promise<Set<string>> {
  if (messageId === null) return new Set();
  const sent = await models.Message.find(
    { workspace_id: workspaceId, message_id: messageId, direction: 'outbound' },
    { audience: 1 },
  ).lean();
  return new Set(sent.map((message) => message.audience));
}
