import type { SendForm } from '../outbound/sendForm.ts';
import { parseAction } from './action.ts';
import { parseExpression } from './expression.ts';
import { pageOf } from './pageOf.ts';
import type { Route, RouteList } from './routeList.ts';
import { SetupRefusal, type Call, type SetupApi } from './setupApi.ts';

/**
 * - `POST` and `GET /v3/routes`, `GET /v3/routes/match?address=`: 200, 400, 401, 404
 * - `GET`, `PUT` (answered flat) and `DELETE /v3/routes/{id}`: 200, 400, 401, 404
 */
export function addRouteRoutes(api: SetupApi, routes: RouteList): void {
  const routeOf = ({ params }: Call): Route => {
    const route = routes.find(params.id!);
    if (!route) throw new SetupRefusal(404, 'Route not found');
    return route;
  };

  api.on('post', '/v3/routes', async ({ form }) => {
    const { expression, actions, ...given } = readRoute(form);
    if (expression === undefined) throw new SetupRefusal(400, 'expression is a required parameter');
    if (!actions) throw new SetupRefusal(400, 'action is a required parameter');
    const route = await routes.add({ priority: 0, description: '', expression, actions, ...given });
    return { body: { message: 'Route has been created', route: present(route) } };
  });

  api.on('get', '/v3/routes', ({ query }) => ({
    body: { total_count: routes.all.length, items: pageOf(routes.all, query).map(present) },
  }));

  api.on('get', '/v3/routes/match', ({ query }) => {
    const address = query.get('address');
    if (!address) throw new SetupRefusal(400, 'address is a required parameter');
    const route = routes.firstFor(address);
    if (!route) throw new SetupRefusal(404, 'Route not found');
    return { body: { route: present(route) } };
  });

  api.on('get', '/v3/routes/:id', (call) => ({ body: { route: present(routeOf(call)) } }));

  api.on('put', '/v3/routes/:id', async (call) => {
    const route = routeOf(call);
    await routes.change(route, readRoute(call.form));
    return { body: { ...present(route), message: 'Route has been updated' } };
  });

  api.on('delete', '/v3/routes/:id', async (call) => {
    const route = routeOf(call);
    await routes.remove(route);
    return { body: { id: route.id, message: 'Route has been deleted' } };
  });
}

const present = ({ createdAt, ...route }: Route) => ({
  ...route,
  created_at: new Date(createdAt).toUTCString(),
});

type RouteFields = Partial<Pick<Route, 'priority' | 'description' | 'expression' | 'actions'>>;

/** The fields of the form. As at Mailgun, the patterns are not checked. @throws SetupRefusal */
function readRoute(form: SendForm): RouteFields {
  const given: RouteFields = {};
  const priority = form.first('priority');
  if (priority !== undefined) given.priority = Number(priority);
  if (Number.isNaN(given.priority) || !Number.isInteger(given.priority ?? 0))
    throw new SetupRefusal(400, 'priority is not a number');
  const description = form.first('description');
  if (description !== undefined) given.description = description;
  const expression = form.first('expression');
  if (expression !== undefined) given.expression = expression;
  if (expression !== undefined && !parseExpression(expression))
    throw new SetupRefusal(400, `expression: syntax error in ${expression}`);
  const actions = form.all('action');
  if (actions.length > 0) given.actions = actions;
  const malformed = actions.find((action) => !parseAction(action));
  if (malformed !== undefined) throw new SetupRefusal(400, `action: syntax error in ${malformed}`);
  return given;
}
