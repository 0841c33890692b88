import { z } from 'zod';
import type { Config } from '../../config.ts';
import { ask, Deleted, isMissing, read } from './account.ts';
import type { Route } from './ourRoute.ts';

/** Entries of a page: Mailgun's maximum. */
const PAGE = 1000;

const Listed = z.object({
  id: z.string().min(1),
  priority: z.coerce.number(),
  description: z
    .string()
    .nullish()
    .transform((text) => text ?? ''),
  expression: z.string(),
  actions: z.array(z.string()),
});
export type ListedRoute = z.infer<typeof Listed>;
const Page = z.object({ total_count: z.number(), items: z.array(Listed) });
const Created = z.object({ route: z.object({ id: z.string() }) });
/** Flat, as seen in recorded answers, or nested, as documented. */
const Changed = z.union([z.object({ id: z.string() }), Created]);

/** All routes of the account, also those of others. */
export async function listRoutes(config: Config['mailgun']): Promise<ListedRoute[]> {
  // By id: a route that is made between two requests may move another one to the next page.
  const routes = new Map<string, ListedRoute>();
  for (let skip = 0; ;) {
    const query = { limit: PAGE, skip };
    const answer = await ask(config, (client) => client.request.get('/v3/routes', query));
    const { items, total_count } = read(answer, Page);
    for (const route of items) routes.set(route.id, route);
    skip += items.length;
    if (items.length === 0 || skip >= total_count) return [...routes.values()];
  }
}

/** Strings only: the client leaves out a 0. */
const formOf = ({ priority, description, expression, actions }: Route) => ({
  priority: String(priority),
  description,
  expression,
  action: actions,
});

export async function createRoute(config: Config['mailgun'], route: Route): Promise<void> {
  read(await ask(config, (client) => client.request.postWithFD('/v3/routes', formOf(route))), Created);
}

/** Changes a route; creates it again if it was deleted since it was listed. */
export async function changeRoute(config: Config['mailgun'], id: string, route: Route): Promise<void> {
  const path = `/v3/routes/${encodeURIComponent(id)}`;
  const answer = await ask(config, (client) => client.request.putWithFD(path, formOf(route)));
  if (isMissing(answer, 'route')) return createRoute(config, route);
  read(answer, Changed);
}

export async function removeRoute(config: Config['mailgun'], id: string): Promise<void> {
  const path = `/v3/routes/${encodeURIComponent(id)}`;
  const answer = await ask(config, (client) => client.request.delete(path));
  if (!isMissing(answer, 'route')) read(answer, Deleted);
}
