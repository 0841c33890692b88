import { authenticationOf } from '../../src/mail/authentication.ts';
import type { Verdict } from '../../src/mail/inboundEmail.ts';

const mail = (
  spf: Verdict,
  dkim: Verdict,
  { from = 'ann@shop.co.uk', envelope = 'ann@shop.co.uk', signed = [] as string[] } = {},
) =>
  authenticationOf({
    from: { email: from, name: '' },
    envelope_from: envelope,
    headers: signed.map((domain) => ['DKIM-Signature', `v=1; a=rsa-sha256; d=${domain}; s=k; b=x`]),
    verdicts: { spf, dkim, spam: 'unknown', spamScore: null },
  }).verdict;

test.each<[string, string, string]>([
  ['SPF of its domain', mail('pass', 'unknown'), 'pass'],
  ['SPF of a part of its domain', mail('pass', 'unknown', { envelope: 'b@bounce.SHOP.co.uk' }), 'pass'],
  ['SPF of somebody else', mail('pass', 'unknown', { envelope: 'x@evil.co.uk' }), 'none'],
  ['SPF of nobody', mail('pass', 'unknown', { envelope: '' }), 'none'],
  ['a signature of its domain', mail('neutral', 'pass', { signed: ['mail.shop.co.uk'] }), 'pass'],
  ['a signature of somebody else', mail('unknown', 'pass', { signed: ['evil.test'] }), 'none'],
  [
    'two signatures, one of them foreign',
    mail('fail', 'pass', { signed: ['shop.co.uk', 'evil.test'] }),
    'fail',
  ],
  ['no signature at all', mail('unknown', 'pass'), 'none'],
  ['two failures', mail('fail', 'fail', { signed: ['shop.co.uk'] }), 'fail'],
  ['one failure, and a proof', mail('fail', 'pass', { signed: ['shop.co.uk'] }), 'pass'],
  ['a failure and nothing else', mail('unknown', 'fail'), 'fail'],
  ['no verdict', mail('unknown', 'unknown'), 'none'],
  [
    'shops of one host',
    mail('pass', 'unknown', { from: 'a@a.myshopify.com', envelope: 'b@b.myshopify.com' }),
    'none',
  ],
  ['a From that is no address', mail('pass', 'pass', { from: 'nobody', signed: ['nobody'] }), 'none'],
])('%s: %s', (_, verdict, expected) => {
  expect(verdict).toBe(expected);
});
