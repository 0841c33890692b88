import type { Status } from '../../lib/rows.ts';
import { formatAddress } from './addresses.ts';
import type { Draft } from './draft.ts';
import { outgoingHtml } from './outgoing.ts';
import { signed } from './signatureOf.ts';

/** How it is sent, beside what is written. */
export interface How {
  status?: Status;
  sendAt?: Date;
  cancelOnReply?: boolean;
  /** Sent though somebody wrote meanwhile: the newest that was shown. */
  after?: string;
}
/** What is posted. Pure. */
export function bodyFor(
  draft: Draft,
  how: How,
  draftId: string | null,
  signature: string | null = null,
): Record<string, unknown> {
  const content = {
    html: outgoingHtml(
      signed(draft.html === '' ? '<p></p>' : draft.html, belowOf(draft, signature)),
      draft.files,
    ),
    attachments: draft.files.map(({ id }) => id),
    ...(draftId !== null && { draft: draftId }),
    ...draft.changes,
    ...(how.status && { status: how.status }),
  };
  if (draft.mode === 'note')
    return { ...content, note: true, ...(draft.mentions.length > 0 && { mentions: draft.mentions }) };
  const mail = {
    ...content,
    to: draft.to.map(formatAddress),
    cc: draft.cc.map(formatAddress),
    bcc: draft.bcc.map(formatAddress),
    subject: draft.subject,
    ...(draft.from !== null && { sending_email: draft.from }),
    ...(how.sendAt && { send_at: how.sendAt.toISOString() }),
    ...(how.sendAt && how.cancelOnReply === true && { cancel_on_reply: true }),
  };
  if (draft.mode === 'new') return mail;
  const after = how.after ?? draft.after;
  return {
    ...mail,
    kind: draft.mode,
    ...(after !== null && { after }),
    ...(draft.quote !== null && { quote: draft.quote }),
    ...(draft.mode === 'forward' && draft.messageId !== null && { attachments_of: draft.messageId }),
  };
}

/** A note is not signed, nor is what its writer wants unsigned. */
const belowOf = ({ mode, isSigned }: Draft, signature: string | null): string | null =>
  mode === 'note' || !isSigned ? null : signature;
