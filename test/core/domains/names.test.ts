import { isPlatforms } from '../../../src/core/addresses/platform.ts';
import { readDomainName } from '../../../src/core/domains/domainName.ts';

test.each([
  ['acme.com', 'acme.com'],
  [' Acme.COM. ', 'acme.com'],
  ['mail.acme.co.uk', 'mail.acme.co.uk'],
  ['bücher.example', 'xn--bcher-kva.example'],
  ['XN--BCHER-KVA.example', 'xn--bcher-kva.example'],
  ['例え.jp', 'xn--r8jz45g.jp'],
  [`${'a'.repeat(63)}.com`, `${'a'.repeat(63)}.com`],
])('%s is %s', (written, name) => {
  expect(readDomainName(written)).toEqual({ name });
});

test.each([
  ['https://acme.com/', 'leave out'],
  ['http://acme.com', 'leave out'],
  ['acme.com/mail', 'leave out'],
  ['support@acme.com', 'after the @'],
  ['acme', 'two parts'],
  ['', 'two parts'],
  ['.', 'such as'],
  ['localhost.', 'two parts'],
  ['acme..com', 'such as'],
  ['.acme.com', 'such as'],
  ['-acme.com', 'such as'],
  ['acme-.com', 'such as'],
  ['_dmarc.acme.com', 'such as'],
  ['*.acme.com', 'such as'],
  ['acme.com:25', 'such as'],
  ['acme .com', 'such as'],
  ['acme.com?x', 'such as'],
  ['127.0.0.1', 'such as'],
  ['[::1]', 'such as'],
  ['0x7f.1', 'such as'],
  [`${'a'.repeat(64)}.com`, 'such as'],
  [`${'a.'.repeat(124)}com`, 'such as'],
  ['acme.com\u0000', 'such as'],
])('%j is not a domain, and the answer says what to write', (written, words) => {
  expect(readDomainName(written)).toEqual({ name: null, fault: expect.stringContaining(words) });
});

test.each([
  ['postroom.test', true],
  ['in.postroom.test', true],
  ['test', true],
  ['notpostroom.test', false],
  ['postroom.test.acme.com', false],
])('%s is the platform’s: %s', (name, its) => {
  expect(isPlatforms(name, 'postroom.test')).toBe(its);
});
