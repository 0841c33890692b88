import fc from 'fast-check';
import { limitReferences } from '../../../src/core/replies/references.ts';

const id = (n: number) => `<message-${n}.0123456789abcdef0123456789abcdef@mail.client.test>`;

test('a short chain stays as it is, each id once', () => {
  expect(limitReferences([id(1), id(2), id(1), id(3)])).toEqual([id(1), id(2), id(3)]);
  expect(limitReferences([])).toEqual([]);
});

test('of a long chain the root and the newest ids stay', () => {
  const chain = Array.from({ length: 500 }, (_, n) => id(n));
  const kept = limitReferences(chain);
  expect(kept[0]).toBe(id(0));
  expect(kept.slice(1)).toEqual(chain.slice(500 - (kept.length - 1)));
  expect(kept.length).toBeGreaterThan(100);
  expect(Buffer.byteLength(kept.join(' '))).toBeLessThanOrEqual(8_000);
});

test('the newest ids stay also when the answered mail names them already, before the thread’s own', () => {
  const chain = Array.from({ length: 500 }, (_, n) => id(n));
  const kept = limitReferences([id(0), ...chain.slice(-20), ...chain]);
  expect(kept).toEqual(limitReferences(chain));
});

test('never over the limit, never without the root', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ minLength: 3, maxLength: 990 }), { minLength: 1, maxLength: 60 }),
      (ids) => {
        const kept = limitReferences(ids);
        expect(kept[0]).toBe(ids[0]);
        expect(Buffer.byteLength(kept.join(' '))).toBeLessThanOrEqual(8_000);
        expect(kept.every((one) => ids.includes(one))).toBe(true);
      },
    ),
  );
});
