import type { Logger } from 'pino';
import type { Models } from '../src/models/index.ts';
import type { ParserPool } from '../src/parser/pool.ts';
import type { Config } from '../src/config.ts';
import type { InboundProvider } from '../src/providers/inbound.ts';
import type { OutboundProvider } from '../src/providers/outbound.ts';
import type { Storage } from '../src/storage/storage.ts';

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
  log: Logger;
}
