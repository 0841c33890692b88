import type { LocalMailgunSettings } from '../outbound/types.ts';
import type { Resolve } from './checkDns.ts';
import { newDomain, type Domain } from './domain.ts';
import { DEFAULTS, readCreation, readSettings } from './domainForm.ts';
import { domainJson, recordsJson } from './domainJson.ts';
import type { Domains } from './domains.ts';
import { pageOf } from './pageOf.ts';
import { SetupRefusal, type Call, type SetupApi } from './setupApi.ts';
import { VerifyLimit } from './verifyLimit.ts';
import type { Webhooks } from './webhooks.ts';

export interface DomainRouteOptions {
  domains: Domains;
  webhooks: Webhooks;
  settings: LocalMailgunSettings;
  resolve: Resolve;
}

/**
 * - `POST /v4/domains`: 200, 400 (also for a name that is there, here or in another account), 401
 * - `GET /v4/domains`: 200, 400, 401
 * - `GET` and `PUT /v4/domains/{name}`, `DELETE /v3/domains/{name}`: 200, 400, 401, 404
 * - `PUT /v4/domains/{name}/verify`: 200, 401, 404, 429 over the limit
 */
export function addDomainRoutes(
  api: SetupApi,
  { domains, webhooks, settings, resolve }: DomainRouteOptions,
): void {
  const limit = new VerifyLimit();
  const whole = (domain: Domain, message: string) => ({
    body: { message, domain: domainJson(domain), ...recordsJson(domain) },
  });

  api.on('post', '/v4/domains', async ({ form }) => {
    const { name, ...key } = readCreation(form);
    if (settings.takenDomains.some((taken) => taken.toLowerCase() === name))
      throw new SetupRefusal(400, 'This domain name is already taken');
    const asked = readSettings(form);
    if (!domains.find(name)) {
      const domain = await newDomain(name, { ...DEFAULTS, ...asked }, key);
      if (await domains.add(domain)) return whole(domain, 'Domain DNS records have been created');
    }
    throw new SetupRefusal(400, `Domain ${name} already exists`);
  });

  api.on('get', '/v4/domains', ({ query }) => {
    const found = listed(domains.all, query);
    const items = pageOf(found, query).map((domain) => domainJson(domain));
    return { body: { total_count: found.length, items } };
  });

  api.on('get', '/v4/domains/:name', (call) => {
    const domain = named(domains, call);
    const isExtended = call.query.get('h:extended') === 'true';
    const records = call.query.get('h:with_dns') === 'false' ? {} : recordsJson(domain);
    return { body: { domain: domainJson(domain, isExtended), ...records } };
  });

  api.on('put', '/v4/domains/:name', async (call) => {
    const domain = named(domains, call);
    Object.assign(domain.settings, readSettings(call.form));
    await domains.save();
    return whole(domain, 'Domain has been updated');
  });

  api.on('put', '/v4/domains/:name/verify', async (call) => {
    const domain = named(domains, call);
    const headers = limit.take(settings.verifiesPerMinute);
    await domains.verify(domain, resolve);
    return { headers, ...whole(domain, 'Domain DNS records have been updated') };
  });

  api.on('delete', '/v3/domains/:name', async (call) => {
    const domain = named(domains, call);
    await domains.remove(domain);
    await webhooks.removeAll(domain.name);
    return { body: { message: 'Domain will be deleted in the background' } };
  });
}

/** The domain that the path names. @throws Refused */
export function named(domains: Domains, { params }: Call): Domain {
  const domain = domains.find(params.name!);
  if (!domain) throw new SetupRefusal(404, 'Domain not found');
  return domain;
}

function listed(all: Domain[], query: URLSearchParams): Domain[] {
  const [state, authority, search, sort] = ['state', 'authority', 'search', 'sort'].map((key) =>
    query.get(key),
  );
  const found = all.filter(
    (domain) =>
      (!state || domain.state === state) &&
      (!authority || domain.name === authority.toLowerCase()) &&
      (!search || domain.name.includes(search.toLowerCase())),
  );
  if (!sort) return found;
  const byName = found.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return sort.includes('desc') ? byName.toReversed() : byName;
}
