import { normaliseTag } from '../../src/core/threads/tags.ts';
import { MAX_TEXT_CHARS, searchFor, wordsOf } from '../../src/mail/searchWords.ts';

/** Whether MongoDB would find a row with the words of this text. */
function finds(search: string, text: string): boolean {
  const words = wordsOf(text);
  const conditions = (searchFor(search)?.$and ?? []) as { words: string | { $regex: string } }[];
  return conditions.every(({ words: wanted }) =>
    typeof wanted === 'string' ? words.includes(wanted) : words.some((word) => word.match(wanted.$regex)),
  );
}

test.each([
  ['refund', 'About my REFUND, please'],
  ['refu', 'About my refund'],
  ['my refu', 'refund: my order'],
  ['uber', 'Über die Straße'],
  ['strasse uber', 'Über die Straße'],
  ['ŁÓDŹ', 'lodz'],
  ['ann@client.test', 'Ann <ann@client.test>'],
  ['cafe\u0301', 'caf\u00e9'],
  ['заказ', 'Где мой Заказ?'],
  ['請求', 'ご請求書をお送りします'],
  ['請求書', 'ご請求書をお送りします'],
  ['す', 'ご請求書をお送りします'],
  ['한국', '한국어 문의'],
  ['4711', 'order no. 4711'],
])('%s finds "%s"', (search, text) => {
  expect(finds(search, text)).toBe(true);
});

test.each([
  ['refund', 'refu'],
  ['fund', 'refund'],
  ['my refund', 'a refund'],
  ['refu my', 'my refund'],
  ['請書', 'ご請求書をお送りします'],
])('%s does not find "%s"', (search, text) => {
  expect(finds(search, text)).toBe(false);
});

test('a search without words has no filter; special characters do not reach the regular expression', () => {
  expect(searchFor(' .*!? ')).toBe(null);
  expect(searchFor('a.*b')).toEqual({ $and: [{ words: { $regex: '^b' } }] });
});

test('words are bounded in number and length', () => {
  const many = Array.from({ length: 6_000 }, (_, n) => `w${n}`).join(' ');
  expect(wordsOf('first', many)).toHaveLength(5_000);
  expect(wordsOf('first', many)[0]).toBe('first');
  expect(wordsOf('x'.repeat(100_000))).toEqual(['x'.repeat(40)]);
});

test('a long text is read in pieces, and no word or pair of letters is lost between them', () => {
  const spaced = Array.from({ length: 4_900 }, (_, n) => `word${n}`);
  expect(wordsOf(spaced.join(' '))).toEqual(spaced);
  const unspaced = Array.from({ length: 4_900 }, (_, n) => String.fromCodePoint(0x4e00 + n));
  const pairs = new Set(wordsOf(unspaced.join('')));
  for (const [n, letter] of unspaced.slice(0, -1).entries())
    expect(pairs).toContain(letter + unspaced[n + 1]!);
  const astral = Array.from({ length: 4_900 }, (_, n) => String.fromCodePoint(0x20000 + n));
  const found = new Set(wordsOf(astral.join('')));
  for (const [n, letter] of astral.slice(0, -1).entries()) expect(found).toContain(letter + astral[n + 1]!);
});

test('letters that normalising makes 18 of do not make a text longer than the limit', () => {
  const words = wordsOf('\ufdfa '.repeat(MAX_TEXT_CHARS), 'last');
  expect(words.slice(0, 4)).toEqual(['صلى', 'الله', 'عليه', 'وسلم']);
  expect(words.at(-1)).toBe('last');
});

test('a tag is normalised', () => {
  expect(normaliseTag('  Ｂilling\t Issue ')).toBe('billing issue');
  expect(normaliseTag(' \n ')).toBe('');
});
