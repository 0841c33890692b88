import type { AttachmentRow, InboundEmailRow, InboundMessageRow } from '../../src/infra/models/index.ts';
import type { Route } from '../../src/infra/models/inboundEmail.ts';
import type { StoredMail } from '../../src/mail/storedMail.ts';
import { mailWords } from '../../src/mail/searchWords.ts';
import type { Address } from '../../src/mail/addresses.ts';
import { NO_ADDRESS } from '../../src/infra/models/message.ts';
import { authenticationOf } from '../../src/mail/authentication.ts';
import { hashOf } from '../../src/lib/ids.ts';
import { parentIds } from '../../src/mail/messageIds.ts';
import { contactId } from '../../src/core/threads/contacts.ts';
import { threadIdFor } from '../../src/core/threads/newThreadRow.ts';
import { peopleThrough } from '../../src/core/threads/people.ts';
import { fingerprintOf } from '../../src/mail/sameMail.ts';
import { messageKey } from './messageKey.ts';
import { namingOf } from './naming.ts';
import { comparableMail } from './sameMail.ts';

/**
 * The message that a mail becomes on its route. `id` is its key, or the variant if another mail has that key.
 */
export function newMessage(row: InboundEmailRow, route: Route, id: string): InboundMessageRow {
  const mail = row.mail as StoredMail;
  const sender = row.sender ?? NO_ADDRESS;
  const isVariant = id !== messageKey(row, route.lands_in);
  return {
    _id: id,
    workspace_id: row.workspace_id as string,
    audience: route.lands_in,
    thread_kind: route.thread_kind,
    thread_id: route.opens && isVariant ? threadIdFor(id) : route.thread_id,
    direction: 'inbound',
    state: 'received',
    from: mail.from ?? NO_ADDRESS,
    sender: { email: sender.email, name: sender.name },
    reply_to: mail.reply_to,
    to: mail.to,
    cc: mail.cc,
    to_email: route.address,
    workspace_email_id: route.workspace_email_id,
    sending_email: null,
    subject: mail.subject,
    text: mail.text,
    html: mail.html,
    cut: mail.cut,
    headers: mail.headers,
    message_id: mail.message_id,
    in_reply_to: mail.in_reply_to[0] ?? null,
    references: mail.references,
    names: parentIds(mail),
    people: peopleThrough({ ...namingOf(row), ...route }),
    sender_known: route.sender_known,
    opens: route.opens,
    auto_reply: row.auto_reply,
    list_mail: row.list_mail,
    spam: row.spam,
    sent_at: mail.date,
    fingerprint: fingerprintOf(comparableMail(mail, sender.email)),
    contact_id: contactId(row.workspace_id as string, row.sender),
    inbound_email_id: row._id,
    authentication: authenticationOf(mail),
    sender_reason: route.sender_known ? null : row.sender?.proved ? 'stranger' : 'unproved',
    files: mail.files.map(({ filename, size }) => ({ filename, size })),
    words: wordsIn(mail, sender),
    copies: [{ inbound_email_id: row._id, traced: route.traced }],
    author_id: null,
    request_hash: null,
    outbound: null,
    created_at: row.received_at,
    stored_at: new Date(),
  };
}

/** The sender may be another than From, and is found by `from:` too. */
function wordsIn(mail: StoredMail, sender: Address): string[] {
  const { subject, text, from, to, cc, reply_to, files } = mail;
  const filenames = files.map(({ filename }) => filename);
  const read =
    mail.words ??
    mailWords({ subject, text, from: from ? [from] : [], to: [...to, ...cc, ...reply_to], filenames });
  return [
    ...new Set([...read, ...mailWords({ subject: '', text: '', from: [sender], to: [], filenames: [] })]),
  ];
}

/** A row for each file of the mail; `fetchAttachments` gets the bytes. */
export function pendingAttachments(row: InboundEmailRow, message: InboundMessageRow): AttachmentRow[] {
  const mail = row.mail as StoredMail;
  return mail.files.map((file, position) => ({
    _id: hashOf('attachment', message._id, position),
    workspace_id: message.workspace_id,
    audience: message.audience,
    message_id: message._id,
    position,
    filename: file.filename,
    content_type: file.contentType,
    size: file.size,
    inline: file.contentId !== null && mail.shown_cids.includes(file.contentId),
    content_id: file.contentId,
    state: 'pending',
    reason: null,
    key: null,
    created_at: row.received_at,
  }));
}
