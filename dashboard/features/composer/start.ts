import type { Address, Message, Thread } from '../../lib/rows.ts';
import { EMPTY, type Draft, type Mode } from './draft.ts';
import { recipientsOf, subjectFor } from './recipients.ts';

/** The message that an answer is to: the one that was chosen, else the last mail of somebody who takes part. Pure. */
export function answeredOf(messages: readonly Message[], messageId: string | undefined): Message | null {
  const mails = messages.filter(({ direction, state }) => direction !== 'note' && state !== 'cancelled');
  return (
    mails.find(({ id }) => id === messageId) ??
    mails.findLast(
      ({ direction, sender_known, auto_reply }) => direction === 'inbound' && sender_known && !auto_reply,
    ) ??
    mails.at(-1) ??
    null
  );
}

interface Start {
  thread: Thread;
  messages: readonly Message[];
  ours: readonly string[];
}

/** A new draft from what is known in the page, so that the composer is there at once. Pure. */
export function startOf({ thread, messages, ours }: Start, mode: Mode, messageId?: string): Draft {
  const after = messages.at(-1)?.id ?? null;
  if (mode === 'note') return { ...EMPTY, mode, after };
  const answered = answeredOf(messages, messageId);
  const people = answered ? recipientsOf(answered, mode, ours) : { to: contactOf(thread), cc: [] };
  return {
    ...EMPTY,
    mode,
    after,
    messageId: answered?.id ?? null,
    from: thread.workspace_email?.address ?? null,
    to: people.to,
    cc: people.cc,
    subject: subjectFor(answered?.subject || thread.subject, mode),
    quote: answered?.id ?? null,
  };
}

const contactOf = ({ contact }: Thread): Address[] =>
  contact ? [{ email: contact.email, name: contact.name }] : [];
