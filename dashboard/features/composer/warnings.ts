import { textOf } from '../../lib/htmlText.ts';
import type { Address, Message } from '../../lib/rows.ts';
import { sameAddress } from './addresses.ts';
import type { Draft } from './draft.ts';

/** What an agent should know before a mail goes out. Pure. */
export type Warning =
  | { kind: 'noFile' }
  | { kind: 'noSubject' }
  | { kind: 'noreply'; email: string }
  | { kind: 'stranger'; email: string }
  | { kind: 'replyTo'; email: string; sender: string };

/** "I attached", "see the attachment", in the languages that are met most. */
const ATTACHED =
  /\b(?:attach(?:ed|ing|ments?)|enclos(?:ed|ing|ures?)|i(?:'ve| have) added the file)\b|\b(?:anbei|im anhang|angehängt|beigefügt)\b|\b(?:ci-joint|pièces? jointes?|en pj)\b|\b(?:adjunt[oa]s?|adjunté)\b|\b(?:in allegato|allegat[oi])\b|\b(?:bijlage|bijgevoegd)\b|\b(?:bifoga[rdt]|bilaga)\b|\bzał[aą]cz/i;
const NOREPLY = /^(?:no[-._]?reply|do[-._]?not[-._]?reply|mailer-daemon|bounces?)(?:[-+._].*)?@/i;

/** @param answered the message that is answered; @param messages of the thread */
export function warningsOf(draft: Draft, answered: Message | null, messages: readonly Message[]): Warning[] {
  if (draft.mode === 'note') return [];
  const people = [...draft.to, ...draft.cc, ...draft.bcc];
  const warnings: Warning[] = [];
  const hasFiles = draft.files.length > 0 || /<img\b/i.test(draft.html) || draft.mode === 'forward';
  if (!hasFiles && ATTACHED.test(textOf(draft.html))) warnings.push({ kind: 'noFile' });
  if (draft.mode === 'new' && draft.subject.trim() === '') warnings.push({ kind: 'noSubject' });
  for (const { email } of people) if (NOREPLY.test(email)) warnings.push({ kind: 'noreply', email });
  for (const { email } of people) if (isStranger(email, messages)) warnings.push({ kind: 'stranger', email });
  const changed = answered && changedReplyTo(answered, people);
  if (changed) warnings.push({ kind: 'replyTo', ...changed });
  return warnings;
}

/** Known only from mail whose sender took no part, or is not proved. */
function isStranger(email: string, messages: readonly Message[]): boolean {
  const from = messages.filter((message) => {
    const sender = message.sender ?? message.from;
    return message.direction === 'inbound' && sender !== null && sameAddress(sender.email, email);
  });
  return from.length > 0 && from.every(({ sender_known }) => !sender_known);
}

/** The answer would go to another domain than the mail came from. */
function changedReplyTo(
  { direction, reply_choices, sender, from, list_mail }: Message,
  people: readonly Address[],
): { email: string; sender: string } | null {
  const writer = (sender ?? from)?.email ?? '';
  if (direction !== 'inbound' || list_mail || writer === '') return null;
  const other = reply_choices.find(
    ({ email }) =>
      domainOf(email) !== domainOf(writer) && people.some((person) => sameAddress(person.email, email)),
  );
  return other ? { email: other.email, sender: writer } : null;
}

const domainOf = (email: string): string => email.slice(email.lastIndexOf('@') + 1).toLowerCase();
