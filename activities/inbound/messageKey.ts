import type { InboundEmailRow } from '../../src/infra/models/index.ts';
import type { StoredMail } from '../../src/mail/storedMail.ts';
import { letters } from '../../src/mail/sameMail.ts';
import { hashOf } from '../../src/lib/ids.ts';

/**
 * Id of the message that a mail becomes in an audience: hash of workspace, audience, Message-Id and Date as
 * an instant, so that the same mail through another route, form or forwarder gets the same id. A mail without
 * a Message-Id gets one made of what no route changes; it is never sent out.
 */
export function messageKey(row: InboundEmailRow, audience: string): string {
  const mail = row.mail as StoredMail;
  const instant = mail.date?.toISOString() ?? null;
  const id =
    mail.message_id ?? hashOf('no Message-Id', row.sender?.email.toLowerCase(), letters(mail.subject));
  return hashOf(row.workspace_id, audience, id, instant);
}

/** Ids under which a different mail with the same Message-Id and Date is stored; only the same mail has the last. */
export function variantKeys(key: string, row: InboundEmailRow): [string, string] {
  const variant = variantKey(key, row);
  const { html } = row.mail as StoredMail;
  return [variant, hashOf(variant, row.sender?.verdict, row.sender?.proved, html)];
}

function variantKey(key: string, row: InboundEmailRow): string {
  const mail = row.mail as StoredMail;
  const files = mail.files.map(({ filename, size }) => [filename, size]);
  return hashOf(key, row.sender?.email.toLowerCase(), letters(mail.subject), letters(mail.text), files);
}
