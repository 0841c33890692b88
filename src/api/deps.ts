import type { Logger } from 'pino';
import type { FeedHub } from '../core/events/feedHub.ts';
import type { SignalHub } from '../core/events/signals.ts';
import type { Links } from '../core/presenters/links.ts';
import type { Config } from '../infra/config.ts';
import type { Models } from '../infra/models/index.ts';
import type { ParserPool } from '../infra/parser/pool.ts';
import type { InboundProvider } from '../infra/providers/inbound.ts';
import type { createDemoMail } from '../infra/providers/index.ts';
import type { ProviderSetUp } from '../infra/providers/setup.ts';
import type { Storage } from '../infra/storage/storage.ts';
import type { DeliveryStarter } from '../sweeps/startDeliveries.ts';
import type { SetUpStarter } from '../sweeps/startSetUps.ts';
import type { SetUpWorkflow } from '../infra/temporal/ids.ts';
import type { Rerun } from '../infra/temporal/rerun.ts';
import type { ReplyRun, SetUpRun, SnoozeRun } from '../infra/temporal/runTypes.ts';
import type { Authenticate } from './auth.ts';
import type { Limits } from './limits.ts';
import type { Streams } from './streams.ts';

/** What the API works with; built by src/web.ts, or by a test. */
export interface ApiDeps {
  /** Its connection may come and go; meanwhile the API answers 503. */
  models: Models;
  storage: Storage;
  config: Pick<Config, 'publicUrl' | 'urlSecret' | 'temporal' | 'platformDomain' | 'apiRequestsPerMinute'> &
    Partial<Pick<Config, 'secretsKey' | 'webhooksAllowLoopback' | 'demoSignIn'>>;
  /** By `InboundProvider.name`. */
  providers: ReadonlyMap<string, InboundProvider>;
  /** Runs an inbound email again (infra/temporal/rerun.ts). @throws anything when Temporal is unavailable */
  rerun: (inboundEmailId: string) => Promise<Rerun>;
  /** Starts and wakes the runs of replies in the background. Neither throws when Temporal is unavailable. */
  replies: { add: (reply: ReplyRun, workspaceId: string) => void; wake: (reply: ReplyRun) => Promise<void> };
  /** Starts the runs of set-ups in the background (sweeps/startSetUps.ts); never throws. */
  setUps: Pick<SetUpStarter, 'add'>;
  /**
   * Starts the timer of a snooze in the background; never throws. A snooze whose timer is not started is ended
   * by a sweep.
   */
  snoozes: { add: (snooze: SnoozeRun) => void };
  /** Domains at the provider. */
  setUp: ProviderSetUp;
  /** Lets the demo receive a mail. Resolves to whether it did; never rejects. */
  receiveDemoMail?: ReturnType<typeof createDemoMail>;
  /** Tells the run of a set-up to read its row again. Does not throw when Temporal is unavailable. */
  wakeSetUp: (workflow: SetUpWorkflow, run: SetUpRun) => Promise<void>;
  parser: Pick<ParserPool, 'sanitise' | 'words'>;
  log: Logger;
  /** Has deliveries to endpoints worked off in the background; never throws. */
  deliveries: Pick<DeliveryStarter, 'add' | 'wake'>;
  /**
   * Models on a connection of their own, for streams of events: a stream must not hold up requests. Defaults
   * to `models`.
   */
  feedModels?: Models;
  /** Aborted when the process must stop: streams of events end then. */
  stopping?: AbortSignal;
}

/** What routes work with. */
export interface RouteDeps extends ApiDeps {
  authenticate: Authenticate;
  limits: Limits;
  links: Links;
  streams: Streams;
  /** Of all streams of events of this process. */
  feedHub: FeedHub;
  signals: SignalHub;
}
