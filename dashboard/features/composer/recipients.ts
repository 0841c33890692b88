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
  const writer = message.sender ?? message.from;
  const to = others(message.reply_to.length > 0 ? message.reply_to : writer ? [writer] : []);
  return { to, cc: mode === 'reply_all' ? without(others([...message.to, ...message.cc]), to) : [] };
}

/** `Re: Order`, `Fwd: Order`; once. */
export function subjectFor(subject: string, mode: Mode): string {
  if (mode === 'forward') return /^(?:fwd?|wg|tr|rv|enc|vs)\s*:/i.test(subject) ? subject : `Fwd: ${subject}`;
  return /^(?:re|aw|sv|antw|rif|odp)\s*(?:\[\d+\])?:/i.test(subject) ? subject : `Re: ${subject}`;
}
