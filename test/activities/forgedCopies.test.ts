import type { InboundFile } from '../../src/mail/inboundEmail.ts';
import { newHouse, VERDICTS, type House, type Mail } from '../support/house.ts';

/** Forged copies of a mail, by somebody who has its Message-Id, and what forwarders make of it. */
let house: House;
beforeEach(async () => {
  house = await newHouse();
});
afterEach(() => house.close());

const TEXT = 'Please find attached the invoice for your order of last week.';
const HTML = `<p>${TEXT}</p><p>You can pay <a href="https://pay.client.test/1042">here</a>.</p>`;
const file = (filename: string, size: number): InboundFile => ({
  filename,
  contentType: 'application/pdf',
  size,
  contentId: null,
  source: { part: 0 },
});
const genuine: Mail = {
  message_id: '<invoice@client.test>',
  text: TEXT,
  html: HTML,
  files: [file('invoice.pdf', 1_000)],
  verdicts: VERDICTS.pass,
};
const count = () => house.models.Message.countDocuments();
const messageOf = async (mail: Mail) => (await house.receive(mail)).messages[0]!;

test.each<[string, Mail]>([
  ['with a failed verdict', { verdicts: VERDICTS.fail }],
  ['without a verdict', { verdicts: VERDICTS.none }],
  ['without a verdict and its file', { verdicts: VERDICTS.none, files: [] }],
  ['without its HTML', { html: null }],
  ['without its file', { files: [] }],
  ['with a file of another size', { files: [file('invoice.pdf', 999)] }],
  [
    'with other HTML behind the same text',
    { html: '<p>Pay to the account of Eve, and quickly, please.</p>' },
  ],
  ['with another link', { html: HTML.replace('pay.client.test', 'pay.evil.test') }],
  ['with an image for HTML', { html: '<img data-src="https://evil.test/invoice.png" />' }],
  ['from somebody else', { from: 'eve@evil.test' }],
])('a forged copy that comes first swallows nothing of the genuine mail: %s', async (_name, change) => {
  const forged = await messageOf({ ...genuine, ...change });
  const real = await house.receive(genuine);
  const again = await house.receive({ ...genuine, recipient: 'billing@acme.test' });
  expect(real.messages[0]).toMatchObject({ inbound_email_id: real.row._id, html: HTML });
  expect(real.messages[0]!._id).not.toBe(forged._id);
  expect(real.messages[0]!.files).toEqual([{ filename: 'invoice.pdf', size: 1_000 }]);
  expect(await house.models.Attachment.countDocuments({ message_id: real.messages[0]!._id })).toBe(1);
  expect(real.threads).not.toEqual([forged.thread_id]);
  // Its further copies are still one mail.
  expect(again.row.message_ids).toEqual(real.row.message_ids);
  expect(await count()).toBe(2);
});

test('nor do several, one of which has all its letters and digits', async () => {
  await messageOf({ ...genuine, text: 'Something else that nobody has ever written.', html: null });
  await messageOf({ ...genuine, html: null, verdicts: VERDICTS.none });
  await messageOf({ ...genuine, html: null });
  const real = await house.receive(genuine);
  expect(real.messages[0]).toMatchObject({ inbound_email_id: real.row._id, html: HTML });
  expect((await house.receive(genuine)).row.message_ids).toEqual(real.row.message_ids);
});

test('a list that writes as the sender is no better proof than none', async () => {
  const headers: Mail['headers'] = [
    ['List-Post', '<mailto:list@evil.test>'],
    ['X-Original-From', 'ann@client.test'],
  ];
  const forged = await messageOf({ ...genuine, from: 'list@evil.test', headers });
  expect((await messageOf(genuine))._id).not.toBe(forged._id);
});

test.each<[string, Mail]>([
  ['the same again', {}],
  [
    'a forwarder’s banner',
    {
      subject: '[EXTERNAL] A question',
      text: `CAUTION: external sender!\n\n${TEXT}`,
      html: `<div>CAUTION: external sender!</div>${HTML}`,
    },
  ],
  [
    'a forwarder that breaks SPF, and rewrites links',
    {
      verdicts: VERDICTS.fail,
      html: HTML.replace('pay.client.test', 'safe.links.test/?u=pay.client.test'),
    },
  ],
  ['a forwarder that drops HTML and files', { html: null, files: [], verdicts: VERDICTS.none }],
  ['a size that the provider does not say', { files: [{ ...file('invoice.pdf', 0), size: null }] }],
])('a copy is folded into the genuine mail: %s', async (_name, change) => {
  const real = await messageOf(genuine);
  const copy = await house.receive({ ...genuine, ...change });
  expect(copy.row.message_ids).toEqual([real._id]);
  expect(copy.messages[0]!.copies).toHaveLength(2);
  expect(await count()).toBe(1);
});
