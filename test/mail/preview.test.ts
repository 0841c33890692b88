import { previewOf } from '../../src/mail/preview.ts';

test.each([
  ['Hello  there,\n\nwhere is it?', 'Hello there, where is it?'],
  [
    'It arrived.\n\nOn Tue, 3 Mar 2026 at 10:12, Ann <ann@x.test> wrote:\n> Where is it?\n> Ann',
    'It arrived.',
  ],
  ['Danke!\n\nAm 03.03.2026 um 10:12 schrieb Ann\n<ann@x.test>:\n> Wo ist es?', 'Danke!'],
  ['Two things: the first\n> quoted\nand the second', 'Two things: the first and the second'],
  ['Ok\n\n-----Original Message-----\nFrom: Ann', 'Ok'],
  ['Ok\n-- \nAnn, Acme', 'Ok'],
  ['> only a quote', 'only a quote'],
  ['', ''],
  [' \n\t', ''],
])('%j is shown as %j', (text, preview) => {
  expect(previewOf(text)).toBe(preview);
});

test('a long text is cut between characters', () => {
  for (const text of ['word '.repeat(100_000), '👍'.repeat(500), `${'x'.repeat(199)}👍👍`]) {
    const preview = previewOf(text);
    expect(Array.from(preview).length).toBeLessThanOrEqual(200);
    expect(preview.endsWith('…')).toBe(true);
    expect(preview).not.toMatch(/\p{Surrogate}/u);
  }
  expect(previewOf('👍'.repeat(200))).toBe('👍'.repeat(200));
});
