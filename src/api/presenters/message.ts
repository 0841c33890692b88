import type { Address } from '../../email/addresses.ts';
import { fillPlaceholders } from '../../email/html.ts';
import type { AttachmentRow, MessageRow } from '../../models/index.ts';
import type { Outbound } from '../../models/outbound.ts';
import type { Links } from '../links.ts';
import type { ApiUser } from '../visibility.ts';
import { presentAttachment } from './attachment.ts';

/** @param attachments of this message, in the mail's order. */
export function presentMessage(row: MessageRow, attachments: AttachmentRow[], user: ApiUser, links: Links) {
  const imageUrl = (cid: string): string | null => {
    const image = attachments.find((file) => file.content_id === cid && file.state === 'stored');
    return image ? links.signedFile(user, image._id) : null;
  };
  return {
    id: row._id,
    direction: row.direction,
    state: row.state,
    from: senderOf(row, row.from),
    sender: senderOf(row, row.sender),
    sender_known: row.sender_known,
    reply_to: row.reply_to,
    to: row.to,
    cc: row.cc,
    to_email: row.to_email,
    sending_email: row.sending_email,
    subject: row.subject,
    text: row.text,
    html: row.html === null ? null : fillPlaceholders(row.html, imageUrl),
    cut: row.cut,
    message_id: row.message_id,
    in_reply_to: row.in_reply_to,
    references: row.references,
    auto_reply: row.auto_reply,
    list_mail: row.list_mail,
    spam: row.spam,
    author_id: row.author_id,
    sent_at: row.sent_at,
    created_at: row.created_at,
    attachments: attachments.map((file) => presentAttachment(file, user, links)),
    ...(row.outbound && presentOutbound(row.outbound)),
  };
}

/** Who a message of ours goes out as is decided when it goes out; a note goes nowhere. */
function senderOf({ direction }: MessageRow, sender: Address): Address | null {
  return direction !== 'inbound' && sender.email === '' ? null : sender;
}

function presentOutbound(outbound: Outbound) {
  return {
    bcc: outbound.bcc,
    send_at: outbound.send_at,
    due_at: outbound.due_at,
    reason: outbound.reason,
    state_at: outbound.state_at,
    deliveries: outbound.deliveries.map(({ recipient, state, reason, at }) => ({
      recipient,
      state,
      reason,
      at,
    })),
  };
}
