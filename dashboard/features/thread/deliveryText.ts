import type { Address, Message } from '../../lib/rows.ts';
import { moment } from '../../lib/time.ts';
import { words } from '../../words/index.ts';

export interface DeliveryLine {
  key: string;
  tone: 'ok' | 'bad' | 'warn' | 'plain';
  text: string;
}

const TONES: Record<string, DeliveryLine['tone']> = {
  delivered: 'ok',
  failed: 'bad',
  complained: 'bad',
  unconfirmed: 'bad',
  delayed: 'warn',
};
const tone = (state: string): DeliveryLine['tone'] => TONES[state] ?? 'plain';

/** What became of an answer, a line for each recipient who is known to differ. Pure but for the language. */
export function deliveryLines(message: Message, now: Date): DeliveryLine[] {
  if (message.direction !== 'outbound') return [];
  const { delivery } = words.thread;
  const { deliveries = [], state, reason = null, send_at } = message;
  if (state === 'scheduled')
    return [{ key: state, tone: 'plain', text: delivery.scheduled(moment(send_at ?? message.due_at!, now)) }];
  // The reason says itself that it was not sent.
  if (state === 'cancelled' && reason) return [{ key: state, tone: 'warn', text: reason }];
  if (deliveries.length === 0)
    return [{ key: state, tone: tone(state), text: joined(delivery[state], reason) }];
  const people = [...message.to, ...message.cc, ...(message.bcc ?? [])];
  const lines = deliveries.map((each) => ({
    key: each.recipient,
    tone: tone(each.state),
    text: delivery.one(
      nameFor(each.recipient, people),
      joined(`${delivery[each.state]} ${moment(each.at, now)}`, each.reason),
    ),
  }));
  // The whole message may stand worse than any one of them says.
  const isTold = deliveries.some((each) => each.state === state) || state === 'sent';
  return isTold
    ? lines
    : [{ key: state, tone: tone(state), text: joined(delivery[state], reason) }, ...lines];
}

const joined = (text: string, reason: string | null): string =>
  reason ? `${text} ${words.thread.delivery.because(reason)}` : text;

function nameFor(recipient: string, people: readonly Address[]): string {
  const person = people.find(({ email }) => email.toLowerCase() === recipient.toLowerCase());
  return person?.name || recipient;
}
