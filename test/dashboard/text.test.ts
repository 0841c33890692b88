import fc from 'fast-check';
import { piecesOf } from '../../dashboard/features/thread/links.ts';
import { partsOf } from '../../dashboard/lib/quotes.ts';

const kinds = (text: string) => partsOf(text).map(({ kind }) => kind);

describe('quotes in plain text', () => {
  test('are folded with the line that names their writer', () => {
    const parts = partsOf('Yes.\n\nOn Fri, 3 Oct 2026, Ann wrote:\n> Is it?\n> Ann\n\nBest\n');
    expect(parts.map(({ kind }) => kind)).toEqual(['own', 'quote', 'own']);
    expect(parts[1]?.text).toContain('On Fri');
    expect(parts[2]?.text).toBe('Best\n');
  });

  test('a line that only looks like an attribution stays where no quote follows', () => {
    expect(kinds('On Monday Ann wrote:\nhello\n')).toEqual(['own']);
  });

  test('everything below "Original Message" is the original', () => {
    expect(kinds('Yes.\n-----Original Message-----\nFrom: Ann\nIs it?\n')).toEqual(['own', 'quote']);
  });

  test('folding loses nothing', () => {
    const line = fc.oneof(
      fc.string(),
      fc.constant('> a'),
      fc.constant('On 3 Oct, Ann wrote:'),
      fc.constant(''),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const text = lines.join('\n');
        expect(
          partsOf(text)
            .map((part) => part.text)
            .join(''),
        ).toBe(text);
      }),
    );
  });
});

describe('links in plain text', () => {
  const links = (text: string) => piecesOf(text).flatMap(({ href }) => href ?? []);

  test('are found without the signs around them', () => {
    expect(links('See https://x.test/a?b=1, or (http://y.test/c).')).toEqual([
      'https://x.test/a?b=1',
      'http://y.test/c',
    ]);
    expect(links('https://x.test/a_(b)')).toEqual(['https://x.test/a_(b)']);
    expect(links('www.x.test and ann@x.test.')).toEqual(['https://www.x.test', 'mailto:ann@x.test']);
  });

  test('are pages and addresses only', () => {
    expect(links('javascript:alert(1) data:text/html,x file:///etc')).toEqual([]);
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const href of links(text)) expect(href).toMatch(/^(?:https?:|mailto:)/i);
      }),
    );
  });

  test('cutting loses nothing', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl(), fc.emailAddress()), (text) => {
        expect(
          piecesOf(text)
            .map((piece) => piece.text)
            .join(''),
        ).toBe(text);
      }),
    );
  });
});
