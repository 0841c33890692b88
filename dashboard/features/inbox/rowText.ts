import type { Thread } from '../../lib/rows.ts';
import { words } from '../../words/index.ts';

/** Whose name a row shows: of the last word, or to whom it went. Pure. */
export function whoOf(
  { contact, last_message }: Pick<Thread, 'contact' | 'last_message'>,
  me: string,
): string {
  const customer = contact?.name || contact?.email || words.list.nobody;
  if (!last_message || last_message.direction === 'inbound') return last_message?.from?.name || customer;
  return last_message.author_id === me ? words.list.youTo(customer) : words.list.colleagueTo(customer);
}
