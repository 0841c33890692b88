import { answerOf, faultsOf } from './answers.ts';
import { createWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

test('every member sees the workspace, owners change it', async () => {
  const { tokens } = world;
  const acme = { id: 'acme', name: 'acme', slug: null, undo_seconds: 10 };
  expect(await answerOf(world.get('', tokens.max))).toEqual({ status: 200, body: acme });
  expect((await world.patch('', tokens.max, { undo_seconds: 0 })).status).toBe(403);
  expect(await answerOf(world.patch('', tokens.olga, { undo_seconds: 0 }))).toEqual({
    status: 200,
    body: { ...acme, undo_seconds: 0 },
  });
  expect((await answerOf(world.get('', tokens.dana))).body).toMatchObject({ undo_seconds: 0 });
  expect((await world.get('', tokens.stranger)).status).toBe(404);
  expect((await world.patch('', tokens.stranger, { undo_seconds: 5 })).status).toBe(404);
  expect((await world.get('')).status).toBe(401);
});

test.each([[-1], [3601], [1.5], ['10'], [null]])('undo_seconds %j is refused', async (undo_seconds) => {
  const asked = answerOf(world.patch('', world.tokens.olga, { undo_seconds }));
  expect(await faultsOf(asked)).toEqual([422, 'undo_seconds']);
});

test('an unknown field is refused', async () => {
  expect(await faultsOf(answerOf(world.patch('', world.tokens.olga, { _id: 'x' })))).toEqual([422, '_id']);
});
