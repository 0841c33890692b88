import fc from 'fast-check';
import { missingParents, parentIds, readMessageIds } from '../../src/mail/messageIds.ts';

describe('readMessageIds', () => {
  test.each([
    ['<a@b>', ['<a@b>']],
    ['<a@b> <c@d>\r\n\t<e@f>', ['<a@b>', '<c@d>', '<e@f>']],
    ['<a@b><c@d>, <a@b>', ['<a@b>', '<c@d>']],
    ['Your mail of "Monday" <a@b>', ['<a@b>']],
    ['<a@b> (<comment@x> said)', ['<a@b>']],
    ['<a(b)c@d>', ['<a(b)c@d>']],
    ['< a@b >', ['<a@b>']],
    ['<A.b+c=d$e@[192.0.2.1]>', ['<A.b+c=d$e@[192.0.2.1]>']],
    ['a@b', []],
    ['<ab>', []],
    ['<@b> <a@> <> <a b@c>', []],
    ['<<a@b>>', ['<a@b>']],
    ['<a@b', []],
    ['', []],
  ])('%j', (written, expected) => {
    expect(readMessageIds(written)).toEqual(expected);
  });

  test('never throws; what it finds, it finds again', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .array(fc.constantFrom('<', '>', '(', ')', '@', 'a', ' ', '\0', '\uD800', '"'))
        .map((all) => all.join('')),
    );
    fc.assert(
      fc.property(text, (written) => {
        const ids = readMessageIds(written);
        expect(readMessageIds(ids.join(' '))).toEqual(ids);
        for (const id of ids) expect(id).toMatch(/^<[^\s<>]+@[^\s<>]+>$/);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each(['<', '(', '<a', '<@', '(a', '<a@', ') ('])('2 MB of %j', (piece) => {
    expect(readMessageIds(piece.repeat(2_000_000 / piece.length))).toEqual([]);
  });
});

describe('what a mail answers', () => {
  const ids = (count: number) => Array.from({ length: count }, (_, n) => `<${n}@x>`);

  test('In-Reply-To first, then the newest references, each once, 30 in all', () => {
    expect(parentIds({ in_reply_to: ['<2@x>', '<9@x>'], references: ['<1@x>', '<2@x>', '<3@x>'] })).toEqual([
      '<2@x>',
      '<9@x>',
      '<3@x>',
      '<1@x>',
    ]);
    const many = parentIds({ in_reply_to: ['<p@x>'], references: ids(100) });
    expect(many).toHaveLength(30);
    expect(many.slice(0, 2)).toEqual(['<p@x>', '<99@x>']);
    expect(parentIds({ in_reply_to: [], references: [] })).toEqual([]);
  });

  test('the ids by which mails of an exchange find each other: the oldest, then the parent', () => {
    expect(missingParents({ in_reply_to: ['<p@x>'], references: ids(3) })).toEqual(['<0@x>', '<p@x>']);
    expect(missingParents({ in_reply_to: [], references: ids(3) })).toEqual(['<0@x>', '<2@x>']);
    expect(missingParents({ in_reply_to: ['<0@x>'], references: ids(1) })).toEqual(['<0@x>']);
    expect(missingParents({ in_reply_to: ['<p@x>'], references: [] })).toEqual(['<p@x>']);
    expect(missingParents({ in_reply_to: [], references: [] })).toEqual([]);
  });
});
