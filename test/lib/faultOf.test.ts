import { errorCode, faultOf, stackOf } from '../../src/lib/faultOf.ts';

const ADDRESS = 'ann@x.test';
class Superseded extends Error {}
class NamedError extends Error {
  override readonly name = 'AccessDenied';
}

describe('errorCode', () => {
  test.each<[string, unknown, string]>([
    ['the class of an error', new TypeError(ADDRESS), 'TypeError'],
    ['the class of an error that sets no name', new Superseded(ADDRESS), 'Superseded'],
    ['the name that an error sets', new NamedError(ADDRESS), 'AccessDenied'],
    ['a code of the system', Object.assign(new Error(ADDRESS), { code: 'ENOSPC' }), 'Error ENOSPC'],
    ['a number as code', Object.assign(new Error(ADDRESS), { code: 11000 }), 'Error 11000'],
    ['no code that is text', Object.assign(new Error(ADDRESS), { code: `no <${ADDRESS}>` }), 'Error'],
    ['no name that is text', Object.assign(new TypeError('x'), { name: `<${ADDRESS}>` }), 'TypeError'],
    ['that something else was thrown', ADDRESS, 'UnknownError'],
    ['that nothing was thrown', undefined, 'UnknownError'],
  ])('gives %s', (_what, error, code) => {
    expect(errorCode(error)).toBe(code);
  });
});

describe('faultOf', () => {
  test('names an error and its causes, three at most', () => {
    const system = Object.assign(new Error(ADDRESS), { code: 'ECONNREFUSED' });
    expect(faultOf(new TypeError(ADDRESS, { cause: system }))).toBe('TypeError: Error ECONNREFUSED');
    const deep = [1, 2, 3, 4].reduce<Error | undefined>((cause) => new Error(ADDRESS, { cause }), undefined);
    expect(faultOf(deep)).toBe('Error: Error: Error');
  });

  test('an error that is its own cause ends too', () => {
    const circular = new Error(ADDRESS);
    circular.cause = circular;
    expect(faultOf(circular)).toBe('Error: Error: Error');
  });

  test('is `unknown` for anything that is no error', () => {
    expect(faultOf(ADDRESS)).toBe('unknown');
  });
});

describe('stackOf', () => {
  test('gives where an error was thrown, and nothing of its message', () => {
    const error = new Error(`duplicate key\n    at ${ADDRESS}\n    at ${ADDRESS}`);
    const lines = stackOf(error);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThanOrEqual(6);
    expect(lines[0]).toMatch(/^at .*faultOf\.test/);
    expect(lines.join()).not.toContain(ADDRESS);
  });

  test('is empty where there is no stack', () => {
    expect(stackOf(ADDRESS)).toEqual([]);
    expect(stackOf(Object.assign(new Error('x'), { stack: undefined }))).toEqual([]);
  });
});
