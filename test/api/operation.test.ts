import Router from '@koa/router';
import { z } from 'zod';
import type { ApiState } from '../../src/api/auth.ts';
import { handlerOf } from '../../src/api/operation.ts';
import { checksOf, type Policy } from '../../src/api/policy.ts';
import { notFound } from '../../src/api/problem.ts';
import { routeTable } from '../../src/api/route.ts';

const requestWith = (body: unknown) => ({ query: {}, request: { body } }) as never;
const Body = z.strictObject({ name: z.string() });
const nothing = async () => {};

test('an operation finds its row once, and hands it to the handler with the body', async () => {
  let finds = 0;
  const find = async () => ({ id: 'row', finds: ++finds });
  const inputs: unknown[] = [];
  const handler = handlerOf({ summary: 'Test', body: Body, find }, async (_ctx, input) => {
    inputs.push(input);
  });
  await handler(requestWith({ name: 'Ann' }), nothing);
  expect(inputs).toEqual([{ row: { id: 'row', finds: 1 }, body: { name: 'Ann' }, query: undefined }]);
  expect(finds).toBe(1);
});

test('404 goes before 422', async () => {
  const wrong = requestWith({ wrong: 1 });
  const find = () => Promise.reject(notFound());
  const unknown = handlerOf({ summary: 'Test', body: Body, find }, nothing);
  await expect(unknown(wrong, nothing)).rejects.toMatchObject({ status: 404 });
  const known = handlerOf({ summary: 'Test', body: Body, find: async () => ({}) }, nothing);
  await expect(known(wrong, nothing)).rejects.toMatchObject({ status: 422 });
});

test('a route without a policy does not compile, and stops the start', () => {
  const { add, routes } = routeTable<ApiState, Policy>(new Router<ApiState>(), checksOf);
  const place = { method: 'GET', path: '/test', summary: 'Test' } as const;
  // @ts-expect-error -- it has neither role nor scope
  expect(() => add(place, nothing)).toThrow('which role and which scope');
  // @ts-expect-error -- it has no scope
  expect(() => add({ ...place, role: 'owner' }, nothing)).toThrow('which role and which scope');
  expect(() => add({ ...place, role: 'member', scope: 'admin' }, nothing)).toThrow('the role lacks it');
  expect(routes).toEqual([]);
  add({ ...place, role: 'owner', scope: 'read' }, nothing);
  expect(routes).toHaveLength(1);
});
