import { randomBytes } from 'node:crypto';
import path from 'node:path';
import type { PostFaults } from './faults.ts';
import { addedHeaders, signatureFields, type FilterVerdicts } from './fields.ts';
import { forms, type BodyFor, type ReceivedMail } from './forms.ts';
import { headerOf, readHeaders, type Header } from './headers.ts';
import { addressesIn, senderOf, writeMail, type Mail } from './mail.ts';
import { planPosts, type PlannedPost } from './planPosts.ts';
import { post, type Delivery, type Form, type PosterOptions } from './posts.ts';
import type { Destination } from './setup/action.ts';
import { sign } from './signature.ts';
import type { MailFolder } from './stored.ts';

export interface ReceiveOptions extends Partial<FilterVerdicts> {
  /** By default the mail goes where the routes send it; when no route matches, it is posted as `forward`. */
  form?: Form;
  /** Envelope recipients; default: every address in To and Cc. */
  recipients?: string[];
  /** Envelope sender; default: the address in From. */
  sender?: string;
  /** One post for all recipients, separated by commas, instead of one post for each. */
  commaList?: boolean;
  /** What to wait for: `first_try` (default), `settled` (no further try will be made) or `none`. */
  wait?: 'none' | 'first_try' | 'settled';
}

export interface Received {
  /** Key of the mail, as in the log of posts and in stored URLs. */
  key: string;
  /** The Message-Id of the mail; null when it has none. */
  messageId: string | null;
  /** One entry for each post. They change as tries are made. */
  deliveries: Delivery[];
}

/** A mail that names no recipient. */
export class NoRecipientError extends Error {}

export interface ReceiverOptions {
  /** Where mail is posted that no route matches. */
  inboundUrl: string;
  signingKey: string;
  /** Where stored messages are served. */
  url: string;
  folder: MailFolder;
  /** Where the routes send a mail; null when none matches. */
  destinationsFor: (recipient: string, headers: Header[]) => Destination[] | null;
  faults: PostFaults;
  poster: PosterOptions;
}

/** Waits between tries of a route's post (Mailgun, "Routes": about 8 hours in all). */
const RETRY_AFTER_MINUTES = [10, 15, 30, 60, 120, 240];

/** The default: all verdicts pass. */
const VERDICTS: FilterVerdicts = { spf: 'Pass', dkim: 'Pass', spamFlag: 'No', spamScore: '-0.7' };

/** Receives a mail and posts it as the routes say. @throws NoRecipientError */
export async function receive(
  mail: Mail,
  options: ReceiveOptions,
  receiver: ReceiverOptions,
): Promise<Received> {
  const key = `BAAB${randomBytes(12).toString('base64url')}`;
  const folder = await receiver.folder.make(key);
  let settled: Promise<unknown> = Promise.resolve();
  let isStored = false;
  try {
    const eml = path.join(folder, 'mail.eml');
    await writeMail(mail, eml);
    const headers = await readHeaders(eml);
    const recipients = options.recipients ?? addressesIn(headers, 'To', 'Cc');
    if (recipients.length === 0) throw new NoRecipientError('the mail has no recipient');

    const sender = options.sender ?? senderOf(headers);
    const verdicts = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
    const added = addedHeaders(sender, key, { ...VERDICTS, ...verdicts });
    const receivedMail = { key, folder, eml, headers, added, sender, recipients };
    const planned = planPosts(recipients, headers, options, receiver);
    const bodies = await bodiesFor(planned, { ...receivedMail, url: receiver.url, mails: receiver.folder });
    isStored = bodies.has('store');

    const postings = planned.flatMap(({ recipient, form, url }) => {
      if (!url) return [];
      const signature = sign(receiver.signingKey);
      const body = bodies.get(form)!(recipient, signatureFields(signature));
      const about = { mail: key, recipient, form, token: signature.token };
      const job = { about, url, body, retryAfterMinutes: RETRY_AFTER_MINUTES };
      return post(job, receiver.poster, receiver.faults.next());
    });
    settled = Promise.all(postings.map((posting) => posting.settled));
    if (options.wait === 'settled') await settled;
    else if (options.wait !== 'none') await Promise.all(postings.map((posting) => posting.firstTry));
    return {
      key,
      messageId: headerOf(headers, 'Message-Id') ?? null,
      deliveries: postings.map((posting) => posting.delivery),
    };
  } finally {
    // Not sooner: the bodies of later tries are streamed from the folder.
    void settled.then(() => (isStored ? undefined : receiver.folder.remove(key)));
  }
}

/** One form after the other: two forms decode the mail's files into the same folder. */
async function bodiesFor(posts: PlannedPost[], mail: ReceivedMail): Promise<Map<Form, BodyFor>> {
  const bodies = new Map<Form, BodyFor>();
  for (const form of new Set(posts.map((post) => post.form))) bodies.set(form, await forms[form](mail));
  return bodies;
}
