import { readFile } from 'node:fs/promises';
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
  components: { securitySchemes: { session: { name: string } } };
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

test('it has every route, and nothing else', () => {
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

test('docs/openapi.json is what the API serves', async () => {
  const file = await readFile(new URL('../../docs/openapi.json', import.meta.url), 'utf8');
  const written = JSON.parse(file) as Document;
  // Over https, as in the file, the cookie has another name than in this test.
  expect(written.components.securitySchemes.session.name).toBe('__Host-postroom');
  const { session } = document.components.securitySchemes;
  const served = structuredClone(document);
  served.components.securitySchemes.session = { ...session, name: '__Host-postroom' };
  if (JSON.stringify(served) !== JSON.stringify(written))
    throw new Error('docs/openapi.json is out of date: run `npm run openapi` and commit the file.');
});

test('no two operations have the same id', () => {
  const ids = operations().map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toEqual(expect.arrayContaining(['listTickets', 'readTicket', 'answerConversation', 'signIn']));
});

test('it says what a route asks for', () => {
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

test('it has the events that are posted to webhooks', () => {
  expect(Object.keys(document.webhooks)).toEqual([...WEBHOOK_EVENTS]);
});

test('the page of the API is served with the files that it needs, and runs nothing of other sites', async () => {
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
