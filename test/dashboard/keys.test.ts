import { match, strokeOf, type Press } from '../../dashboard/actions/keys.ts';

const press = (key: string, more: Partial<Press> = {}): string =>
  strokeOf({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more });

test('a key is the typed character, wherever it is on the keyboard', () => {
  expect(press('j')).toBe('j');
  // Shift is how `?` and `#` are typed on some layouts, AltGr on others.
  expect(press('?', { shiftKey: true })).toBe('?');
  expect(press('#', { ctrlKey: true, altKey: true })).toBe('#');
  expect(press('[', { altKey: true })).toBe('[');
  expect(press('X', { shiftKey: true })).toBe('Shift+x');
  // Caps Lock.
  expect(press('J')).toBe('j');
});

test('Ctrl and Command are the same; Alt with a letter is not the letter', () => {
  expect([press('k', { ctrlKey: true }), press('k', { metaKey: true })]).toEqual(['Mod+k', 'Mod+k']);
  expect(press('e', { altKey: true })).toBe('Alt+e');
  expect(press(' ')).toBe('Space');
});

describe('sequences', () => {
  const bound = new Map([
    ['e', 'close'],
    ['g i', 'inbox'],
    ['g u', 'unassigned'],
  ]);
  test('are waited for, and done', () => {
    expect(match('', 'e', bound)).toEqual({ act: 'close' });
    expect(match('', 'g', bound)).toEqual({ begun: 'g' });
    expect(match('g', 'u', bound)).toEqual({ act: 'unassigned' });
  });
  test('a wrong second key is a first one', () => {
    expect(match('g', 'e', bound)).toEqual({ act: 'close' });
    expect(match('g', 'q', bound)).toBeNull();
    expect(match('g', 'g', bound)).toEqual({ begun: 'g' });
  });
});
