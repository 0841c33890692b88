import { collectionOf, type InboundEmailRow } from '../../src/infra/models/index.ts';
import type { Route } from '../../src/infra/models/inboundEmail.ts';
import type { InboundRun } from '../../src/infra/temporal/runTypes.ts';
import type { Deps } from '../deps.ts';
import { readRow } from './inboundRow.ts';
import { findThread } from './threading/findThread.ts';

/** Threading does not need these fields. */
const withoutContent = { 'mail.headers': 0, 'mail.text': 0, 'mail.html': 0, 'mail.files': 0 } as const;

export type Routed = { verdict: 'routed' } | { verdict: 'skip'; reason: string };

/**
 * Decides where the mail goes, for each address that it is for: threading first, then purpose. The first
 * decision stands, also for a try that runs concurrently or after later steps.
 */
export async function routeEmail(deps: Deps, mail: InboundRun): Promise<Routed> {
  const row = await readRow(deps, mail, withoutContent);
  const routes = row.routes ?? (await decide(deps, mail, row));
  if (routes.length > 0) return { verdict: 'routed' };
  return {
    verdict: 'skip',
    reason: row.targets.find((t) => t.unreceivable)?.unreceivable ?? 'nobody to go to',
  };
}

async function decide(deps: Deps, mail: InboundRun, row: InboundEmailRow): Promise<Route[]> {
  const { models } = deps;
  const routes: Route[] = [];
  for (const target of row.targets) {
    const route = await findThread(models, row, target);
    // Two addresses can lead to the same audience: it gets one message.
    if (route && !routes.some((other) => other.lands_in === route.lands_in)) routes.push(route);
  }
  const { modifiedCount } = await collectionOf(models.InboundEmail).updateOne(
    { _id: mail.id, run: mail.run, routes: null },
    { $set: { routes, updated_at: new Date() } },
  );
  if (modifiedCount === 1) return routes;
  // A concurrent try was first.
  const decided = await readRow(deps, mail, { routes: 1 });
  return decided.routes ?? [];
}
