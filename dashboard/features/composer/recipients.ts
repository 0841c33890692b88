import type { Address, Message } from '../../lib/rows.ts';
import { sameAddress, unique, without } from './addresses.ts';
import type { Mode } from './draft.ts';

interface People {
  to: Address[];
  cc: Address[];
}

/**
 * Whom an answer to one message goes to. The server says it (`reply-defaults`); this is for while it cannot be asked.
 * Pure.
 * @param ours our own addresses, which get no copy
 */
export function recipientsOf(message: Message, mode: Mode, ours: readonly string[]): People {
  if (mode === 'forward' || mode === 'note' || mode === 'new') return { to: [], cc: [] };
  const others = (people: readonly Address[]) =>
    unique(people.filter(({ email }) => !ours.some((own) => sameAddress(own, email))));
  if (message.direction === 'outbound')
    return {
      to: others(message.to),
      cc: mode === 'reply_all' ? without(others(message.cc), message.to) : [],
    };
  const to = others(message.answers_to);
  // Whom a mail names that is not proved takes part only if others named them too: the server knows.
  const named = message.authentication?.verdict === 'pass' ? [...message.to, ...message.cc] : [];
  return { to, cc: mode === 'reply_all' ? without(others(named), to) : [] };
}

/** `Re: Order`, `Fwd: Order`; once. */
export function subjectFor(subject: string, mode: Mode): string {
  if (mode === 'forward') return /^(?:fwd?|wg|tr|rv|enc|vs)\s*:/i.test(subject) ? subject : `Fwd: ${subject}`;
  return /^(?:re|aw|sv|antw|rif|odp)\s*(?:\[\d+\])?:/i.test(subject) ? subject : `Re: ${subject}`;
}
