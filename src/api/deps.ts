import type Router from '@koa/router';
import type { Logger } from 'pino';
import type { Config } from '../infra/config.ts';
import type { ReplyRun, SetUpRun } from '../infra/temporal/runTypes.ts';
import type { Models } from '../infra/models/index.ts';
import type { ParserPool } from '../infra/parser/pool.ts';
import type { InboundProvider } from '../infra/providers/inbound.ts';
import type { ProviderSetUp } from '../infra/providers/setup.ts';
import type { Storage } from '../infra/storage/storage.ts';
import type { DeliveryStarter } from '../sweeps/startDeliveries.ts';
import type { Rerun } from '../infra/temporal/rerun.ts';
import type { SetUpStarter } from '../sweeps/startSetUps.ts';
import type { SetUpWorkflow } from '../infra/temporal/ids.ts';
import type { ApiState } from './auth.ts';
import type { Links } from '../core/presenters/links.ts';
import type { Streams } from './streams.ts';

/** What the API works with; built by src/web.ts, or by a test. */
export interface ApiDeps {
  /** Its connection may come and go; the API answers 503 meanwhile. */
  models: Models;
  storage: Storage;
  config: Pick<Config, 'publicUrl' | 'urlSecret' | 'temporal' | 'platformDomain' | 'apiRequestsPerMinute'> &
    Partial<Pick<Config, 'secretsKey' | 'webhooksAllowLoopback'>>;
  /** By `InboundProvider.name`. */
  providers: ReadonlyMap<string, InboundProvider>;
  /** Starts an inbound email again (src/infra/temporal/rerun.ts). @throws anything when Temporal is away. */
  rerun: (inboundEmailId: string) => Promise<Rerun>;
  /** Starts and wakes the runs of replies. Nobody waits for either, and neither throws: Temporal may be away. */
  replies: { add: (reply: ReplyRun) => void; wake: (reply: ReplyRun) => Promise<void> };
  /** Starts the runs of set-ups, in the background (src/sweeps/startSetUps.ts); never throws. */
  setUps: Pick<SetUpStarter, 'add'>;
  /** Domains at the provider. */
  setUp: ProviderSetUp;
  /** Has the run of a set-up look at its row. Nobody waits for it, and it never throws: Temporal may be away. */
  wakeSetUp: (workflow: SetUpWorkflow, run: SetUpRun) => Promise<void>;
  parser: Pick<ParserPool, 'sanitise'>;
  log: Logger;
  /** Starts the runs of deliveries to endpoints, in the background; never throws. */
  deliveries: Pick<DeliveryStarter, 'add'>;
  /** Of a connection of their own, on which streams of events wait: they hold up no request. Left out: `models`. */
  feedModels?: Models;
  /** Aborted when the process is told to stop: streams of events end then. */
  stopping?: AbortSignal;
}

/** What routes work with. */
export interface RouteDeps extends ApiDeps {
  links: Links;
  streams: Streams;
}

export type ApiRouter = Router<ApiState>;
