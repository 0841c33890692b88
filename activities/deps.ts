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
import type { Seal } from '../src/core/events/webhooks/secrets.ts';
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
  /** Takes replies out. */
  outbound: OutboundProvider;
  replies: Config['replies'];
  /** Looks things up in DNS, at several resolvers. */
  dns: Dns;
  platformDomain: string;
  /** Starts an inbound email again (src/infra/temporal/rerun.ts). @throws anything when Temporal is away */
  rerun: (inboundEmailId: string) => Promise<Rerun>;
  /** Has a run look at its row (src/infra/temporal/wake.ts); never rejects. */
  wake: Wake;
  /** What Temporal knows of a run. @throws anything when Temporal is away */
  runState: (workflowId: string) => Promise<RunState>;
  /** Days for which the raw of mail is kept that has come to its end. */
  retentionDays: number;
  /** Domains, routes and event hooks at the provider. */
  setUp: ProviderSetUp;
  domains: Config['domains'];
  publicUrl: string;
  /** The time; tests of long waits have their own. */
  now: () => Date;
  log: Logger;
}

/** What posting to endpoints works with besides. */
export interface EndpointDeps extends Deps {
  links: Links;
  /** Opens the endpoints' secrets. */
  seal: Seal;
  post: Post;
  slots: Slots;
}
