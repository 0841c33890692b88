import fc from 'fast-check';
import { isSameMail, type Comparable } from '../../src/mail/sameMail.ts';

const text = 'Dear support, my order 1042 has not arrived yet. Could you please look into it? Ann';
const mail: Comparable = {
  subject: 'Order 1042',
  text,
  date: new Date(0),
  sender: 'ann@x.test',
  files: [{ filename: 'a.pdf', size: 10 }],
};
const other = (change: Partial<Comparable>) => isSameMail(mail, { ...mail, ...change });

test('the same mail by another route', () => {
  expect(other({})).toBe(true);
  expect(other({ text: `CAUTION: external mail.\r\n\r\n${text.replaceAll(' ', '\r\n  ')}` })).toBe(true);
  expect(other({ subject: '[EXTERNAL] Order 1042', sender: 'support@acme.test', files: [] })).toBe(true);
  expect(other({ text: text.replace('Ann', 'An\u0301n').normalize('NFC') })).toBe(false);
  expect(isSameMail({ ...mail, text: `${text} Größe` }, { ...mail, text: `${text} Gro\u0308ße` })).toBe(true);
});

test('another mail with a reused id', () => {
  expect(other({ text: text.replace('1042', '1043') })).toBe(false);
  expect(other({ subject: 'Order 1043' })).toBe(false);
  expect(other({ text: 'Something else altogether, and long enough.' })).toBe(false);
});

test('a text that says too little, or no date: sender and files must agree too', () => {
  const short = { ...mail, text: 'See attached.' };
  expect(isSameMail(short, short)).toBe(true);
  expect(isSameMail(short, { ...short, sender: 'bob@x.test' })).toBe(false);
  expect(isSameMail(short, { ...short, files: [{ filename: 'a.pdf', size: 11 }] })).toBe(false);
  expect(isSameMail(short, mail)).toBe(false);
  expect(isSameMail({ ...mail, text: '' }, { ...mail, text: '' })).toBe(true);
  expect(other({ date: null })).toBe(true);
  expect(other({ date: null, sender: 'bob@x.test' })).toBe(false);
  expect(other({ date: null, files: [] })).toBe(false);
});

test('files in another order are the same files', () => {
  const files = [
    { filename: 'a', size: 1 },
    { filename: 'b', size: null },
  ];
  expect(isSameMail({ ...mail, date: null, files }, { ...mail, date: null, files: files.toReversed() })).toBe(
    true,
  );
});

test('long texts are compared by their first 2,000 letters, a banner before them or not', () => {
  const long = Array.from({ length: 2_000 }, (_, n) => `word${n}`).join(' ');
  expect(isSameMail({ ...mail, text: long }, { ...mail, text: `Banner. ${long}` })).toBe(true);
  expect(
    isSameMail({ ...mail, text: long }, { ...mail, text: `${long.slice(0, 4_000)} and then otherwise` }),
  ).toBe(true);
  expect(isSameMail({ ...mail, text: long }, { ...mail, text: long.replace('word100 ', 'x ') })).toBe(false);
});

test('texts that two providers made of the same HTML', () => {
  const html = '<h1>Your order 1042</h1><p>has arrived at the shop &amp; waits.</p>';
  const a = { ...mail, html, text: 'YOUR ORDER 1042\n\nhas arrived at the shop & waits.' };
  const b = {
    ...mail,
    html: `<p>External!</p>${html}`,
    text: 'Your order 1042 [https://x.test] has arrived at the shop & waits.',
  };
  expect(isSameMail(a, b)).toBe(true);
  expect(isSameMail(a, { ...b, html: html.replace('1042', '1043') })).toBe(false);
  expect(isSameMail({ ...a, html: '<img />' }, { ...b, html: '<img />' })).toBe(false);
  expect(isSameMail(a, { ...b, html: null })).toBe(false);
  expect(isSameMail(a, { ...a, html: null, text: a.text.toLowerCase() })).toBe(true);
});

test('a copy that was read in a wrong charset', () => {
  expect(isSameMail({ ...mail, text: `Größe ${text}` }, { ...mail, text: `Gr\uFFFD\uFFFDe ${text}` })).toBe(
    true,
  );
  expect(
    isSameMail({ ...mail, text: `Größe ${text}` }, { ...mail, text: `Gr\uFFFD\uFFFDe not ${text}` }),
  ).toBe(false);
  expect(
    isSameMail({ ...mail, text: 'Größe' }, { ...mail, text: 'Gr\uFFFD\uFFFDe', sender: 'bob@x.test' }),
  ).toBe(false);
});

test('it does not matter which came first', () => {
  const piece = fc.constantFrom('', 'a', 'order', 'order 1042 has arrived late', '日本語', '  ', '!!');
  const any = fc.record({
    subject: piece,
    text: piece,
    date: fc.constantFrom(null, new Date(0)),
    sender: fc.constantFrom('a@x', 'b@x'),
    files: fc.array(fc.record({ filename: piece, size: fc.constantFrom(null, 1) }), { maxLength: 2 }),
  });
  fc.assert(fc.property(any, any, (a, b) => expect(isSameMail(a, b)).toBe(isSameMail(b, a))));
  fc.assert(fc.property(any, (a) => expect(isSameMail(a, a)).toBe(true)));
});
