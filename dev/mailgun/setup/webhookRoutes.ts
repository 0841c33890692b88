import { named } from './domainRoutes.ts';
import type { Domains } from './domains.ts';
import { SetupRefusal, type Call, type SetupApi } from './setupApi.ts';
import { WEBHOOK_TYPES, type Webhooks, type WebhookType } from './webhooks.ts';

const MAX_URLS = 3;

/**
 * - `POST` (`id`, `url`) and `GET /v3/domains/{name}/webhooks`: 200, 400, 401, 404
 * - `GET`, `PUT` (`url`) and `DELETE /v3/domains/{name}/webhooks/{type}`: 200, 400, 401, 404
 * - `POST` and `PUT` (`url`, `event_types`), `DELETE ?url=` of `/v4/domains/{name}/webhooks`: 200, 400, 401,
 *   404
 */
export function addWebhookRoutes(
  api: SetupApi,
  { domains, webhooks }: { domains: Domains; webhooks: Webhooks },
): void {
  const all = (domain: string) =>
    Object.fromEntries(webhooks.of(domain).map(({ type, urls }) => [type, { urls }]));
  const webhookOf = (call: Call) => {
    const { name } = named(domains, call);
    const type = typeOf(call.params.type);
    const urls = webhooks.urls(name, type);
    if (urls.length === 0) throw new SetupRefusal(404, 'Webhook not found');
    return { name, type, urls };
  };

  api.on('get', '/v3/domains/:name/webhooks', (call) => ({
    body: { webhooks: all(named(domains, call).name) },
  }));

  api.on('post', '/v3/domains/:name/webhooks', async (call) => {
    const { name } = named(domains, call);
    const type = typeOf(call.form.first('id'));
    const urls = urlsOf(call.form.all('url'));
    if (webhooks.urls(name, type).length > 0) throw new SetupRefusal(400, `Webhook ${type} already exists`);
    await webhooks.set(name, type, urls);
    return { body: { message: 'Webhook has been created', webhook: { urls } } };
  });

  api.on('get', '/v3/domains/:name/webhooks/:type', (call) => ({
    body: { webhook: { urls: webhookOf(call).urls } },
  }));

  api.on('put', '/v3/domains/:name/webhooks/:type', async (call) => {
    const { name, type } = webhookOf(call);
    const urls = urlsOf(call.form.all('url'));
    await webhooks.set(name, type, urls);
    return { body: { message: 'Webhook has been updated', webhook: { urls } } };
  });

  api.on('delete', '/v3/domains/:name/webhooks/:type', async (call) => {
    const { name, type, urls } = webhookOf(call);
    await webhooks.set(name, type, []);
    return { body: { message: 'Webhook has been deleted', webhook: { urls } } };
  });

  /** Adds `url` to the named types. @param others whether the other types keep `url` or lose it */
  const setUrl = (others: 'keep' | 'lose') => async (call: Call) => {
    const { name } = named(domains, call);
    const [url] = urlsOf(call.form.all('url').slice(0, 1));
    const types = call.form
      .all('event_types')
      .flatMap((text) => text.split(','))
      .map(typeOf);
    if (types.length === 0) throw new SetupRefusal(400, 'event_types is a required parameter');
    const changes = WEBHOOK_TYPES.map((type) => {
      const rest = webhooks.urls(name, type).filter((other) => other !== url);
      if (types.includes(type)) return { type, urls: urlsOf([...rest, url!]) };
      return { type, urls: others === 'keep' ? webhooks.urls(name, type) : rest };
    });
    for (const { type, urls } of changes) await webhooks.set(name, type, urls);
    return { body: { webhooks: all(name) } };
  };
  api.on('post', '/v4/domains/:name/webhooks', setUrl('keep'));
  api.on('put', '/v4/domains/:name/webhooks', setUrl('lose'));

  api.on('delete', '/v4/domains/:name/webhooks', async (call) => {
    const { name } = named(domains, call);
    const removed = urlsOf(call.query.getAll('url'), Infinity);
    for (const { type, urls } of webhooks.of(name))
      await webhooks.set(
        name,
        type,
        urls.filter((url) => !removed.includes(url)),
      );
    return { body: { webhooks: all(name) } };
  });
}

function typeOf(text: string | undefined): WebhookType {
  const type = WEBHOOK_TYPES.find((known) => known === text);
  if (!type) throw new SetupRefusal(400, `Invalid webhook type: ${text ?? ''}`);
  return type;
}

function urlsOf(urls: string[], max = MAX_URLS): string[] {
  if (urls.length === 0) throw new SetupRefusal(400, 'url is a required parameter');
  if (urls.length > max) throw new SetupRefusal(400, `at most ${max} urls`);
  const malformed = urls.find((url) => !/^https?:\/\//.test(url) || !URL.canParse(url));
  if (malformed !== undefined) throw new SetupRefusal(400, `${malformed} is not a valid url`);
  return urls;
}
