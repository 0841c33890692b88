import type { Layer } from '@koa/router';
import { z } from 'zod';
import {
  createDocument,
  type CreateDocumentOptions,
  type ZodOpenApiOperationObject,
  type ZodOpenApiResponseObject,
} from 'zod-openapi';
import { payloadSchemas } from '../core/events/webhooks/payloads.ts';
import { jsonBody, smallJsonBody } from './body.ts';
import { isIdempotent } from './idempotent.ts';
import { operationOf, successOf, type Operation } from './operation.ts';
import { KEY } from './request.ts';
import { ProblemBody } from '../core/presenters/schemas.ts';

/** A route as a router has it. */
type AnyLayer = Pick<Layer, 'methods' | 'path'> & { stack: unknown[] };

/** Routes of one router. */
interface Described {
  layers: AnyLayer[];
  /** What asks for a session or token, where it is in a route's line. */
  asks: object;
  by: ('token' | 'session')[];
  /** What a route needs besides, in a sentence. */
  needs?: (layer: AnyLayer) => string;
}

const DESCRIPTION = `
Everything that Postroom does for a workspace: its tickets, conversations, contacts, addresses, domains, people, webhooks.

- **Who asks:** \`Authorization: Bearer <token>\`, or the cookie of a session (\`POST /api/v1/sessions\`).
- **Lists** are pages of up to 100 rows, newest first (messages of a thread oldest first); \`next_cursor\` leads to the next page.
- **Answers that are not the one hoped for** are \`application/problem+json\` (RFC 9457), with a sentence that says what to do.
  What is unknown, of another workspace, or somebody else's personal mail is 404.
- **Asking twice:** with an \`Idempotency-Key\`, a POST that is repeated is done once, and answered as the first was.
- **Changes at the same time:** send the \`ETag\` that was read as \`If-Match\`; 412 says that the row has changed since.
- Fields may be added to answers; what is there stays.
`.trim();

/**
 * OpenAPI 3.1 of all routes, from the schemas that check them.
 * @param cookie name of a session's
 * @throws Error when a route has no `operation`: a fault of the code
 */
export function describeApi(parts: Described[], cookie: string) {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const part of parts)
    for (const layer of part.layers)
      for (const method of layer.methods.filter((name) => name !== 'HEAD')) {
        const path = pathOf(layer);
        (paths[path] ??= {})[method.toLowerCase()] = describe(layer, method, part);
      }
  const securitySchemes = {
    token: { type: 'http', scheme: 'bearer' },
    session: { type: 'apiKey', in: 'cookie', name: cookie },
  } as const;
  return createDocument(
    {
      openapi: '3.1.0',
      info: { title: 'Postroom', version: '1', description: DESCRIPTION },
      servers: [{ url: '/' }],
      paths,
      webhooks: describeWebhooks(),
      components: { securitySchemes },
    },
    { override: plainly },
  );
}

/** What is posted to endpoints; signed as Standard Webhooks say. */
const describeWebhooks = () =>
  Object.fromEntries(
    Object.entries(payloadSchemas).map(([type, schema]) => {
      const requestBody = { content: { 'application/json': { schema } } };
      const responses = { '2XX': { description: 'Taken; anything else is tried again.' } };
      return [type, { post: { tags: ['webhooks'], summary: type, requestBody, responses } }];
    }),
  );

/** What zod says of a schema, as a reader of the API wants it. */
const plainly: CreateDocumentOptions['override'] = ({ zodSchema, jsonSchema, io }) => {
  // JSON has no dates.
  if (zodSchema._zod.def.type === 'date') Object.assign(jsonSchema, { type: 'string', format: 'date-time' });
  // Its own pattern of a time says no more than the format.
  if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  // Fields may be added to answers.
  if (io === 'output') delete jsonSchema.additionalProperties;
};

/** `/tickets/:id` -> `/tickets/{id}`. */
const pathOf = ({ path }: AnyLayer): string =>
  String(path)
    .replace(/:(\w+)/g, '{$1}')
    .replace(/\/$/, '');

