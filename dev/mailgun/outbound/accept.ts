import { randomBytes } from 'node:crypto';
import type { Bounces } from './bounces.ts';
import { newMessageId, type Outgoing } from './outgoing.ts';
import { BOUNCE, plan } from './plan.ts';
import type { SendForm } from './sendForm.ts';
import type { SentMail } from './sentMail.ts';
import type { SentMails } from './sentMails.ts';

export const newKey = (): string => `BAAB${randomBytes(12).toString('base64url')}`;

interface Acceptance {
  key: string;
  domain: string;
  form: SendForm;
  outgoing: Outgoing;
  stepMs: number;
}

/**
 * Writes the outgoing mail and plans its events. As at Mailgun, the same Message-Id again is another mail.
 */
export async function accept(
  { key, domain, form, outgoing, stepMs }: Acceptance,
  { mails, bounces }: { mails: SentMails; bounces: Bounces },
): Promise<SentMail> {
  const { recipients } = outgoing;
  const messageId = outgoing.messageId ?? newMessageId(domain);
  const tags = form.all('o:tag');
  const variables = Object.fromEntries(form.below('v:'));
  const top = addedLines(form, key, tags, variables);
  const size = await outgoing.write(mails.emlFile(key), messageId, top);

  const at = Date.now();
  const isTest = /^(yes|true)$/i.test(form.first('o:testmode') ?? '');
  const events = recipients.flatMap((recipient) =>
    plan(recipient, { at, stepMs, isTest, isSuppressed: bounces.has(domain, recipient) }),
  );
  for (const { recipient, reason } of events)
    if (reason === 'bounce') await bounces.add({ domain, address: recipient, ...BOUNCE, at });
  const { from, to, subject, sender } = outgoing;
  const mail = {
    key,
    at,
    domain,
    messageId,
    from,
    to,
    subject,
    sender,
    recipients,
    size,
    tags,
    variables,
    isTest,
    events,
  };
  mails.add(mail);
  return mail;
}

/**
 * The headers that Mailgun adds. Recipients see tags and variables unless `o:suppress-headers` removes them.
 */
function addedLines(form: SendForm, key: string, tags: string[], variables: Record<string, string>): string {
  const suppressed = (form.first('o:suppress-headers') ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase());
  const added: [string, string][] = [
    ['X-Mailgun-Sending-Ip', '198.51.100.7'],
    ['X-Mailgun-Sid', key],
    ...tags.map((tag): [string, string] => ['X-Mailgun-Tag', oneLine(tag)]),
  ];
  if (Object.keys(variables).length > 0)
    added.push(['X-Mailgun-Variables', ascii(JSON.stringify(variables))]);
  const kept = added.filter(
    ([name]) => !suppressed.includes('all') && !suppressed.includes(name.toLowerCase()),
  );
  const received = `by 198.51.100.7 with HTTP id ${key};\r\n ${new Date().toUTCString()}`;
  return [['Received', received], ...kept].map(([name, value]) => `${name}: ${value}\r\n`).join('');
}

const oneLine = (text: string): string => text.replace(/[\r\n\0]+/g, ' ');
const ascii = (json: string): string =>
  json.replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
