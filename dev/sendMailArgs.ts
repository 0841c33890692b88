import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { ReceiveRequest } from './mailgun/requests.ts';

export const USAGE = `usage: npm run send-mail -- --to ADDRESS… --from ADDRESS [--subject S] [--text T]
         [--html FILE] [--attach FILE]… [--cc ADDRESS]… [--reply-to ADDRESS]… [--in-reply-to MESSAGE-ID]
         [--form forward|store|mime] [--recipient ADDRESS]… [--verdict pass|fail|none]
       npm run send-mail -- --eml FILE [--form …] [--recipient ADDRESS]… [--verdict …]

  --recipient  the address that the mail is delivered to, when it is not in To or Cc (Bcc, forwarding)
  --form       how Mailgun posts it: parsed (forward), with links for files (store), or raw (mime);
               by default as the local Mailgun's routes say, or parsed when no route matches
  --verdict    what Mailgun found about SPF and DKIM: both pass (the default), both fail, or nothing`;

/** The arguments are wrong; the message says why. */
export class UsageError extends Error {}

const FORMS = ['forward', 'store', 'mime'] as const;
const VERDICTS: Record<string, Pick<ReceiveRequest, 'spf' | 'dkim'>> = {
  pass: { spf: 'Pass', dkim: 'Pass' },
  fail: { spf: 'Fail', dkim: 'Fail' },
  none: { spf: null, dkim: null },
};

/** The body for `POST /sandbox/receive` from the command line. @throws UsageError */
export async function readArguments(argv: string[]): Promise<ReceiveRequest> {
  const values = parse(argv);
  const form = FORMS.find((known) => known === values.form);
  if (values.form !== undefined && !form) throw new UsageError(`--form must be one of ${FORMS.join(', ')}.`);
  const { verdict = 'pass' } = values;
  if (!Object.hasOwn(VERDICTS, verdict))
    throw new UsageError(`--verdict must be one of ${Object.keys(VERDICTS).join(', ')}.`);
  const options = { form, recipients: values.recipient, ...VERDICTS[verdict] };

  if (values.eml) {
    const forComposing = (
      ['to', 'cc', 'from', 'reply-to', 'subject', 'text', 'html', 'attach', 'in-reply-to'] as const
    ).find((name) => values[name] !== undefined);
    if (forComposing)
      throw new UsageError(`--${forComposing} cannot be combined with --eml: the file is the whole mail.`);
    return { ...options, eml: (await readGivenFile(values.eml)).toString('base64') };
  }
  if (!values.from) throw new UsageError('Name the sender: --from ann@client.test');
  if (!values.to && !values.recipient) throw new UsageError('Name a recipient: --to support@postroom.test');
  const parentId = values['in-reply-to'];
  return {
    ...options,
    from: values.from,
    to: values.to,
    cc: values.cc,
    reply_to: values['reply-to'],
    subject: values.subject,
    text: values.text,
    html: values.html === undefined ? undefined : (await readGivenFile(values.html)).toString(),
    attachments: await Promise.all((values.attach ?? []).map(readAttachment)),
    in_reply_to: parentId,
    references: parentId,
  };
}

function parse(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      options: {
        to: { type: 'string', multiple: true },
        cc: { type: 'string', multiple: true },
        from: { type: 'string' },
        subject: { type: 'string' },
        text: { type: 'string' },
        html: { type: 'string' },
        attach: { type: 'string', multiple: true },
        'reply-to': { type: 'string', multiple: true },
        'in-reply-to': { type: 'string' },
        verdict: { type: 'string' },
        eml: { type: 'string' },
        form: { type: 'string' },
        recipient: { type: 'string', multiple: true },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

const readAttachment = async (file: string) => ({
  filename: path.basename(file),
  base64: (await readGivenFile(file)).toString('base64'),
});

async function readGivenFile(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch {
    throw new UsageError(`${file} cannot be read.`);
  }
}
