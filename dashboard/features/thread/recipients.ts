import type { Address, Message } from '../../lib/rows.ts';
import { words } from '../../words/index.ts';

/** Whom a message shows as its writer. Pure. */
export function writerOf(
  message: Pick<Message, 'direction' | 'author_id' | 'sender' | 'from'>,
  me: string,
  nameOf: (id: string | null) => string | null,
): { name: string; email: string | null; isMe: boolean } {
  if (message.direction !== 'inbound') {
    const isMe = message.author_id === me && me !== '';
    const name = isMe ? words.thread.you : (nameOf(message.author_id) ?? words.thread.someone);
    return { name, email: message.from?.email ?? null, isMe };
  }
  const person = message.sender ?? message.from;
  return {
    name: person?.name || person?.email || words.thread.unknownSender,
    email: person?.email ?? null,
    isMe: false,
  };
}

const nameOf = ({ name, email }: Address): string => name || email;

/** `Ann, Lars Ek and 2 more` */
export function listed(people: readonly Address[], most = 3): string {
  const names = people.slice(0, most).map(nameOf);
  const rest = people.length - names.length;
  return rest > 0 ? `${names.join(', ')} +${rest}` : names.join(', ');
}
