import type { InboundMessageRow } from '../../src/infra/models/index.ts';
import { answerOf } from './answers.ts';
import { createWorld, rows, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const PATH = '/members/me/image-senders';
const ask = (method: string, address: string, token: string) =>
  fetch(`${world.url}/api/v1/workspaces/acme${PATH}/${encodeURIComponent(address)}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
  });
const addresses = async (token: string, query = '') => {
  const { body } = await answerOf(world.get(PATH + query, token));
  return body.data.map(({ address }) => address);
};

test('a member chooses whose images are shown at once, for themselves alone', async () => {
  const { max, dana } = world.tokens;
  expect((await ask('PUT', 'News@BÜCHER.test', max)).status).toBe(200);
  expect((await ask('PUT', 'news@xn--bcher-kva.test', max)).status).toBe(200);
  expect((await ask('PUT', 'other@x.test', max)).status).toBe(200);
  expect((await addresses(max)).toSorted()).toEqual(['news@xn--bcher-kva.test', 'other@x.test']);
  expect(await addresses(max, '?limit=1')).toHaveLength(1);
  expect(await addresses(dana)).toEqual([]);
  expect((await ask('DELETE', 'other@x.test', dana)).status).toBe(404);
  expect((await ask('DELETE', 'other@x.test', max)).status).toBe(204);
  expect((await ask('DELETE', 'other@x.test', max)).status).toBe(404);
  expect((await ask('PUT', 'nobody', max)).status).toBe(404);
});

test('two requests at once make one row', async () => {
  await Promise.all(Array.from({ length: 5 }, () => ask('PUT', 'twice@x.test', world.tokens.olga)));
  expect(await addresses(world.tokens.olga)).toEqual(['twice@x.test']);
});

test('a message says whether its images are wanted; a forged one never loads them', async () => {
  const { _id } = await rows.ticket(world.models, {});
  const sender = { email: 'Shop@x.test', name: '' };
  const add = async (row: Partial<InboundMessageRow>) =>
    `/tickets/${_id}/messages/${(await rows.message(world.models, { thread_id: _id, sender, ...row }))._id}`;
  const checks = { spf: 'fail', dkim: 'fail', dmarc: 'unknown' } as const;
  const [real, forged] = [await add({}), await add({ authentication: { ...checks, verdict: 'fail' } })];
  const allowed = async (path: string, token: string) =>
    (await answerOf(world.get(path, token))).body.images_allowed;
  expect(await allowed(real, world.tokens.max)).toBe(false);
  await ask('PUT', 'shop@x.test', world.tokens.max);
  expect(await allowed(real, world.tokens.max)).toBe(true);
  expect(await allowed(real, world.tokens.dana)).toBe(false);
  expect(await allowed(forged, world.tokens.max)).toBe(false);
});