function describe(
  layer: AnyLayer,
  method: string,
  { asks, by, needs }: Described,
): ZodOpenApiOperationObject {
  const path = pathOf(layer);
  const about = operationOf(layer.stack.at(-1) as object);
  if (!about) throw new Error(`${method} ${path} is no operation`);
  const isSignedIn = layer.stack.includes(asks);
  const isKeyed = about.isKeyed === true || layer.stack.some((one) => isIdempotent(one as object));
  const isChange = about.etag === true && (method === 'PATCH' || method === 'DELETE');
  const refusals = refusalsOf(about, {
    isSignedIn,
    isKeyed,
    isChange,
    hasId: path.includes('{'),
    hasBody: layer.stack.includes(jsonBody) || layer.stack.includes(smallJsonBody),
  });
  return {
    operationId: idOf(about.summary),
    summary: about.summary,
    description: [about.description, needs?.(layer)].filter(Boolean).join('\n\n'),
    tags: [path.replace(/^\/api\/v1\/(workspaces\/\{workspace_id\}\/?)?/, '').split('/')[0] || 'workspace'],
    security: isSignedIn ? by.map((name) => ({ [name]: [] })) : [],
    requestParams: {
      path: z.object(Object.fromEntries((path.match(/\w+(?=\})/g) ?? []).map((name) => [name, z.string()]))),
      ...(about.query && { query: about.query as z.ZodObject }),
      header: z.object({
        ...(isKeyed && {
          [KEY]: z
            .string()
            .max(255)
            .regex(/^[!-~]+$/)
            .optional(),
        }),
        ...(isChange && { 'If-Match': z.string().optional() }),
        ...about.headers?.shape,
      }),
    },
    ...requestBodyOf(about),
    responses: { [successOf(about)]: answerOf(about), ...refusals },
  };
}

/** `Read a ticket` -> `readTicket`. */
const idOf = (summary: string): string =>
  summary
    .toLowerCase()
    .replace(/\b(an?|the) /g, '')
    .replace(/[^a-z0-9 ]/g, '')
    .replace(/ +(\w)/g, (_, letter: string) => letter.toUpperCase());

function requestBodyOf({ body, uploads }: Operation): Pick<ZodOpenApiOperationObject, 'requestBody'> {
  if (!body && !uploads) return {};
  const content = uploads ?? { 'application/json': body! };
  return {
    requestBody: {
      required: true,
      content: Object.fromEntries(Object.entries(content).map(([type, schema]) => [type, { schema }])),
    },
  };
}

function answerOf({ answer, streams, etag }: Operation): ZodOpenApiResponseObject {
  const content = {
    ...(answer && { 'application/json': { schema: answer } }),
    ...Object.fromEntries((streams ?? []).map((type) => [type, { schema: z.string() }])),
  };
  return {
    description: answer || streams ? 'Done.' : 'Done; nothing to show.',
    ...(Object.keys(content).length > 0 && { content }),
    ...(etag && answer && { headers: z.object({ ETag: z.string() }) }),
  };
}

interface Traits {
  isSignedIn: boolean;
  isKeyed: boolean;
  isChange: boolean;
  hasId: boolean;
  hasBody: boolean;
}

/** What a route may refuse: by what its line has, and what its operation says of itself. */
function refusalsOf(about: Operation, traits: Traits): Record<string, ZodOpenApiResponseObject> {
  const { isSignedIn, isKeyed, isChange, hasId, hasBody } = traits;
  const usual: Record<number, string | false> = {
    400: hasBody && 'The body is not whole, or no JSON.',
    401: isSignedIn && 'No token or session, or none that counts.',
    403: isSignedIn && 'Not for this user, this token, or this page.',
    404: hasId && 'Nothing that this user can see.',
    409: isKeyed && 'The Idempotency-Key was used for another request, or the first is being worked on.',
    412: isChange && 'It was changed meanwhile.',
    413: hasBody && (isSignedIn ? 'The body is over 6 MB.' : 'The body is over 16 KB.'),
    415: hasBody && 'The body is not JSON.',
    422: Boolean(about.query ?? about.body ?? isKeyed) && 'A field is wrong: `errors` names it.',
    429: 'Too many requests: wait as `Retry-After` says.',
    503: 'A part that is needed is away: try again as `Retry-After` says.',
  };
  const own = about.refuses ?? {};
  const all = new Set([...Object.keys(usual), ...Object.keys(own)].map(Number));
  return Object.fromEntries(
    [...all].flatMap((status) => {
      const description = [usual[status], own[status]].filter(Boolean).join(' ');
      if (description === '') return [];
      return [[status, { description, content: { 'application/problem+json': { schema: ProblemBody } } }]];
    }),
  );
}
