import { sign } from '../signature.ts';

// From Mailgun's own client, from Rails' Action Mailbox, and calculated by hand for the examples of each
// form.
test.each([
  [
    'key-3ax6xnjp29jd6fds4gc373sgvjxteol0',
    '1403645220',
    '5egbgr1vjgqxtrnp65xfznchgdccwh5d6i09vijqi3whgowmn6',
    '9cfc5c41582e51246e73c88d34db3af0a3a2692a76fbab81492842f000256d33',
  ],
  [
    'tbsy84uSV1Kt3ZJZELY2TmShPRs91E3yL4tzf96297vBCkDWgL',
    '1539112500',
    '7VwW7k6Ak7zcTwoSoNm7aTtbk1g67MKAnsYLfUB7PdszbgR5Xi',
    'ef24c5225322217bb065b80bb54eb4f9206d764e3e16abab07f0a64d1cf477cc',
  ],
  [
    'key-test-signing-0123456789abcdef',
    '1795428000',
    '6c1f0e9a4b7d2c83515e0b8da7e343ef808ef27b75edf470aa',
    'c82263b55700ec89b3eec4d41b82c86ac07c4b484568d9e385b1a543d6f396e5',
  ],
  [
    'key-test-signing-0123456789abcdef',
    '1795428120',
    '00a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718',
    '0278126cced2d1af3eefc7fcc3b92700ea5c7755dcfb2bca53775265307d4be9',
  ],
])('signs as Mailgun does (%#)', (key, timestamp, token, signature) => {
  expect(sign(key, timestamp, token)).toEqual({ timestamp, token, signature });
});

test('a new token each time, of 50 characters, and the current time', () => {
  const [one, two] = [sign('k'), sign('k')];
  expect(one.token).toMatch(/^[0-9a-f]{50}$/);
  expect(one.token).not.toBe(two.token);
  expect(Math.abs(Number(one.timestamp) - Date.now() / 1000)).toBeLessThan(5);
});
