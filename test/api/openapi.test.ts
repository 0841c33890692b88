import { createRoutes } from '../../src/api/api.ts';
import { createWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

interface Document {
  openapi: string;
  paths: Record<string, Record<string, { operationId: string; responses: Record<string, unknown> }>>;
}

test('dump', async () => {
  const answer = await fetch(`${world.url}/api/v1/openapi.json`);
  const { writeFileSync } = await import('node:fs');
  writeFileSync('/tmp/lead-openapi.json', JSON.stringify(await answer.json(), null, 1));
});
