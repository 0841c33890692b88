import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { readConfirmation, type MailToConfirm } from '../../src/mail/forwardingConfirmation.ts';
import type { StoredMail } from '../../src/mail/storedMail.ts';
import { digest } from '../../src/infra/parser/digest.ts';

const FOLDER = 'test/fixtures/confirmations';

/** As it is stored: HTML made safe, text made from it where there is none. */
function stored(name: string): Promise<StoredMail> {
  const post = { provider: 'mime', mime: { object: 'eml', size: 0 } } as Parameters<typeof digest>[0]['post'];
  return digest({ post, recipient: '', files: { eml: `${FOLDER}/${name}.eml` } });
}
const read = async (name: string, change: Partial<MailToConfirm> = {}) =>
  readConfirmation({ ...(await stored(name)), ...change });

describe('what mail hosts send', () => {
  const gmail = (code: string | null, link: string, mailbox = 'anna@acme.test') => ({
    provider: 'gmail',
    mailbox,
    code,
    link: `https://${link}`,
  });
  test.each([
    [
      'gmail-english',
      gmail('429106883', 'mail-settings.google.com/mail/vf-%5BANGjdJ-made-up_English%5D-k7XyZ_01'),
    ],
    ['gmail-without-code', gmail(null, 'mail.google.com/mail/vf-%5BANGjdJ-made-up_NoCode%5D-Qw8')],
    [
      'gmail-german',
      gmail(
        '731902554',
        'mail-settings.google.com/mail/vf-%5BANGjdJ-made-up_German%5D-Zz9',
        'buero.anna@acme.test',
      ),
    ],
    [
      'gmail-japanese',
      gmail('118820043', 'mail-settings.google.com/mail/vf-%5BANGjdJ-made-up_Japanese%5D-Aa1'),
    ],
    ['gmail-chinese', gmail('204418837', 'mail.google.com/mail/vf-%5BANGjdJ-made-up_Chinese%5D-Bb2')],
    [
      'gmail-workspace-french',
      gmail(
        '550127799',
        'mail.google.com/a/acme.test/vf-%5BANGjdJ-made-up_French%5D-Cc3?hl=fr&x=1',
        'accueil@acme.test',
      ),
    ],
    [
      'outlook-english',
      {
        provider: 'outlook',
        mailbox: 'anna@outlook.com',
        code: '482913',
        link: 'https://account.live.com/proofs/VerifyForwarding?mkt=en-US&token=made-up',
      },
    ],
    ['outlook-spanish', { provider: 'outlook', mailbox: null, code: '7301466', link: null }],
    [
      'zoho-english',
      {
        provider: 'zoho',
        mailbox: 'sales@acme.test',
        code: '81479abd02c64f6e9a5b7713c0de4f21',
        link: 'https://mail.zoho.com/mail/VerifyForward.do?code=81479abd02c64f6e9a5b7713c0de4f21&mode=verify',
      },
    ],
    [
      'zoho-german',
      {
        provider: 'zoho',
        mailbox: 'vertrieb@acme.test',
        code: '90417725',
        link: 'https://mail.zoho.eu/mail/confirmForward?key=made-up&lang=de',
      },
    ],
  ])('%s', async (name, confirmation) => {
    expect(await read(name)).toEqual(confirmation);
  });

  test('HTML alone, where no text was made of it', async () => {
    const { html } = await stored('gmail-workspace-french');
    expect(await read('gmail-workspace-french', { text: '', subject: '', html })).toEqual(
      await read('gmail-workspace-french'),
    );
  });
});

