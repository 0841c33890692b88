import { addedHeaders, commonFields, bodyFields, signatureFields } from '../dev/mailgun/fields.ts';
import type { Field } from '../dev/mailgun/body.ts';
import type { Header } from '../dev/mailgun/headers.ts';
import { sign } from '../dev/mailgun/signature.ts';
import { newId } from '../src/lib/ids.ts';
import { SIGNING_KEY } from '../test/support/stack.ts';

export const FORM = 'application/x-www-form-urlencoded';
export const INBOUND = '/webhooks/mailgun/inbound';
const RECIPIENT = 'support@postroom.test';
/** Placeholders of the parts that differ between posts; no encoding changes them. */
const ID = 'THEMESSAGEID';
const SENDER = 'THESENDER';
const SENDERS = 500;

const TEXT =
  'Hello,\n\nMy order has not arrived yet. It should have been here last week, and the tracking page shows nothing. ' +
  'Could you please look where it is, and tell me when I can expect it? I would also like to know whether the ' +
  'second parcel was sent.\n\nMany thanks\nAnn\n';

/** The posted fields of a mail, except for the signature. */
export function mailFields(messageId: string, sender: string, recipient = RECIPIENT): Field[] {
  const headers: Header[] = [
    [
      'Dkim-Signature',
      `v=1; a=rsa-sha256; c=relaxed/relaxed; d=client.test; s=s1; bh=${'A'.repeat(43)}=; b=${'B'.repeat(340)}`,
    ],
    ['Mime-Version', '1.0'],
    ['Date', 'Mon, 23 Nov 2026 10:00:00 +0000'],
    ['Message-Id', `<${messageId}@client.test>`],
    ['Subject', 'Where is my order?'],
    ['From', `Ann Lee <${sender}@client.test>`],
    ['To', `Support <${recipient}>`],
    ['Content-Type', 'multipart/alternative; boundary="b1"'],
  ];
  const added = addedHeaders(`${sender}@client.test`, 'key', {
    spf: 'Pass',
    dkim: 'Pass',
    spamFlag: 'No',
    spamScore: '-0.7',
  });
  return [
    ...commonFields(recipient, `${sender}@client.test`, headers, added),
    ...bodyFields({ text: TEXT, html: `<div>${TEXT.replaceAll('\n', '<br>')}</div>`, files: [] }),
  ];
}

export interface Post {
  body: string;
  /** With angle brackets. */
  messageId: string;
}

/**
 * Creates posts that differ in Message-Id, token and signature. Cheap, because it runs on the measured
 * machine.
 */
export function postMaker(recipient?: string): () => Post {
  const template = new URLSearchParams(mailFields(ID, SENDER, recipient)).toString();
  let count = 0;
  return () => {
    const id = newId();
    const mail = template.replaceAll(ID, id).replaceAll(SENDER, `ann${count++ % SENDERS}`);
    const signature = new URLSearchParams(signatureFields(sign(SIGNING_KEY))).toString();
    return { body: `${mail}&${signature}`, messageId: `<${id}@client.test>` };
  };
}

/** Posts a mail. @throws when it is not acknowledged */
export async function send(webUrl: string, { body }: Post): Promise<void> {
  const answer = await fetch(webUrl + INBOUND, { method: 'POST', headers: { 'Content-Type': FORM }, body });
  await answer.arrayBuffer();
  if (answer.status !== 200) throw new Error(`a post was answered ${answer.status}`);
}

/** Calls `act` `count` times, `width` calls at a time. */
export async function atOnce(
  count: number,
  width: number,
  act: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < count) await act(next++);
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, work));
}
