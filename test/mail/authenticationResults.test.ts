import fc from 'fast-check';
import { authenticationOf } from '../../src/mail/authentication.ts';
import { readAuthenticationResults } from '../../src/mail/authenticationResults.ts';
import type { Headers } from '../../src/mail/headers.ts';

const ID = 'mx.acme.test';

/** The verdict on a mail of ann@client.test with these headers, topmost first. */
function verdict(...headers: (string | [string, string])[]): string {
  const written = headers.map((header): Headers[number] =>
    typeof header === 'string' ? ['Authentication-Results', header] : header,
  );
  const checked = readAuthenticationResults(written, ID, 'client.test');
  return authenticationOf({
    from: { email: 'ann@client.test', name: '' },
    envelope_from: null,
    headers: written,
    verdicts: { spf: 'unknown', dkim: 'unknown', spam: 'unknown', spamScore: null, ...checked },
  }).verdict;
}

test.each<[string, string, string]>([
  ['SPF of its domain', verdict(`${ID}; spf=pass smtp.mailfrom=bounce@mail.client.test`), 'pass'],
  ['SPF of somebody else', verdict(`${ID}; spf=pass smtp.mailfrom=evil.test`), 'none'],
  ['SPF of the greeting only', verdict(`${ID}; spf=pass smtp.helo=client.test`), 'none'],
  [
    'DKIM of its domain',
    verdict(`${ID} 1; dkim=pass (2048-bit key) header.d=client.test header.s=k`),
    'pass',
  ],
  ['DKIM by its identity', verdict(`${ID}; dkim=pass header.i=@client.test`), 'pass'],
  [
    'DKIM of a list and of its domain',
    verdict(`${ID}; dkim=pass header.d=list.test; dkim=pass header.d=client.test`),
    'pass',
  ],
  [
    'DKIM: another’s passed, its own failed',
    verdict(`${ID}; dkim=pass header.d=evil.test; dkim=fail header.d=client.test`),
    'none',
  ],
  ['DMARC of its domain', verdict(`${ID}; dmarc=pass (p=NONE; sp=NONE) header.from=client.test`), 'pass'],
  ['DMARC of another From', verdict(`${ID}; dmarc=pass header.from=evil.test`), 'none'],
  [
    'nothing aligned, SPF failed',
    verdict(`${ID}; spf=softfail smtp.mailfrom=client.test; dkim=none`),
    'fail',
  ],
  [
    'two headers of one server',
    verdict(`${ID}; spf=none`, `MX.acme.test; dkim=pass header.d=client.test`),
    'pass',
  ],
  ['another server', verdict('mx.evil.test; dmarc=pass header.from=client.test'), 'none'],
  ['none', verdict(`${ID}; none`), 'none'],
  [
    'one that the mail had before',
    verdict(`${ID}; spf=none`, ['Received', 'from evil.test'], `${ID}; dmarc=pass header.from=client.test`),
    'none',
  ],
  [
    'a result within a comment',
    verdict(`${ID}; spf=none (x; dkim=pass header.d=client.test) smtp.mailfrom=evil.test`),
    'none',
  ],
  [
    'a result within quotes',
    verdict(`${ID}; spf=none smtp.mailfrom="x; dkim=pass header.d=client.test"`),
    'none',
  ],
  [
    'a property within a reason',
    verdict(`${ID}; dkim=pass reason="x header.d=client.test" header.d=evil.test`),
    'none',
  ],
  ['a comment that does not end', verdict(`${ID}; dkim=pass header.d=client.test (`), 'none'],
])('%s: %s', (_, actual, expected) => {
  expect(actual).toBe(expected);
});

test('without a header of the server there is no result, and nothing throws', () => {
  expect(readAuthenticationResults([['Authentication-Results', 'other; spf=pass']], ID, null)).toBeNull();
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom(ID, ';', 'dkim=pass', '(', ')', '"', '\\', ' header.d='),
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      readAuthenticationResults([['Authentication-Results', pieces.join('')]], ID, 'client.test');
    }),
  );
});
