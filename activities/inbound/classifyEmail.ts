import type { InboundEmailRow } from '../../src/infra/models/index.ts';
import type { StoredMail } from '../../src/mail/storedMail.ts';
import { autoReplyRule } from '../../src/mail/autoReply.ts';
import { isListMail, hasListHeaders } from '../../src/mail/lists.ts';
import type { InboundRun } from '../../src/infra/temporal/runTypes.ts';
import { applyReport } from './applyReport.ts';
import type { Deps } from '../deps.ts';
import { readRow, writeRow } from './inboundRow.ts';

export type Kind =
  { verdict: 'ordinary' | 'auto-reply' } | { verdict: 'skip'; reason: 'own mail' | 'bounce' };

/** Decides the kind of the mail; the rules that matched are kept on the row. */
export async function classifyEmail(deps: Deps, mail: InboundRun): Promise<Kind> {
  const row = await readRow(deps, mail);
  const stored = row.mail as StoredMail;

  // Our own mail is recognised by its Message-Id, never by From: colleagues and contact forms write with our
  // addresses.
  const own = await ownAudiences(deps, row.workspace_id, stored.message_id);
  const targets = row.targets.filter((target) => !own.has(target.audience));
  if (targets.length === 0) {
    await writeRow(deps, mail, ['received'], { classified_by: 'Message-Id of an outbound message' });
    return { verdict: 'skip', reason: 'own mail' };
  }
  if (stored.report) {
    const about = await applyReport(deps, row, stored.report);
    await writeRow(deps, mail, ['received'], {
      classified_by: stored.report.rule,
      about_message_id: about,
    });
    return { verdict: 'skip', reason: 'bounce' };
  }

  const rules = {
    auto_reply: autoReplyRule(stored.headers),
    list_mail: (await isForeignList(deps, row)) ? 'List-Id or List-Post' : null,
    spam: stored.verdicts.spam === 'fail' ? 'the provider’s spam filter' : null,
  };
  const matched = Object.values(rules).filter((rule) => rule !== null);
  if (matched.length > 0 || targets.length < row.targets.length) {
    await writeRow(deps, mail, ['received'], {
      targets,
      auto_reply: rules.auto_reply !== null,
      list_mail: rules.list_mail !== null,
      spam: rules.spam !== null,
      classified_by: matched.join('; ') || null,
    });
  }
  return { verdict: rules.auto_reply === null ? 'ordinary' : 'auto-reply' };
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

async function isForeignList({ models }: Deps, { workspace_id, mail }: InboundEmailRow): Promise<boolean> {
  const { headers } = mail as StoredMail;
  if (!hasListHeaders(headers)) return false;
  const [emails, forwarding] = await Promise.all([
    models.WorkspaceEmail.find({ workspace_id }, { address: 1 }).lean(),
    models.ForwardingAddress.find({ workspace_id }, { address: 1 }).lean(),
  ]);
  return isListMail(
    headers,
    [...emails, ...forwarding].map(({ address }) => address),
  );
}
