import type { Config } from '../config.ts';
import type { InboundProvider } from './inbound.ts';
import { createDemoMail as createLocalMailgunMail } from './mailgun/demoMail.ts';
import { createMailgun } from './mailgun/index.ts';
import { createMailgunOutbound } from './mailgun/outbound.ts';
import { createMailgunSetUp } from './mailgun/setup.ts';
import { createMime } from './mime/index.ts';
import type { OutboundProvider } from './outbound.ts';
import type { ProviderSetUp } from './setup.ts';

/**
 * All providers of inbound mail, by name. A new one is a folder here, a line in this list and one in
 * parsers.ts.
 */
export function createProviders(
  config: Pick<Config, 'mailgun' | 'mimeTokens'>,
): ReadonlyMap<string, InboundProvider> {
  const providers = [createMailgun(config.mailgun), createMime(config.mimeTokens)];
  return new Map(providers.map((provider) => [provider.name, provider]));
}

/** The provider for outgoing mail. */
export function createOutbound(config: Pick<Config, 'mailgun'>): OutboundProvider {
  return createMailgunOutbound(config.mailgun);
}

/** Lets the demo's provider receive a mail. */
export const createDemoMail = (config: Pick<Config, 'mailgun'>) => createLocalMailgunMail(config.mailgun);

/** Where domains are set up: the account of the provider for outgoing mail. */
export function createSetUp(config: Pick<Config, 'mailgun'>): ProviderSetUp {
  return createMailgunSetUp(config.mailgun);
}
