import { createMailgun } from '../../../src/infra/providers/mailgun/index.ts';
import { FileRefused } from '../../../src/infra/providers/inbound.ts';

const proves = (signingKey: string, fields: Record<string, string>, atSeconds: number): string | null => {
  const realNow = Date.now;
  Date.now = () => atSeconds * 1000;
  try {
    const provider = createMailgun({
      signingKey,
      apiKey: '',
      url: 'https://api.mailgun.net',
      signatureHours: 12,
      timeoutMs: 1_000,
    });
    return provider.prove({
      headers: {},
      query: new URLSearchParams(),
      field: (name) => fields[name] ?? null,
    });
  } finally {
    Date.now = realNow;
  }
};

describe('the signature', () => {
  // Published in the tests of Mailgun's PHP client and of Rails.
  test.each([
    {
      key: 'key-3ax6xnjp29jd6fds4gc373sgvjxteol0',
      timestamp: '1403645220',
      token: '5egbgr1vjgqxtrnp65xfznchgdccwh5d6i09vijqi3whgowmn6',
      signature: '9cfc5c41582e51246e73c88d34db3af0a3a2692a76fbab81492842f000256d33',
    },
    {
      key: 'tbsy84uSV1Kt3ZJZELY2TmShPRs91E3yL4tzf96297vBCkDWgL',
      timestamp: '1539112500',
      token: '7VwW7k6Ak7zcTwoSoNm7aTtbk1g67MKAnsYLfUB7PdszbgR5Xi',
      signature: 'ef24c5225322217bb065b80bb54eb4f9206d764e3e16abab07f0a64d1cf477cc',
    },
  ])('as others have recorded it: $timestamp', ({ key, ...fields }) => {
    const at = Number(fields.timestamp);
    expect(proves(key, fields, at)).toBeNull();
    expect(proves(key, fields, at + 12 * 60 * 60)).toBeNull();
    expect(proves(key, fields, at + 12 * 60 * 60 + 1)).toMatch(/12 hours old/);
    expect(proves(key, { ...fields, signature: fields.signature.toUpperCase() }, at)).toBeNull();
    expect(proves(`${key}x`, fields, at)).toMatch(/wrong/);
    expect(proves(key, { ...fields, token: `${fields.token}x` }, at)).toMatch(/wrong/);
    // No separator: the same bytes split elsewhere are signed too, but are no time.
    const moved = {
      ...fields,
      timestamp: fields.timestamp + fields.token.slice(0, 1),
      token: fields.token.slice(1),
    };
    expect(proves(key, moved, at)).not.toBeNull();
  });
});

describe('files kept at Mailgun', () => {
  const file = '/v3/domains/in.acme.test/messages/BAABAQvX7Kq3mR/attachments/0';
  const provider = createMailgun({
    signingKey: '',
    apiKey: 'key-1',
    url: 'http://127.0.0.1:8025',
    signatureHours: 12,
    timeoutMs: 1_000,
  });

  test.each([
    `https://storage-us-east4.api.mailgun.net${file}`,
    `https://storage.eu.mailgun.net${file}`,
    `https://so.api.mailgun.net${file}`,
    `https://api.mailgun.org${file}`,
    `http://127.0.0.1:8025${file}`,
  ])('%s gets the API key', (url) => {
    const asked = provider.remoteFile(url);
    expect(asked.url.href).toBe(url);
    expect(asked.headers).toEqual({ Authorization: `Basic ${Buffer.from('api:key-1').toString('base64')}` });
  });

  test.each([
    '',
    'no url',
    `http://storage.api.mailgun.net${file}`,
    `https://storage.api.mailgun.net:8443${file}`,
    `https://mailgun.net.evil.test${file}`,
    `https://evilmailgun.net${file}`,
    `https://evil.test/.mailgun.net${file}`,
    `https://evil.test\\@api.mailgun.net${file}`,
    `https://user:pass@api.mailgun.net${file}`,
    `https://api.mailgun.net@evil.test${file}`,
    'https://api.mailgun.net/v3/routes',
    `https://api.mailgun.net${file}/../../../../../../../v3/routes`,
    `http://127.0.0.1:8026${file}`,
    `http://localhost:8025${file}`,
    'http://127.0.0.1:8025/etc/messages/1',
    'file:///v3/domains/x/messages/1',
  ])('%j does not', (url) => {
    expect(() => provider.remoteFile(url)).toThrow(FileRefused);
  });
});
