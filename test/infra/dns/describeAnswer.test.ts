import { describeAnswer, type DnsAnswer } from '../../../src/infra/dns/dns.ts';

const found = (counts: Record<string, number>, failed = 0, resolvers = 3): DnsAnswer => ({
  agreed: [],
  seen: Object.keys(counts),
  counts: Object.values(counts),
  answered: resolvers - failed,
  failed,
  resolvers,
});

test.each([
  [found({ a: 2 }, 1), '2 of 3 DNS resolvers found the record; 1 did not answer'],
  [found({ a: 3 }), '3 of 3 DNS resolvers found the record'],
  [found({ a: 1 }), '1 of 3 DNS resolvers found the record (2 must find it)'],
  [found({ a: 2 }, 1, 4), '2 of 4 DNS resolvers found the record (3 must find it); 1 did not answer'],
  [found({}), 'none of 3 DNS resolvers found the record'],
  [found({}, 2), 'none of 3 DNS resolvers found the record; 2 did not answer'],
  [found({}, 3), 'none of 3 DNS resolvers answered'],
  [found({ a: 1 }, 0, 1), '1 of 1 DNS resolver found the record'],
])('%j: %s', (one, words) => {
  expect(describeAnswer(one)).toBe(words);
});

test('only what is looked for counts', () => {
  expect(describeAnswer(found({ other: 3, wanted: 1 }), (value) => value === 'wanted')).toBe(
    '1 of 3 DNS resolvers found the record (2 must find it)',
  );
});
