import { cancellationSignal } from '@temporalio/activity';
import { domainMail } from '../../src/core/domains/domainMail.ts';
import type { DomainNotice } from '../../src/infra/models/domain.ts';
import type { DomainRow } from '../../src/infra/models/index.ts';
import { ownersOf } from '../../src/core/platformMail/owners.ts';
import { sendPlatformMail } from '../../src/core/platformMail/sendPlatformMail.ts';
import { hashOf } from '../../src/lib/ids.ts';
import type { SetUpRun } from '../../src/infra/temporal/runTypes.ts';
import type { Deps } from '../deps.ts';
import { readDomain } from './domainRow.ts';
import { MINUTE_MS } from '../../src/lib/time.ts';

/** `later`: the provider does not accept mail at the moment. */
export type NoticeVerdict = { verdict: 'told' } | { verdict: 'later'; code: string; ms: number };

const LATER_MS = 10 * MINUTE_MS;

/** Mails the workspace's owners the notices that they do not have yet, each once. */
export async function tellOwners(deps: Deps, run: SetUpRun): Promise<NoticeVerdict> {
  const row = await readDomain(deps, run);
  let verdict: NoticeVerdict = { verdict: 'told' };
  for (const notice of row.notices) {
    const later = await mailOwners(deps, row, notice);
    if (later) verdict = later;
    else await write(deps, row, notice, { $pull: { notices: { kind: notice.kind, at: notice.at } } });
  }
  return verdict;
}

/** @returns null when each owner has the mail, or cannot get it. */
async function mailOwners(deps: Deps, row: DomainRow, notice: DomainNotice): Promise<NoticeVerdict | null> {
  let later: NoticeVerdict | null = null;
  for (const { _id, email } of await ownersOf(deps.models, row.workspace_id)) {
    if (notice.told.includes(_id)) continue;
    const id = hashOf('domain notice', row._id, notice.kind, notice.at.getTime(), _id);
    const mail = {
      to: email,
      ...domainMail(notice.kind, row),
      messageId: `<${id}@${deps.platformDomain}>`,
      holds: { kind: 'notice' as const },
    };
    const sent = await sendPlatformMail(deps, mail, cancellationSignal());
    if (sent.result === 'not sent' || sent.result === 'unclear') {
      // A second copy has the same Message-Id: mail programs show one.
      const ms = (sent.result === 'not sent' ? sent.retryAfterMs : null) ?? LATER_MS;
      later = { verdict: 'later', code: sent.code, ms };
      continue;
    }
    if (sent.result === 'refused')
      deps.log.warn({ domain_id: row._id, code: sent.code }, 'a mail to an owner was refused');
    await write(deps, row, notice, { $addToSet: { 'notices.$.told': _id } });
  }
  return later;
}

const write = ({ models }: Deps, { _id }: DomainRow, { kind, at }: DomainNotice, change: object) =>
  models.Domain.updateOne(
    { _id, notices: { $elemMatch: { kind, at } } },
    { ...change, $inc: { changes: 1 } },
  );
