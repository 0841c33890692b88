import { normaliseAddress } from '../../src/mail/addresses.ts';
import type { InboundEmailRow, OutboundMessageRow } from '../../src/infra/models/index.ts';
import type { DeliveryReport } from '../../src/mail/inboundEmail.ts';
import { applyEvents } from '../../src/core/replies/applyEvents.ts';
import { authenticationOf, isOneOrganisation } from '../../src/mail/authentication.ts';
import type { StoredMail } from '../../src/mail/storedMail.ts';
import type { Deps } from '../deps.ts';

type Sent = Pick<OutboundMessageRow, '_id' | 'to' | 'cc' | 'outbound'>;

/**
 * Writes what a bounce says about recipients to the message that bounced. Anyone can send a bounce, so it
 * must name the message by its Message-Id, which has 128 random bits: only its recipients and the servers on
 * its way know it. What it says counts in full where it is proved to come from the recipient's own domain. Any other,
 * which another recipient may have forged, counts less than what the provider says, and its text is marked. One that
 * fails SPF or DKIM is ignored.
 * @returns the message's id, or null when it is none of ours.
 */
export async function applyReport(
  { models }: Pick<Deps, 'models'>,
  row: InboundEmailRow,
  report: DeliveryReport,
): Promise<string | null> {
  const mail = row.mail as StoredMail;
  const { verdict } = authenticationOf(mail);
  if (report.originalMessageId === null || verdict === 'fail') return null;
  const message = await models.Message.findOne(
    { workspace_id: row.workspace_id, message_id: report.originalMessageId, direction: 'outbound' },
    { to: 1, cc: 1, outbound: 1 },
  ).lean<Sent>();
  if (!message) return null;
  const isOwn = (recipient: string) =>
    verdict === 'pass' && isOneOrganisation(mail.from?.email ?? '', recipient);
  // The mail's own time, so that a retry writes the same.
  const events = eventsOf(report, recipientsOf(message)).map((event) => ({
    ...event,
    ...(!isOwn(event.recipient) && { foreign: true, reason: foreignText(event.reason) }),
    at: row.received_at,
    message: null,
  }));
  const applied = await applyEvents(models, message._id, events);
  return applied && message._id;
}

/** Whoever has written it: an agent must not take it for what the recipient's server or the provider said. */
const foreignText = (text: string | null): string =>
  'Only a mail says so that nothing proves to come from the recipient’s mail server' +
  (text === null ? '.' : `: “${text}”`);

function recipientsOf({ to, cc, outbound }: Sent): Set<string> {
  const addresses = [...to, ...cc, ...outbound.bcc].map(({ email }) => normaliseAddress(email));
  return new Set(addresses.filter((address) => address !== null));
}

/**
 * A report without recipients is about the only recipient. One that names other addresses is about no
 * recipient.
 */
function eventsOf(report: DeliveryReport, recipients: Set<string>) {
  const { action } = report;
  const [only] = recipients;
  if (report.recipients.length === 0)
    return recipients.size === 1 ? [{ kind: action, recipient: only!, reason: null }] : [];
  return report.recipients.flatMap(({ addresses, action: kind, status, diagnostic }) => {
    const recipient = addresses.find((address) => recipients.has(address));
    return recipient === undefined ? [] : [{ kind, recipient, reason: diagnostic ?? status }];
  });
}
