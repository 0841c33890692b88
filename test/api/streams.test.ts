import { createStreams, MAX_OF_USER, MAX_OF_WORKSPACE } from '../../src/api/streams.ts';

const reader = (n: number, workspaceId = 'acme') => ({ userId: `user-${n}`, workspaceId });

test('a user has so many streams, and a place is free again when one ends, once', () => {
  const streams = createStreams();
  const leave = Array.from({ length: MAX_OF_USER }, () => streams.enter(reader(1)));
  expect(() => streams.enter(reader(1))).toThrow('You have 20 open streams');
  streams.enter(reader(2));
  leave[0]!();
  leave[0]!();
  streams.enter(reader(1));
  expect(() => streams.enter(reader(1))).toThrow('You have 20 open streams');
});

test('a workspace takes half of those of a process; all together no more', () => {
  const streams = createStreams();
  for (let n = 0; n < MAX_OF_WORKSPACE; n += 1) streams.enter(reader(n));
  expect(() => streams.enter(reader(1_000))).toThrow('Your workspace has 250 open streams');
  for (let n = 0; n < MAX_OF_WORKSPACE; n += 1) streams.enter(reader(n, 'other'));
  expect(() => streams.enter(reader(1_000, 'third'))).toThrow('Too many streams are open');
});
