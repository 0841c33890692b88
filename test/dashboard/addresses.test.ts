import fc from 'fast-check';
import {
  formatAddress,
  isAddress,
  parseAddresses,
  unique,
  without,
} from '../../dashboard/features/composer/addresses.ts';

const ann = { email: 'ann@x.test', name: 'Ann' };

test('a pasted list is read with its names, whatever stands between', () => {
  expect(parseAddresses('Ann <ann@x.test>, "Lee, Bo" <bo@x.test>; cy@x.test\nmailto:di@x.test')).toEqual([
    ann,
    { email: 'bo@x.test', name: 'Lee, Bo' },
    { email: 'cy@x.test', name: '' },
    { email: 'di@x.test', name: '' },
  ]);
});

test('what is no address is kept as it was typed, and is known as none', () => {
  expect(parseAddresses('foo bar,')).toEqual([{ email: 'foo bar', name: '' }]);
  for (const bad of ['foo', 'foo@', '@x.test', 'a b@x.test', 'a@x', 'a@x..test', 'a@@x.test'])
    expect(isAddress(bad)).toBe(false);
  for (const good of ['a@x.test', "o'neil+tag@mail.x.test", 'ünal@bücher.test'])
    expect(isAddress(good)).toBe(true);
});

test('what is formatted is read as it was', () => {
  const name = fc.string().map((text) => text.replace(/[\s<>]+/g, ' ').trim());
  fc.assert(
    fc.property(name, (text) => {
      const person = { email: 'ann@x.test', name: text === 'ann@x.test' ? '' : text };
      expect(parseAddresses(formatAddress(person))).toEqual([person]);
    }),
  );
});

test('each person gets one copy', () => {
  expect(unique([ann, { email: 'ANN@x.test', name: '' }])).toEqual([ann]);
  expect(without([ann, { email: 'bo@x.test', name: '' }], [{ email: 'Ann@X.test', name: '' }])).toEqual([
    { email: 'bo@x.test', name: '' },
  ]);
});
