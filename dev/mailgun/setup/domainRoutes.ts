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
 * - `POST /v4/domains`: 200, 400 (also for a name that exists, in this account or another one), 401
 * - `GET /v4/domains`: 200, 400, 401
 * - `GET` and `PUT /v4/domains/{name}`, `DELETE /v3/domains/{name}`: 200, 400, 401, 404
 * - `PUT /v4/domains/{name}/verify`: 200, 401, 404, 429 above the limit
 */
export function addDomainRoutes(
  api: SetupApi,
  { domains, webhooks, settings, resolve }: DomainRouteOptions,
): void {
  const limit = new VerifyLimit();
  const domainWithRecords = (domain: Domain, message: string) => ({
    body: { message, domain: domainJson(domain), ...recordsJson(domain) },
  });

  api.on('post', '/v4/domains', async ({ form }) => {
    const { name, ...key } = readCreation(form);
    if (settings.takenDomains.some((takenName) => takenName.toLowerCase() === name))
      throw new SetupRefusal(400, 'This domain name is already taken');
    const settingsOfForm = readSettings(form);
    if (!domains.find(name)) {
      const domain = await newDomain(name, { ...DEFAULTS, ...settingsOfForm }, key);
      if (await domains.add(domain)) return domainWithRecords(domain, 'Domain DNS records have been created');
    }
    throw new SetupRefusal(400, `Domain ${name} already exists`);
  });

  api.on('get', '/v4/domains', ({ query }) => {
    const matching = filterAndSort(domains.all, query);
    const items = pageOf(matching, query).map((domain) => domainJson(domain));
    return { body: { total_count: matching.length, items } };
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
    return domainWithRecords(domain, 'Domain has been updated');
  });

  api.on('put', '/v4/domains/:name/verify', async (call) => {
    const domain = named(domains, call);
    const headers = limit.count(settings.verifiesPerMinute);
    await domains.verify(domain, resolve);
    return { headers, ...domainWithRecords(domain, 'Domain DNS records have been updated') };
  });

  api.on('delete', '/v3/domains/:name', async (call) => {
    const domain = named(domains, call);
    await domains.remove(domain);
    await webhooks.removeAll(domain.name);
    return { body: { message: 'Domain will be deleted in the background' } };
  });
}

/** The domain that the path names. @throws SetupRefusal */
export function named(domains: Domains, { params }: Call): Domain {
  const domain = domains.find(params.name!);
  if (!domain) throw new SetupRefusal(404, 'Domain not found');
  return domain;
}

function filterAndSort(all: Domain[], query: URLSearchParams): Domain[] {
  const [state, authority, search, sort] = ['state', 'authority', 'search', 'sort'].map((key) =>
    query.get(key),
  );
  const matching = all.filter(
    (domain) =>
      (!state || domain.state === state) &&
      (!authority || domain.name === authority.toLowerCase()) &&
      (!search || domain.name.includes(search.toLowerCase())),
  );
  if (!sort) return matching;
  const byName = matching.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return sort.includes('desc') ? byName.toReversed() : byName;
}
