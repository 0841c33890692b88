import fc from 'fast-check';
import { oneLine } from '../../src/lib/oneLine.ts';

test('control characters become one space, and other spaces stay as they are', () => {
  expect(oneLine('\r\n one\r\n\ttwo \0 three  four\u0085 \u2028five\u2029')).toBe(
    'one two   three  four   five',
  );
});

test('no text keeps a line break, and a second time changes nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const line = oneLine(text);
      expect(line).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
      expect(oneLine(line)).toBe(line);
    }),
  );
});
