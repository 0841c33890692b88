import type Router from '@koa/router';
import type { RouterMiddleware } from '@koa/router';
import type { z } from 'zod';
import type { AccountState, ApiState } from './auth.ts';
import { handlerOf, type Finding, type Handle, type Operation } from './operation.ts';
import type { Policy } from './policy.ts';

/** An operation and where it is. */
export interface Route<
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Answer extends z.ZodType = z.ZodType,
> extends Operation<Query, Body, Answer> {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the router's prefix, with parameters as `:id`. */
  path: string;
}

/** Adds a route. `Access` is what it asks of its caller: a route that does not say so does not compile. */
export type AddRoute<State, Access> = <
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Answer extends z.ZodType = z.ZodType,
  Row = undefined,
>(
  route: Route<Query, Body, Answer> & Finding<State, Row> & Access,
  handle: Handle<State, Query, Body, Answer, Row>,
) => void;

/** Who may call a route of a person's account: somebody with a session, or anybody. */
export interface AccountAccess {
  access: 'session' | 'anybody';
}

/** Adds a route below `/api/v1/workspaces/{workspace_id}`. */
export type AddWorkspaceRoute = AddRoute<ApiState, Policy>;
/** Adds a route below `/api/v1` of a person's account. */
export type AddAccountRoute = AddRoute<AccountState, AccountAccess>;

/**
 * The only way to a router of the API. Resources are given `add` and never the router, so no route is without
 * its access, its checks and its description.
 * @param middlewareFor what runs before the handler: authentication, policy, reading of the body
 */
export function routeTable<State, Access extends object>(
  router: Router<State>,
  middlewareFor: (route: Route & Access) => RouterMiddleware<State>[],
): { add: AddRoute<State, Access>; routes: (Route & Access)[] } {
  const routes: (Route & Access)[] = [];
  return {
    routes,
    add(route, handle) {
      router.register(route.path, [route.method], [...middlewareFor(route), handlerOf(route, handle)]);
      routes.push(route);
    },
  };
}
