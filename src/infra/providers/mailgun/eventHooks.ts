import { z } from 'zod';
import type { Config } from '../../config.ts';
import { ProviderRefused } from '../setup.ts';
import { ask, read } from './account.ts';
import { inTurn } from './inTurn.ts';
import { placeOf } from './ourRoute.ts';

/** Mailgun's webhook types for delivery events; the events themselves have other names. */
const TYPES = ['accepted', 'delivered', 'temporary_fail', 'permanent_fail', 'complained'];
const MAX_URLS = 3;

const Urls = z.object({ urls: z.array(z.string()) });
const Hooks = z.object({ webhooks: z.record(z.string(), Urls.nullable()) });
const Written = z.object({ webhook: Urls });

/** See ProviderSetUp. */
export async function keepEventHooks(
  config: Config['mailgun'],
  domain: string,
  publicUrl: string,
): Promise<string[]> {
  const path = `/v3/domains/${encodeURIComponent(domain)}/webhooks`;
  const url = `${publicUrl}/webhooks/mailgun/events`;
  const list = async () => read(await ask(config, (client) => client.request.get(path)), Hooks).webhooks;
  const hooks = await list();
  const corrected: string[] = [];
  await inTurn(TYPES, async (type) => {
    const urls = hooks[type]?.urls ?? [];
    if (urls.includes(url)) return;
    // The same host and path with http instead of https, or the reverse, is our URL from before.
    const others = urls.filter((other) => !URL.canParse(other) || placeOf(other) !== placeOf(url));
    if (others.length >= MAX_URLS) throw full(type, domain);
    try {
      await write(config, path, { type, isNew: urls.length === 0, urls: [...others, url] });
    } catch (error) {
      // A concurrent call may have added the URL since the list was read.
      const exists = error instanceof ProviderRefused && (await list())[type]?.urls.includes(url);
      if (!exists) throw error;
    }
    corrected.push(type);
  });
  return corrected;
}

async function write(
  config: Config['mailgun'],
  path: string,
  { type, isNew, urls }: { type: string; isNew: boolean; urls: string[] },
): Promise<void> {
  const answer = await ask(config, ({ request }) =>
    isNew
      ? request.postWithFD(path, { id: type, url: urls })
      : request.putWithFD(`${path}/${type}`, { url: urls }),
  );
  read(answer, Written);
}

const full = (type: string, domain: string) =>
  new ProviderRefused(
    'HooksFull',
    `Mailgun already posts the ${type} events of ${domain} to ${MAX_URLS} other URLs, and takes no more: ` +
      'remove one of them at Mailgun',
  );
