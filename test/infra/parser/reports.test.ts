import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { digest, salvage } from '../../../src/infra/parser/digest.ts';
import { inEveryForm } from './everyForm.ts';
import { postOf } from './post.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'reports-'));
afterAll(() => rmSync(folder, { recursive: true }));

const ORIGINAL = '<5b0c9d2e7a1b4c63a5d8e9f0b1c2d3e4@postroom.test>';
const namesOf = (dir: string) => readdirSync(dir).filter((name) => name.endsWith('.eml'));

/** Whose parts are no files: all is in the text and the headers. */
const WITHOUT_PARTS = ['exim.eml', 'exim-delayed.eml', 'qmail.eml'];

test.each(namesOf('test/fixtures/bounces'))('%s is the same report in every form', async (name) => {
  const { mime, rawMime, forward, store } = await inEveryForm(
    `test/fixtures/bounces/${name}`,
    folder,
    name === 'several.eml' ? '<>' : '',
  );
  expect(mime.report).toMatchObject({
    originalMessageId: name === 'bounce-of-a-bounce.eml' ? '<inner@mx.client.test>' : ORIGINAL,
  });
  expect(rawMime.report).toEqual(mime.report);
  expect(forward.report).toEqual(mime.report);
  // The provider keeps the parts: until they are fetched, it is a report of which nothing is known.
  const known = WITHOUT_PARTS.includes(name);
  expect(store.report).toMatchObject(known ? mime.report! : { originalMessageId: null });
});

test.each(namesOf('test/fixtures/machines'))('%s is a report in no form', async (name) => {
  const sender = ['bounce-attached.eml', 'reply-quoting-a-bounce.eml'].includes(name)
    ? 'ann@client.test'
    : '';
  const forms = await inEveryForm(`test/fixtures/machines/${name}`, folder, sender);
  expect(Object.values(forms).map((mail) => mail.report)).toEqual([null, null, null, null]);
});

test('parts that were put into body-plain', async () => {
  const text = [
    'This is the mail system at host mx.client.test.\n',
    'Reporting-MTA: dns; mx.client.test\n',
    'Final-Recipient: rfc822; gone@client.test\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 no\n such user\n',
    `From: Support <support@postroom.test>\nMessage-ID: ${ORIGINAL}\nSubject: x\n`,
  ].join('\n');
  const headers = [
    ['From', 'MAILER-DAEMON@mx.client.test'],
    ['Subject', 'Undelivered Mail Returned to Sender'],
    ['Content-Type', 'multipart/report; report-type=delivery-status; boundary="x"'],
  ];
  const post = postOf('mailgun', {
    fields: [
      ['message-headers', JSON.stringify(headers)],
      ['body-plain', text.replaceAll('\n', '\r\n')],
    ],
  });
  expect((await digest(post)).report).toEqual({
    rule: 'multipart/report',
    originalMessageId: ORIGINAL,
    action: 'failed',
    recipients: [
      { addresses: ['gone@client.test'], action: 'failed', status: '5.1.1', diagnostic: '550 no such user' },
    ],
  });
});

test('one of which only the header could be read is a bounce of which nothing is known', async () => {
  const { report } = await salvage(postOf('mime', { mime: 'test/fixtures/bounces/gmail.eml' }));
  expect(report).toMatchObject({ rule: 'multipart/report', originalMessageId: null });
});

test('only the start of a part is read', async () => {
  const mime = path.join(folder, 'long.eml');
  const part = `Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n${'Final-Recipient: rfc822; gone@client.test\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n'.repeat(20_000)}`;
  const copy = `Content-Type: message/rfc822\r\n\r\nMessage-ID: ${ORIGINAL}\r\n\r\n${'x'.repeat(1_000_000)}`;
  writeFileSync(
    mime,
    `From: MAILER-DAEMON@x.test\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n${part}\r\n--b\r\n${copy}\r\n--b--\r\n`,
  );
  const { report, files } = await digest(postOf('mime', { mime }));
  expect(report!.originalMessageId).toBe(ORIGINAL);
  expect(report!.recipients.length).toBeLessThan(300);
  expect(files.map((file) => file.size! > 900_000)).toEqual([true, true]);
});
