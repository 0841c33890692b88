import type { InboundEmail } from '../../mail/inboundEmail.ts';
import type { InboundProvider } from './inbound.ts';

/** The part of a provider that runs in the parser's threads: it needs no client and no configuration. */
export interface MailParser {
  parse: InboundProvider['parse'];
  /** Header fields only, for a mail whose bodies break the parser. */
  parseHead: (...args: Parameters<InboundProvider['parse']>) => Promise<InboundEmail>;
}

const PARSERS: Record<string, (() => Promise<MailParser>) | undefined> = {
  mailgun: () => import('./mailgun/parse.ts'),
  mime: () => import('./mime/parse.ts'),
};

/** @throws when no provider has this name. */
export function parserOf(provider: string): Promise<MailParser> {
  const load = Object.hasOwn(PARSERS, provider) ? PARSERS[provider] : undefined;
  if (!load) throw new Error('no such provider');
  return load();
}

/** Loads all parsers, so that the first mail does not have to wait for one. */
export async function loadParsers(): Promise<void> {
  await Promise.all(Object.keys(PARSERS).map(parserOf));
}
