import type { Config } from '../../config.ts';
import type { RouteChanges } from '../setup.ts';
import { inTurn } from './inTurn.ts';
import { domainOfOurs, isSame, ourRoute } from './ourRoute.ts';
import { changeRoute, createRoute, type ListedRoute, listRoutes, removeRoute } from './routeList.ts';

/** The existing routes of one domain, and whether it should have one. */
interface Work {
  domain: string;
  isWanted: boolean;
  routes: ListedRoute[];
}

/** See ProviderSetUp. If one route is refused, the others are made all the same. */
export async function keepRoutes(
  config: Config['mailgun'],
  domains: string[],
  publicUrl: string,
): Promise<RouteChanges> {
  const work = new Map<string, Work>();
  const workOf = (domain: string): Work => {
    const known = work.get(domain) ?? { domain, isWanted: false, routes: [] };
    work.set(domain, known);
    return known;
  };
  for (const domain of domains) workOf(domain).isWanted = true;
  for (const route of await listRoutes(config)) {
    const domain = domainOfOurs(route, publicUrl);
    if (domain !== null) workOf(domain).routes.push(route);
  }
  const changes: RouteChanges = { created: [], repaired: [], removed: [] };
  await inTurn(work.values(), async (one) => {
    const change = await keep(config, one, publicUrl);
    if (change) changes[change].push(one.domain);
  });
  return changes;
}

async function keep(
  config: Config['mailgun'],
  { domain, isWanted, routes }: Work,
  publicUrl: string,
): Promise<keyof RouteChanges | null> {
  const remove = (listed: ListedRoute[]) => inTurn(listed, ({ id }) => removeRoute(config, id));
  if (!isWanted) {
    await remove(routes);
    return 'removed';
  }
  const wanted = ourRoute(domain, publicUrl);
  const kept = routes.find((route) => isSame(route, wanted)) ?? routes[0];
  if (!kept) {
    await createRoute(config, wanted);
    return 'created';
  }
  const isRight = isSame(kept, wanted);
  if (!isRight) await changeRoute(config, kept.id, wanted);
  // There may be two after a call whose connection broke.
  const others = routes.filter((route) => route !== kept);
  await remove(others);
  return isRight && others.length === 0 ? null : 'repaired';
}
