import fc from 'fast-check';
import { createSeal } from '../../src/core/events/webhooks/secrets.ts';
import { deriveKey, sealWith } from '../../src/lib/seal.ts';

const keyOf = (secret: string) => deriveKey({ secret, info: 'a test' });

test('what is sealed is opened with the same key, and looks different each time', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const seal = sealWith(keyOf('one'));
      const sealed = seal.close(text);
      expect(seal.open(sealed)).toBe(text);
      expect(seal.close(text)).not.toBe(sealed);
    }),
  );
});

test('another secret, salt or purpose opens nothing, and neither does a changed text', () => {
  const key = { secret: 'a secret', salt: 'salt', info: 'purpose' };
  const sealed = sealWith(deriveKey(key)).close('a text');
  for (const change of [{ secret: 'another' }, { salt: 'another' }, { info: 'another' }])
    expect(() => sealWith(deriveKey({ ...key, ...change })).open(sealed)).toThrow();
  for (const at of [0, 12, 28]) {
    const bytes = Buffer.from(sealed, 'base64');
    bytes[at]! ^= 1;
    expect(() => sealWith(deriveKey(key)).open(bytes.toString('base64'))).toThrow();
  }
  expect(() => sealWith(deriveKey(key)).open('')).toThrow();
});

test('texts that are in databases can be opened: the keys and the stored form never change', () => {
  const secret = 'MG97Lo3+3OaKJkSvju9eHccrlHUkySgWuviztSY9Reat3QGvlA5KwNKG';
  expect(createSeal('a key of these tests').open(secret)).toBe('whsec_c2VjcmV0');
  const answer = 'WP5w5RA+ZhL0ehYKl0UMGIp9puD1DHN+Aj99y7bnJEmbDydJzu7PEg2l';
  const key = deriveKey({ secret: 'a secret', salt: 'client key', info: 'idempotency id-1' });
  expect(sealWith(key).open(answer)).toBe('{"status":201}');
});
