import { z } from 'zod';
import {
  createDocument,
  type CreateDocumentOptions,
  type ZodOpenApiOperationObject,
  type ZodOpenApiResponseObject,
} from 'zod-openapi';
import { payloadSchemas } from '../core/events/webhooks/payloads.ts';
import { ProblemBody } from '../core/presenters/schemas.ts';
import { isOptional } from './body.ts';
import { successOf, type Operation } from './operation.ts';
import { KEY } from './request.ts';
import type { Route } from './route.ts';

interface Described {
  route: Route;
  /** Prefix of its path. */
  prefix: string;
  /** How a caller may prove who they are; empty: anybody may call. */
  callers: readonly ('token' | 'session')[];
  /** What the caller needs besides, in a sentence. */
  needs?: string;
}

const DESCRIPTION = `
Everything that Postroom does for a workspace: its tickets, conversations, contacts, addresses, domains, people,
webhooks.

- **Authentication:** \`Authorization: Bearer <token>\`, or the cookie of a session
  (\`POST /api/v1/sessions\`).
- **Lists** are pages of up to 100 rows, newest first (messages of a thread oldest first). Send
  \`next_cursor\` as \`cursor\` to read the next page.
- **Errors** are \`application/problem+json\` (RFC 9457). \`detail\` says what happened and what to do. What
  is unknown, belongs to another workspace, or is another user's personal mail is 404.
- **Retries:** send an \`Idempotency-Key\` with a POST. If you repeat the request with the same key, it is
  carried out once, and you get the first answer again.
- **Concurrent changes:** send the \`ETag\` that you read as \`If-Match\`. The answer is 412 if the row has
  changed since.
- **Compatibility:** answers may get new fields. Existing fields stay.
`.trim();

/**
 * OpenAPI 3.1 of all routes, from the schemas that check them.
 * @param cookie name of the cookie of a session
 */
export function describeApi(routes: Described[], cookie: string) {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const described of routes) {
    const path = pathOf(described);
    (paths[path] ??= {})[described.route.method.toLowerCase()] = describe(described);
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
    { override: simplify },
  );
}

/** The events that are posted to webhooks, signed as Standard Webhooks specifies. */
const describeWebhooks = () =>
  Object.fromEntries(
    Object.entries(payloadSchemas).map(([type, schema]) => {
      const requestBody = { content: { 'application/json': { schema } } };
      const responses = { '2XX': { description: 'Delivered. Any other answer is retried.' } };
      return [type, { post: { tags: ['webhooks'], summary: type, requestBody, responses } }];
    }),
  );

/** Removes from a schema what zod adds and a reader of the API does not need. */
const simplify: CreateDocumentOptions['override'] = ({ zodSchema, jsonSchema, io }) => {
  // JSON has no type for dates.
  if (zodSchema._zod.def.type === 'date') Object.assign(jsonSchema, { type: 'string', format: 'date-time' });
  // The pattern that zod adds repeats the format.
  if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  // Answers may get new fields.
  if (io === 'output') delete jsonSchema.additionalProperties;
};

/** `/tickets/:id` -> `/tickets/{id}`. */
const pathOf = ({ prefix, route }: Described): string =>
  `${prefix}${route.path}`.replace(/:(\w+)/g, '{$1}').replace(/\/$/, '');

function describe(described: Described): ZodOpenApiOperationObject {
  const { route, callers, needs } = described;
  const path = pathOf(described);
  const isKeyed = route.idempotency !== undefined;
  const isChange = route.etag === true && ['PUT', 'PATCH', 'DELETE'].includes(route.method);
  const refusals = refusalsOf(route, {
    isSignedIn: callers.length > 0,
    isKeyed,
    isChange,
    hasId: path.includes('{'),
    hasBody: route.body !== undefined,
  });
  return {
    operationId: idOf(route.summary),
    summary: route.summary,
    description: [route.description, needs].filter(Boolean).join('\n\n'),
    tags: [path.replace(/^\/api\/v1\/(workspaces\/\{workspace_id\}\/?)?/, '').split('/')[0] || 'workspace'],
    security: callers.map((name) => ({ [name]: [] })),
    requestParams: {
      path: z.object(Object.fromEntries((path.match(/\w+(?=\})/g) ?? []).map((name) => [name, z.string()]))),
      ...(route.query && { query: route.query as z.ZodObject }),
      header: z.object({
        ...(isKeyed && {
          [KEY]: z
            .string()
            .max(255)
            .regex(/^[!-~]+$/)
            .optional(),
        }),
        ...(isChange && { 'If-Match': z.string().optional() }),
        ...route.headers?.shape,
      }),
    },
    ...requestBodyOf(route),
    responses: { [successOf(route)]: answerOf(route), ...refusals },
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
      required: !body || !isOptional(body),
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
    description: answer || streams ? 'Success.' : 'Success; the answer has no body.',
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

/** What a route may refuse: what its kind of route refuses, and what it names itself. */
function refusalsOf(operation: Operation, traits: Traits): Record<string, ZodOpenApiResponseObject> {
  const { isSignedIn, isKeyed, isChange, hasId, hasBody } = traits;
  const usual: Record<number, string | false> = {
    400: hasBody && 'The body is not a complete JSON object.',
    401: isSignedIn && 'There is no token or session, or it is unknown, revoked or expired.',
    403: isSignedIn && 'This user or token may not do this, or another site sent the request.',
    404: hasId && 'The path names nothing that this user can see.',
    409:
      isKeyed &&
      'The `Idempotency-Key` was used for another request, or the first request is still being processed.',
    412: isChange && 'It has changed since it was read.',
    413: hasBody && (isSignedIn ? 'The body is over 6 MB.' : 'The body is over 16 KB.'),
    415: hasBody && 'The body is not JSON.',
    422: Boolean(operation.query ?? operation.body ?? isKeyed) && 'A field is wrong: `errors` names it.',
    429: 'Too many requests: wait as long as `Retry-After` says.',
    503: 'A service that this needs is unavailable: try again after the time in `Retry-After`.',
  };
  const own = operation.refuses ?? {};
  const all = new Set([...Object.keys(usual), ...Object.keys(own)].map(Number));
  return Object.fromEntries(
    [...all].flatMap((status) => {
      const description = [usual[status], own[status]].filter(Boolean).join(' ');
      if (description === '') return [];
      return [[status, { description, content: { 'application/problem+json': { schema: ProblemBody } } }]];
    }),
  );
}
