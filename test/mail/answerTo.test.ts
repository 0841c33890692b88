import { parseAddressList } from '../../src/mail/addresses.ts';
import { answerTo } from '../../src/mail/answerTo.ts';
import type { MailVerdict } from '../../src/mail/authentication.ts';
import { formSender, isFormSender } from '../../src/mail/formSenders.ts';

interface Case {
  from?: string;
  sender?: string;
  replyTo?: string;
  verdict?: MailVerdict;
  reason?: string | null;
  forms?: string[];
}
const address = (written: string) => parseAddressList(written)[0] ?? { email: '', name: '' };
const OURS = 'support@acme.test';

function answer({ from = 'ann@x.test', sender = from, replyTo = '', verdict = 'pass', ...more }: Case) {
  const { reason = null, forms = [] } = more;
  const { to, choices } = answerTo(
    {
      from: address(from),
      sender: address(sender),
      reply_to: parseAddressList(replyTo),
      authentication: { verdict },
      sender_reason: reason,
    },
    forms,
    ({ email }) => email === OURS,
  );
  const emails = (people: { email: string }[]) => people.map(({ email }) => email).join(' ');
  return { to: emails(to), choices: emails(choices) };
}

test.each<[string, Case, string, string]>([
  ['no Reply-To', {}, 'ann@x.test', ''],
  ['of its own domain', { replyTo: 'orders@x.test' }, 'orders@x.test', ''],
  ['of a part of its organisation', { from: 'a@x.co.uk', replyTo: 'b@mail.x.co.uk' }, 'b@mail.x.co.uk', ''],
  [
    'of a neighbour below a public suffix',
    { from: 'a@x.co.uk', replyTo: 'b@y.co.uk' },
    'a@x.co.uk',
    'b@y.co.uk',
  ],
  [
    'of another shop of one host',
    { from: 'a@a.myshopify.com', replyTo: 'b@b.myshopify.com' },
    'a@a.myshopify.com',
    'b@b.myshopify.com',
  ],
  ['of another domain', { replyTo: 'eve@evil.test' }, 'ann@x.test', 'eve@evil.test'],
  [
    'one that counts beside one that does not',
    { replyTo: 'eve@evil.test, orders@x.test' },
    'orders@x.test',
    'eve@evil.test',
  ],
  ['its own domain, unproved', { replyTo: 'eve@x.test', verdict: 'none' }, 'ann@x.test', 'eve@x.test'],
  ['its own domain, failed', { replyTo: 'eve@x.test', verdict: 'fail' }, 'ann@x.test', 'eve@x.test'],
  [
    'its own domain, in a marked mail',
    { replyTo: 'eve@x.test', reason: 'unproved' },
    'ann@x.test',
    'eve@x.test',
  ],
  ['of a stranger', { replyTo: 'friend@x.test', reason: 'stranger' }, 'friend@x.test', ''],
  ['the sender, written otherwise', { replyTo: 'ANN@X.test', verdict: 'none' }, 'ANN@X.test', ''],
  ['ours', { replyTo: OURS }, 'ann@x.test', ''],
  [
    'a rewritten From',
    { from: OURS, sender: 'ann@x.test', replyTo: 'boss@acme.test' },
    'ann@x.test',
    'boss@acme.test',
  ],
  [
    'a form service that is not listed',
    { from: 'n@forms.test', replyTo: 'ann@x.test' },
    'n@forms.test',
    'ann@x.test',
  ],
  [
    'a listed form service',
    { from: 'n@forms.test', replyTo: 'ann@x.test', forms: ['forms.test'] },
    'ann@x.test',
    '',
  ],
  [
    'a listed one, unproved',
    { from: 'n@forms.test', replyTo: 'ann@x.test', forms: ['forms.test'], verdict: 'none' },
    'n@forms.test',
    'ann@x.test',
  ],
  ['no sender at all', { from: '', replyTo: '' }, '', ''],
])('%s', (_, mail, to, choices) => {
  expect(answer(mail)).toEqual({ to, choices });
});

test('a form service is listed by a domain of one organisation', () => {
  expect(formSender(' Forms.TEST ')).toBe('forms.test');
  expect(formSender('bücher.example')).toBe('xn--bcher-kva.example');
  for (const domain of ['com', 'co.uk', 'myshopify.com', 'a@forms.test', '', 'forms test', '127.0.0.1'])
    expect(formSender(domain)).toBeNull();
  expect(isFormSender('n@Mail.forms.test', ['forms.test'])).toBe(true);
  expect(isFormSender('n@evilforms.test', ['forms.test'])).toBe(false);
  expect(isFormSender('forms.test', ['forms.test'])).toBe(false);
});
