import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { ReceiveRequest } from './mailgun/requests.ts';

export const USAGE = `usage: npm run send-mail -- --to ADDRESS… --from ADDRESS [--subject S] [--text T]
         [--html FILE] [--attach FILE]… [--cc ADDRESS]… [--in-reply-to MESSAGE-ID]
         [--form forward|store|mime] [--recipient ADDRESS]…
       npm run send-mail -- --eml FILE [--form …] [--recipient ADDRESS]…

  --recipient  whom the mail is delivered to, where that is not simply everybody in To and Cc (Bcc, forwarders)
  --form       how Mailgun posts it: parsed (forward), with links for files (store), or raw (mime);
               without it the mail follows the local Mailgun's routes, or is posted parsed where none matches`;

/** What was typed cannot be sent; the message says why. */
export class UsageError extends Error {}

const FORMS = ['forward', 'store', 'mime'] as const;

/** The body for `POST /sandbox/receive` from the command line. @throws UsageError */
export async function readArguments(argv: string[]): Promise<ReceiveRequest> {
  const values = parse(argv);
  const form = FORMS.find((known) => known === values.form);
  if (values.form !== undefined && !form) throw new UsageError(`--form must be one of ${FORMS.join(', ')}.`);
  const options = { form, recipients: values.recipient };

  if (values.eml) {
    const composing = (
      ['to', 'cc', 'from', 'subject', 'text', 'html', 'attach', 'in-reply-to'] as const
    ).find((name) => values[name] !== undefined);
    if (composing)
      throw new UsageError(`--${composing} cannot be given beside --eml: the file is the whole mail.`);
    return { ...options, eml: (await read(values.eml)).toString('base64') };
  }
  if (!values.from) throw new UsageError('Say whom the mail is from: --from ann@client.test');
  if (!values.to && !values.recipient)
    throw new UsageError('Say whom the mail is for: --to support@postroom.test');
  const parent = values['in-reply-to'];
  return {
    ...options,
    from: values.from,
    to: values.to,
    cc: values.cc,
    subject: values.subject,
    text: values.text,
    html: values.html === undefined ? undefined : (await read(values.html)).toString(),
    attachments: await Promise.all((values.attach ?? []).map(readAttachment)),
    in_reply_to: parent,
    references: parent,
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
        'in-reply-to': { type: 'string' },
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
  base64: (await read(file)).toString('base64'),
});

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch {
    throw new UsageError(`${file} cannot be read.`);
  }
}
