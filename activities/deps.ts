import type { Logger } from 'pino';
import type { Models } from '../src/infra/models/index.ts';
import type { ParserPool } from '../src/infra/parser/pool.ts';
import type { Config } from '../src/infra/config.ts';
import type { Dns } from '../src/infra/dns/dns.ts';
import type { InboundProvider } from '../src/infra/providers/inbound.ts';
import type { OutboundProvider } from '../src/infra/providers/outbound.ts';
import type { ProviderSetUp } from '../src/infra/providers/setup.ts';
import type { Storage } from '../src/infra/storage/storage.ts';
import type { Rerun } from '../src/infra/temporal/rerun.ts';
import type { Links } from '../src/core/presenters/links.ts';
import type { Post } from '../src/core/events/webhooks/post.ts';
import type { Pace } from '../src/lib/pace.ts';
import type { Seal } from '../src/lib/seal.ts';
import type { Slots } from '../src/core/events/webhooks/slots.ts';
import type { RunState } from '../src/infra/temporal/runs.ts';
import type { Wake } from '../src/infra/temporal/wake.ts';

/** What activities work with; built by src/worker.ts, or by a test. */
export interface Deps {
  models: Models;
  storage: Storage;
  /** By `InboundProvider.name`. */
  providers: ReadonlyMap<string, InboundProvider>;
  parser: ParserPool;
  /** Name of the mail server whose Authentication-Results count; null = none do. */
  authservId: string | null;
  /** Sends replies. */
  outbound: OutboundProvider;
  replies: Config['replies'];
  /** Looks up DNS records, at several resolvers. */
  dns: Dns;
  platformDomain: string;
  /** Starts an inbound email again (src/infra/temporal/rerun.ts). @throws anything when Temporal is away */
  rerun: (inboundEmailId: string) => Promise<Rerun>;
  /** Wakes a run, so that it reads its row again (src/infra/temporal/wake.ts); never rejects. */
  wake: Wake;
  /** The state of a run in Temporal. @throws anything when Temporal is away */
  runState: (workflowId: string) => Promise<RunState>;
  /** How many days raw mail is kept after its run has ended. */
  retentionDays: number;
  /** Domains, routes and event hooks at the provider. */
  setUp: ProviderSetUp;
  domains: Config['domains'];
  publicUrl: string;
  /** The current time; tests of long waits set their own. */
  now: () => Date;
  /** Learns from the steps how much the engines take; tests need none. */
  pace?: Pace;
  log: Logger;
}

/** What posting to endpoints needs in addition. */
export interface EndpointDeps extends Deps {
  links: Links;
  /** Opens the endpoints' secrets. */
  seal: Seal;
  post: Post;
  slots: Slots;
}
