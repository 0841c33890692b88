import type { RouterContext, RouterMiddleware } from '@koa/router';
import type { z } from 'zod';
import { readBody } from './body.ts';
import { readQuery } from './query.ts';

/**
 * What a route takes and answers. The same schemas check its requests, type its answers, and describe it in
 * OpenAPI.
 */
export interface Operation<
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Answer extends z.ZodType = z.ZodType,
> {
  /** What it does, in a few words that no other operation has: its `operationId` is made of them. */
  summary: string;
  /** Markdown, where the summary is not enough. */
  description?: string;
  query?: Query;
  /** Headers that only this operation reads. Its handler checks them. */
  headers?: z.ZodObject;
  /** Schema of a JSON body. */
  body?: Body;
  /** Schemas of a body that is not JSON, by media type. */
  uploads?: Record<string, z.ZodType>;
  /** Status of a successful answer. Defaults to 200, or to 204 for an operation without an answer. */
  status?: 200 | 201 | 202 | 204;
  /** Schema of the JSON of a successful answer. */
  answer?: Answer;
  /** Media types of answers that are not JSON; the handler sets `ctx.body` itself. */
  streams?: string[];
  /**
   * How a repeated request with the same `Idempotency-Key` is recognised: its answer was kept
   * (idempotent.ts), or the row that it made has an id made of the key (`requestOf`). Without it the
   * operation takes no key.
   */
  idempotency?: 'answer kept' | 'id from key';
  /** Its answer has an `ETag`, and a change honours `If-Match`. */
  etag?: boolean;
  /** Refusals beyond those of every route (openapi.ts), by status, with the reason. */
  refuses?: Record<number, string>;
}

/** How an operation finds what its path names. */
export interface Finding<State, Row> {
  /**
   * Runs before query and body are read, so that 404 goes before 422; the handler is given the row.
   * @throws Problem 404 when the path names nothing that the user can see
   */
  find?: (ctx: RouterContext<State>) => Promise<Row>;
}

/** What the handler of an operation is given. */
export interface Input<Query extends z.ZodType, Body extends z.ZodType, Row> {
  query: z.output<Query>;
  body: z.output<Body>;
  row: Row;
}

/** Carries out an operation. Returns the answer, or nothing where it has set `ctx.body` or there is none. */
export type Handle<State, Query extends z.ZodType, Body extends z.ZodType, Answer extends z.ZodType, Row> = (
  ctx: RouterContext<State>,
  input: Input<Query, Body, Row>,
) => Promise<z.input<Answer> | void>;

/**
 * The last middleware of a route: finds the row, reads query and body, and answers.
 * @throws Problem 422 that names each field that is wrong or unknown
 */
export function handlerOf<
  State,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Answer extends z.ZodType,
  Row,
>(
  operation: Operation<Query, Body, Answer> & Finding<State, Row>,
  handle: Handle<State, Query, Body, Answer, Row>,
): RouterMiddleware<State> {
  return async (ctx) => {
    const row = await operation.find?.(ctx);
    const query = operation.query && readQuery(ctx.query, operation.query);
    const body = operation.body && readBody(ctx, operation.body);
    const answer = await handle(ctx, { row, query, body } as Input<Query, Body, Row>);
    if (answer !== undefined) ctx.body = answer;
    ctx.status = successOf(operation);
  };
}

/** Status of a successful answer. */
export const successOf = ({ status, answer, streams }: Operation): number =>
  status ?? (answer || streams ? 200 : 204);
