import { normaliseAddress } from '../../src/mail/addresses.ts';
import type { InboundEmailRow, OutboundMessageRow } from '../../src/infra/models/index.ts';
import type { DeliveryReport } from '../../src/mail/inboundEmail.ts';
import { applyEvents } from '../../src/core/replies/applyEvents.ts';
import type { Deps } from '../deps.ts';

type Sent = Pick<OutboundMessageRow, '_id' | 'to' | 'cc' | 'outbound'>;

/**
 * Writes what a bounce says about recipients to the message that bounced. Anyone can send a bounce, so it
 * must name the message by its Message-Id, which has 128 random bits: only its recipients and the servers on
 * its way know it. They can report a failure for its recipients and for no other address, which they could
 * also do by a real bounce. A mail that fails both SPF and DKIM is ignored.
 * @returns the message's id, or null when it is none of ours.
 */
export async function applyReport(
  { models }: Pick<Deps, 'models'>,
  row: InboundEmailRow,
  report: DeliveryReport,
): Promise<string | null> {
  const verdicts = row.mail?.verdicts;
  const isRefuted = verdicts?.spf === 'fail' && verdicts.dkim === 'fail';
  if (report.originalMessageId === null || isRefuted) return null;
  const message = await models.Message.findOne(
    { workspace_id: row.workspace_id, message_id: report.originalMessageId, direction: 'outbound' },
    { to: 1, cc: 1, outbound: 1 },
  ).lean<Sent>();
  if (!message) return null;
  // The mail's own time, so that a retry writes the same.
  const events = eventsOf(report, recipientsOf(message)).map((event) => ({
    ...event,
    at: row.received_at,
    message: null,
  }));
  const applied = await applyEvents(models, message._id, events);
  return applied && message._id;
}

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
