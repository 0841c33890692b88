import fc from 'fast-check';
import { readSearch, snippetOf, UnreadableSearch } from '../../src/mail/searchQuery.ts';
import { mailWords } from '../../src/mail/searchWords.ts';

const EMPTY = {
  words: [],
  prefix: null,
  statuses: [],
  unread: null,
  hasAttachment: false,
  tags: [],
  assignees: [],
  before: null,
  after: null,
};

test.each([
  ['order arr', { words: ['order'], prefix: 'arr' }],
  ['from:ann order', { words: ['from:ann'], prefix: 'order' }],
  ['from:ann@x.test', { words: ['from:ann'], prefix: 'from:test' }],
  ['to:"Bo Lee" is:open', { words: ['to:bo', 'to:lee'], statuses: ['open'] }],
  ['Subject:Größe is:UNREAD', { words: ['subject:grosse'], unread: true }],
  ['has:attachment tag:"big one" assignee:me', { hasAttachment: true, tags: ['big one'], assignees: ['me'] }],
  ['after:2026-11-03', { after: new Date('2026-11-03') }],
  ['http://x.test/a re: b', { words: ['http', 'test', 're'], prefix: 'b' }],
  ['"a whole phrase"', { words: ['whole'], prefix: 'phrase' }],
  ['order is:closed', { words: ['order'], statuses: ['closed'] }],
])('%s', (search, expected) => {
  expect(readSearch(search)).toEqual({ ...EMPTY, ...expected });
});

test.each(['', ' ?! ', 'is:big', 'has:hope', 'before:tomorrow', 'after:2026-13-40'])(
  '"%s" is refused',
  (search) => {
    expect(() => readSearch(search)).toThrow(UnreadableSearch);
  },
);

test('anything that is typed is read or refused, and never reaches a regular expression unescaped', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (search) => {
      try {
        const { words, prefix } = readSearch(search);
        for (const word of [...words, prefix ?? ''])
          expect(word).toMatch(/^(?:from:|to:|subject:)?[\p{L}\p{N}]*$/u);
      } catch (error) {
        expect(error).toBeInstanceOf(UnreadableSearch);
      }
    }),
  );
});

const mail = {
  subject: 'Größe',
  text: 'x',
  from: [{ email: 'ann@x.test', name: 'Ann' }],
  to: [],
  filenames: ['bill 7.pdf'],
};

test('a mail is found by its subject, people, file names, and all words of its text', () => {
  const text = Array.from({ length: 3_000 }, (_, n) => `w${n}`).join(' ');
  const words = new Set(mailWords({ ...mail, text }));
  for (const word of [
    'grosse',
    'subject:grosse',
    'ann',
    'from:ann',
    'from:test',
    'bill',
    'pdf',
    'w0',
    'w2999',
  ])
    expect([word, words.has(word)]).toEqual([word, true]);
  expect(words.has('to:ann')).toBe(false);
  expect(mailWords({ ...mail, text: `${text} ${text.replaceAll('w', 'v')}` })).toHaveLength(5_000);
});

describe('a snippet', () => {
  const hitsIn = (text: string, search: string) => {
    const snippet = snippetOf(text, readSearch(search));
    return snippet && [snippet.text, ...snippet.hits.map(([start, end]) => snippet.text.slice(start, end))];
  };
  test('shows where the words are, however they are written', () => {
    expect(hitsIn('Where is  my\nÖrder 4711?', 'order 47')).toEqual([
      'Where is my Örder 4711?',
      'Örder',
      '4711',
    ]);
    expect(hitsIn('nothing', 'order')).toBeNull();
    expect(hitsIn('from Ann', 'from:ann')).toEqual(['from Ann', 'Ann']);
  });
  test('of a long text begins before the first hit', () => {
    const [text, ...hits] = hitsIn(`${'word '.repeat(100)}order ${'word '.repeat(100)}`, 'order')!;
    expect(hits).toEqual(['order']);
    expect(text!.length).toBeLessThanOrEqual(200);
    expect(text).toMatch(/^word .*order word.*word$/);
  });
  test('has its hits within it, of any text', () => {
    const word = fc.constantFrom('order', 'Örder', 'x', '請求書', '\n', 'orderly', 'a'.repeat(150));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 60 }), (words) => {
        const snippet = snippetOf(words.join(' '), readSearch('order'));
        for (const [start, end] of snippet?.hits ?? [])
          expect(snippet!.text.slice(start, end)).toMatch(/^[oö]rder/iu);
        expect(snippet === null).toBe(!words.some((each) => /^[oö]rder/i.test(each)));
      }),
    );
  });
});
