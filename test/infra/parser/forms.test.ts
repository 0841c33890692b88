import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isSameMail } from '../../../src/mail/sameMail.ts';
import type { StoredMail } from '../../../src/mail/storedMail.ts';
import { inEveryForm } from './everyForm.ts';

const MAILS = 'test/fixtures/mails';
const folder = mkdtempSync(path.join(os.tmpdir(), 'forms-'));
afterAll(() => rmSync(folder, { recursive: true }));

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
  // What a provider keeps is read later (test/infra/parser/reports.test.ts).
  report: null,
});

describe.each(readdirSync(MAILS).filter((name) => name.endsWith('.eml')))('%s', (name) => {
  test('is the same record in every form', async () => {
    const { mime, ...others } = await inEveryForm(path.join(MAILS, name), folder, 'bounce@client.test');
    for (const [form, mail] of Object.entries(others)) {
      const expected = record(mime);
      // Mailgun makes text of HTML in its own way; its stand-in loses bytes that are not what they are
      // called.
      if (['html-only.eml', 'wrong-charset.eml'].includes(name) && form !== 'rawMime')
        Object.assign(expected, { text: record(mail).text, words: mail.words });
      expect({ form, ...record(mail) }).toEqual({ form, ...expected });
      expect(isSameMail(comparable(mime), comparable(mail))).toBe(true);
      expect(mail.envelope_from).toBe('bounce@client.test');
    }
  });
});
