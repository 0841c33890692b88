import type { Header } from './headers.ts';
import type { ReceiveOptions, ReceiverOptions } from './receive.ts';
import type { Destination } from './setup/action.ts';

/** A post to make. Without a URL the mail is only stored. */
export interface PlannedPost extends Destination {
  /** One address, or several separated by commas. */
  recipient: string;
}

/** One post for each recipient and destination; with `commaList`, one for each destination. */
export function planPosts(
  recipients: string[],
  headers: Header[],
  { form, commaList }: ReceiveOptions,
  { inboundUrl, destinationsFor }: ReceiverOptions,
): PlannedPost[] {
  const url = new URL(form === 'mime' ? `${inboundUrl}/mime` : inboundUrl);
  const byDefault: Destination[] = [{ form: form ?? 'forward', url }];
  const posts = recipients.flatMap((recipient) => {
    const routed = form ? null : destinationsFor(recipient, headers);
    return (routed ?? byDefault).map((destination) => ({ ...destination, recipient }));
  });
  if (!commaList) return posts;
  const byDestination = new Map<string, PlannedPost>();
  for (const post of posts) {
    const key = `${post.form} ${post.url?.href ?? ''}`;
    const earlier = byDestination.get(key);
    const recipient = earlier ? `${earlier.recipient},${post.recipient}` : post.recipient;
    byDestination.set(key, { ...post, recipient });
  }
  return [...byDestination.values()];
}
