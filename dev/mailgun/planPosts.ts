import type { Header } from './headers.ts';
import type { ReceiveOptions, ReceiverOptions } from './receive.ts';
import type { Destination } from './setup/action.ts';

/** A post to be made; without a URL the mail is only stored. */
export interface PlannedPost extends Destination {
  /** As posted: one address, or several with commas. */
  recipient: string;
}

/** One post for each recipient and destination, or with `commaList` one for each destination. */
export function planPosts(
  recipients: string[],
  headers: Header[],
  { form, commaList }: ReceiveOptions,
  { webhookUrl, destinationsFor }: ReceiverOptions,
): PlannedPost[] {
  const url = new URL(`${webhookUrl}/webhooks/mailgun/inbound${form === 'mime' ? '/mime' : ''}`);
  const otherwise: Destination[] = [{ form: form ?? 'forward', url }];
  const posts = recipients.flatMap((recipient) => {
    const routed = form ? null : destinationsFor(recipient, headers);
    return (routed ?? otherwise).map((destination) => ({ ...destination, recipient }));
  });
  if (!commaList) return posts;
  const together = new Map<string, PlannedPost>();
  for (const one of posts) {
    const where = `${one.form} ${one.url?.href ?? ''}`;
    const before = together.get(where);
    together.set(where, before ? { ...before, recipient: `${before.recipient},${one.recipient}` } : one);
  }
  return [...together.values()];
}
