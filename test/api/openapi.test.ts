import { Validator } from '@seriousme/openapi-schema-validator';
import { createRoutes } from '../../src/api/api.ts';
import { WEBHOOK_EVENTS } from '../../src/infra/models/eventTypes.ts';
import { createWorld, type World } from './world.ts';

interface Operation {
  operationId: string;
  description: string;
  security: object[];
  parameters?: { name: string; in: string }[];
  responses: Record<string, unknown>;
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  webhooks: object;
}

let world: World;
let document: Document;
beforeAll(async () => {
  world = await createWorld();
  document = (await (await fetch(`${world.url}/api/v1/openapi.json`)).json()) as Document;
});
afterAll(() => world[Symbol.asyncDispose]());

const operations = () => Object.values(document.paths).flatMap((methods) => Object.values(methods));
const inWorkspace = (below: string, method: string) =>
  document.paths[`/api/v1/workspaces/{workspace_id}${below}`]![method]!;

test('it is OpenAPI 3.1, and needs no token', async () => {
  const checked = await new Validator().validate(
    structuredClone<object>(document) as Record<string, unknown>,
  );
  expect(checked.errors).toBeUndefined();
  expect(checked.valid).toBe(true);
  expect(document).toMatchObject({ openapi: '3.1.0' });
});

test('every route is in it, and nothing else', () => {
  const { workspace, account } = createRoutes(world.deps);
  const routes = [...workspace.router.stack, ...account.router.stack].flatMap(({ methods, path }) =>
    methods
      .filter((method) => method !== 'HEAD')
      .map(
        (method) =>
          `${method} ${String(path)
            .replace(/:(\w+)/g, '{$1}')
            .replace(/\/$/, '')}`,
      ),
  );
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(described.sort()).toEqual(routes.sort());
  expect(routes.length).toBeGreaterThan(80);
});

test('no two operations have one id', () => {
  const ids = operations().map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toEqual(expect.arrayContaining(['listTickets', 'readTicket', 'answerConversation', 'signIn']));
});

test('what a route’s line asks for is said', () => {
  const change = inWorkspace('/webhooks/{id}', 'patch');
  expect(change.description).toContain('For owners; scope `admin`.');
  expect(change.security).toEqual([{ token: [] }, { session: [] }]);
  expect(change.parameters).toContainEqual(expect.objectContaining({ name: 'If-Match', in: 'header' }));
  expect(Object.keys(change.responses)).toEqual(expect.arrayContaining(['200', '403', '412', '415', '422']));
  const answer = inWorkspace('/tickets/{id}/messages', 'post');
  expect(answer.parameters).toContainEqual(expect.objectContaining({ name: 'Idempotency-Key' }));
  expect(Object.keys(answer.responses)).toEqual(expect.arrayContaining(['202', '409']));
  expect(document.paths['/api/v1/sessions']!.post!.security).toEqual([]);
  expect(document.paths['/api/v1/session']!.get!.security).toEqual([{ session: [] }]);
});

test('what endpoints are posted is in it', () => {
  expect(Object.keys(document.webhooks)).toEqual([...WEBHOOK_EVENTS]);
});

test('the page to read and try it is served with what it needs, and runs nothing from elsewhere', async () => {
  const page = await fetch(`${world.url}/api/docs`);
  expect(page.status).toBe(200);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  const html = await page.text();
  const files = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, file]) => file!);
  expect(files).toHaveLength(2);
  for (const file of files) {
    const answer = await fetch(new URL(file, world.url));
    expect(answer.status).toBe(200);
    expect((await answer.arrayBuffer()).byteLength).toBeGreaterThan(100_000);
  }
});
