import type { RouterContext, RouterMiddleware } from '@koa/router';
import type { z } from 'zod';
import type { AccountState, ApiState } from './auth.ts';
import { readBody } from './body.ts';
import { readQuery } from './query.ts';

/** What a route takes and answers. The same schemas check its requests, type its answers, and are its description in OpenAPI. */
export interface Operation<
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Answer extends z.ZodType = z.ZodType,
> {
  /** What it does, in a few words that no other operation has: its id is made of them. */
  summary: string;
  /** Markdown, where the summary is not enough. */
  description?: string;
  query?: Query;
  /** Headers that only it reads, by itself. */
  headers?: z.ZodObject;
  /** Of a body of JSON; the route's line has `jsonBody`. */
  body?: Body;
  /** Of a request that is no JSON, by media type. */
  uploads?: Record<string, z.ZodType>;
  /** When all goes well; 200 where it is left out, 204 without an answer. */
  status?: 200 | 201 | 202 | 204;
  /** JSON that it gives then. */
  answer?: Answer;
  /** Media types of answers that are no JSON; the handler sets `ctx.body` itself. */
  streams?: string[];
  /** It takes an `Idempotency-Key` without `idempotent` in its line: what it makes carries the key. */
  isKeyed?: boolean;
  /** Its answer has an `ETag`, and a change keeps to `If-Match`. */
  etag?: boolean;
  /** What it refuses, and why, beyond what all routes do (openapi.ts). */
  refuses?: Record<number, string>;
}

/** @throws Problem 404 when the path names nothing that the user sees: that is said before a fault of query or body. */
type Find<State> = (ctx: RouterContext<State>) => Promise<unknown>;

interface Read<Query extends z.ZodType, Body extends z.ZodType> {
  query: z.output<Query>;
  body: z.output<Body>;
}

const operations = new WeakMap<object, Operation>();

/** The operation that a route's handler carries out. */
export const operationOf = (handler: object): Operation | undefined => operations.get(handler);

/**
 * A route's handler, last in its line: it is given query and body as their schemas read them, and returns the answer.
 * @throws Problem 422 that names each field that is wrong or not known
 */
export const operation = operationWith<ApiState>();
/** The same for a person's own routes. */
export const accountOperation = operationWith<AccountState>();

function operationWith<State>() {
  return <
    Query extends z.ZodType = z.ZodType,
    Body extends z.ZodType = z.ZodType,
    Answer extends z.ZodType = z.ZodType,
  >(
    about: Operation<Query, Body, Answer> & { find?: Find<State> },
    handle: (ctx: RouterContext<State>, read: Read<Query, Body>) => Promise<z.input<Answer> | void>,
  ): RouterMiddleware<State> => {
    const handler: RouterMiddleware<State> = async (ctx) => {
      const answer = await handle(ctx, await read(ctx));
      if (answer !== undefined) ctx.body = answer;
      ctx.status = successOf(about);
    };
    operations.set(handler, about);
    return handler;

    async function read(ctx: RouterContext<State>): Promise<Read<Query, Body>> {
      try {
        const query = about.query && readQuery(ctx.query, about.query);
        const body = about.body && readBody(ctx, about.body);
        return { query, body } as Read<Query, Body>;
      } catch (fault) {
        await about.find?.(ctx);
        throw fault;
      }
    }
  };
}

/** What it answers when all goes well. */
export const successOf = ({ status, answer, streams }: Operation): number =>
  status ?? (answer || streams ? 200 : 204);
