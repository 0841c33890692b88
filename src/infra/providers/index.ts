import type { Config } from '../config.ts';
import type { InboundProvider } from './inbound.ts';
import { createMailgun } from './mailgun/index.ts';
import { createMailgunOutbound } from './mailgun/outbound.ts';
import { createMailgunSetUp } from './mailgun/setup.ts';
import { createMime } from './mime/index.ts';
import type { OutboundProvider } from './outbound.ts';
import type { ProviderSetUp } from './setup.ts';

/** Every way in, by name. A new provider is a folder here and a line. */
export function createProviders(
  config: Pick<Config, 'mailgun' | 'mimeTokens'>,
): ReadonlyMap<string, InboundProvider> {
  const providers = [createMailgun(config.mailgun), createMime(config.mimeTokens)];
  return new Map(providers.map((provider) => [provider.name, provider]));
}

/** The way out. */
export function createOutbound(config: Pick<Config, 'mailgun'>): OutboundProvider {
  return createMailgunOutbound(config.mailgun);
}

/** Where domains are set up: the account of the way out. */
export function createSetUp(config: Pick<Config, 'mailgun'>): ProviderSetUp {
  return createMailgunSetUp(config.mailgun);
}
