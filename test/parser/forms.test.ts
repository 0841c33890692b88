import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isSameMail } from '../../src/email/sameMail.ts';
import type { StoredMail } from '../../src/models/inboundEmail.ts';
import { digest } from '../../src/parser/digest.ts';
import { readHeaders } from '../../src/sandbox/headers.ts';
import * as fields from '../../src/sandbox/fields.ts';
import { readParts } from '../../src/sandbox/readMail.ts';
import { postOf } from './post.ts';

/** Every fixture, in every form: by Mailgun's stand-in, which reads mail with another parser than ours. */
const MAILS = 'test/fixtures/mails';
const folder = mkdtempSync(path.join(os.tmpdir(), 'forms-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function inEveryForm(
  eml: string,
): Promise<Record<'mime' | 'rawMime' | 'forward' | 'store', StoredMail>> {
  const headers = await readHeaders(eml);
  const parts = await readParts(eml, mkdtempSync(path.join(folder, 'parts-')));
  const common = [
    ...fields.commonFields('in@acme.test', 'bounce@client.test', headers, { trace: [], filter: [] }),
    ...fields.bodyFields(parts),
  ];
  const files = parts.files.map((file, n) => ({
    field: `attachment-${n + 1}`,
    filename: file.filename,
    content_type: file.contentType,
    size: file.size,
    object: `post.file-${n + 1}`,
  }));
  const stored = fields.storedFields(parts.files, 'https://s.mailgun.net/v3/domains/d/messages/k', 'd');
  return {
    mime: await digest(postOf('mime', { mime: eml })),
    rawMime: await digest(postOf('mailgun', { mime: eml, fields: [['sender', 'bounce@client.test']] })),
    forward: await digest(
      postOf('mailgun', { fields: [...common, ...fields.fileFields(parts.files)], files }),
    ),
    store: await digest(postOf('mailgun', { fields: [...common, ...stored] })),
  };
}

const comparable = (mail: StoredMail) => ({
  subject: mail.subject,
  text: mail.text,
  html: mail.html,
  date: mail.date,
  sender: mail.from?.email ?? '',
  files: mail.files,
});
/** What does not depend on the way a mail came. */
const record = (mail: StoredMail) => ({
  ...mail,
  text: mail.text.trim(),
  files: mail.files.map((file) => ({ ...file, source: null })),
  headers: null,
  envelope_from: null,
  verdicts: null,
});

describe.each(readdirSync(MAILS).filter((name) => name.endsWith('.eml')))('%s', (name) => {
  test('is the same record in every form', async () => {
    const { mime, ...others } = await inEveryForm(path.join(MAILS, name));
    for (const [form, mail] of Object.entries(others)) {
      const expected = record(mime);
      // Mailgun makes text of HTML in its own way; its stand-in loses bytes that are not what they are called.
      if (['html-only.eml', 'wrong-charset.eml'].includes(name) && form !== 'rawMime')
        expected.text = record(mail).text;
      expect({ form, ...record(mail) }).toEqual({ form, ...expected });
      expect(isSameMail(comparable(mime), comparable(mail))).toBe(true);
      expect(mail.envelope_from).toBe('bounce@client.test');
    }
  });
});
