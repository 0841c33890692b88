import type { NotificationRow } from '../../infra/models/index.ts';
import { previewOf } from '../../mail/preview.ts';

/** What a notification is about, as far as its user may see it now; null where they may not. */
export interface NoticeFacts {
  thread: { number: number | null; subject: string; preview: string } | null;
  message: { sender: string; text: string; reason: string | null } | null;
  /** Name of who did it, where that was a user. */
  actor: string | null;
  /** An address or domain. */
  place: string | null;
}

const MAX_SUBJECT_CHARS = 100;

/** A notification in words: who did what where, and the first words of the message. Pure. */
export function noticeText(
  { type, thread_kind, user_id, actor_id }: NotificationRow,
  { thread, message, actor, place }: NoticeFacts,
): { title: string; text: string } {
  const where = thread ? nameOf(thread) : `a ${thread_kind ?? 'ticket'}`;
  const who = message?.sender || 'Somebody';
  const text = previewOf(message?.text ?? '');
  switch (type) {
    case 'new_thread':
      return { title: `${who} opened ${where}`, text };
    case 'new_message':
      return { title: `${who} wrote in ${where}`, text };
    case 'mentioned':
      return { title: `${who} mentioned you in ${where}`, text };
    case 'assigned': {
      const title = assignedBy(thread ? actor : null, actor_id === user_id, where);
      return { title, text: thread?.preview ?? '' };
    }
    case 'delivery_failed':
      return {
        title: `An answer in ${where} could not be delivered`,
        text: message?.reason ? previewOf(message.reason) : text,
      };
    case 'verified':
      return { title: `${place ?? 'An address or domain'} is verified`, text: '' };
    case 'verification_broken':
      return { title: `${place ?? 'An address or domain'} is no longer verified`, text: '' };
    case 'replies_left':
      return {
        title: `${actor ?? 'Somebody'} is no longer a member, but has messages that wait to be sent`,
        text: 'They will be sent. The outbox lists those that you may see, and there they can be taken back.',
      };
  }
}

function assignedBy(actor: string | null, isSelf: boolean, where: string): string {
  if (isSelf) return `You took ${where}`;
  return actor === null ? `${capital(where)} was assigned to you` : `${actor} assigned ${where} to you`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function nameOf({ number, subject }: { number: number | null; subject: string }): string {
  const short = subject.length > MAX_SUBJECT_CHARS ? `${subject.slice(0, MAX_SUBJECT_CHARS - 1)}…` : subject;
  const quoted = short && `“${short}”`;
  return number === null ? quoted || 'a conversation' : `#${number} ${quoted}`.trim();
}