describe('look-alikes', () => {
  const lookAlikes = readdirSync(FOLDER).filter((file) => file.startsWith('not-'));
  test.each(lookAlikes.map((file) => file.replace('.eml', '')))('%s', async (name) => {
    expect(await read(name)).toBeNull();
  });

  test.each(['spf', 'dkim'] as const)('a verdict against it: %s', async (check) => {
    const { verdicts } = await stored('gmail-english');
    expect(await read('gmail-english', { verdicts: { ...verdicts, [check]: 'fail' } })).toBeNull();
    expect(await read('gmail-english', { verdicts: { ...verdicts, [check]: 'pass' } })).not.toBeNull();
  });

  test.each([
    'gmail-noreply@google.com',
    'forwarding-noreply@gmail.com',
    'forwarding-noreply@googlemail.com',
    'forwarding-noreply@mail.google.com',
    'forwarding-noreply@notgoogle.com',
    'forwarding-noreply@google.com@evil.test',
    'x-forwarding-noreply@google.com',
    'noreply@microsoft.com.evil.test',
    'noreply@evilmicrosoft.com',
    'acme-noreply@zohomail.com',
    'noreply@zoho.com.evil.test',
    'noreply@zoho.evil.test',
    'noreply@evil.zoho.test',
  ])('from %s', async (email) => {
    expect(await read('gmail-english', { from: { email, name: '' }, headers: [] })).toBeNull();
  });

  test.each([
    'http://mail-settings.google.com/mail/vf-x',
    'https://mail-settings.google.com.evil.test/mail/vf-x',
    'https://evil.test/https://mail-settings.google.com/mail/vf-x',
    'https://mail.google.com@evil.test/mail/vf-x',
    'https://user@mail.google.com/mail/vf-x',
    'https://mail.google.com:8443/mail/vf-x',
    'https://evil.test?https://mail.google.com/mail/vf-x',
    'https://sites.google.com/mail/vf-x',
    'https://mail.google.com/mail/uf-x',
    'https://mail.google.com/mail/u/0/#vf-x',
    'https://mail.google.com/url?q=https://evil.test/mail/vf-x',
    'https://mail.google.com/mail/x/../../vf-x',
    'https://xn--mal-google-xyz.com/mail/vf-x',
  ])('%s is no link, the code still counts', async (link) => {
    for (const change of [{ text: `Open ${link}`, html: null }, { html: `<a href="${link}">x</a>` }])
      expect(await read('gmail-english', { text: 'Open it', ...change })).toMatchObject({
        code: '429106883',
        link: null,
      });
    expect(await read('gmail-without-code', { text: `Open ${link}` })).toBeNull();
  });

  test.each([
    'https://account.live.com.evil.test/forward/verify',
    'https://login.live.com/oauth20_authorize.srf?client_id=evil',
    'https://account.live.com/forwarding/cancel',
    'https://mail.zoho.com/forward/verify',
  ])('for Outlook %s is none', async (link) => {
    expect(await read('outlook-spanish', { text: `reenvío: ${link}` })).toBeNull();
  });

  test.each([
    'https://forms.zoho.com/forward/verify',
    'https://mail.zoho.evil.test/forward/verify',
    'https://mail.zoho.com.evil.test/forward/verify',
  ])('for Zoho %s is none', async (link) => {
    expect(await read('zoho-english', { text: `forwarding: ${link}` })).toBeNull();
  });

  test('a bare word in capitals is no code of Zoho', async () => {
    expect(await read('zoho-english', { text: 'forwarding:\nCONFIRM\nAction: CONFIRM' })).toBeNull();
  });
});

describe('any mail', () => {
  const bits = fc.constantFrom(
    ...[
      'forward',
      'https://mail.google.com/mail/vf-',
      'href="',
      '123456789',
      ':',
      '\n',
      '@',
      'a.test',
      '：',
      '*',
      '%',
    ],
  );
  const anyText = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(bits).map((parts) => parts.join('')),
  );

  test('never throws, and a link is always on the mail host', () => {
    fc.assert(
      fc.property(
        fc.record({
          from: fc.constantFrom(
            ...['forwarding-noreply@google.com', 'noreply@microsoft.com', 'noreply@zoho.com', '@'].map(
              (email) => ({ email, name: '' }),
            ),
          ),
          subject: anyText,
          text: anyText,
          html: fc.option(anyText),
          headers: fc.array(fc.tuple(fc.constantFrom('From', 'To', 'DKIM-Signature'), anyText)),
          verdicts: fc.constant({ spf: 'pass', dkim: 'pass', spam: 'unknown', spamScore: null } as const),
        }),
        (mail) => {
          const link = readConfirmation(mail)?.link;
          if (link) expect(new URL(link).hostname).toMatch(/^mail\.(?:google|zoho)\.com$|\.microsoft\.com$/);
        },
      ),
    );
  });

  test.each([
    ['addresses', 'a'.repeat(64) + '@'],
    ['digits', '123456789 '],
    ['links', 'https://mail.google.com/mail/'],
    ['attributes', 'href="https://mail.google.com/mail/'],
    ['one long word', 'x'],
    ['stars', ' *'],
    ['points', '.'],
    ['colons', ': '],
  ])('two megabytes of %s take no time to speak of', async (_, bit) => {
    const text = bit.repeat(2_000_000 / bit.length);
    const mail = await stored('gmail-english');
    const began = process.cpuUsage();
    readConfirmation({ ...mail, subject: '', text, html: text });
    const { user, system } = process.cpuUsage(began);
    expect((user + system) / 1000).toBeLessThan(2_000);
  });
});
