import { newPublicKey, publicKeyOf } from './dkimKey.ts';
import { checkOf, dkimRecord, isActive, stateOf, type DkimKey, type Domain } from './domain.ts';
import { keyJson } from './domainJson.ts';
import { named } from './domainRoutes.ts';
import type { Domains } from './domains.ts';
import { SetupRefusal, type Call, type SetupApi } from './setupApi.ts';

const SELECTOR = /^[a-z0-9-]{1,63}$/i;

/**
 * - `GET` (paged; `signing_domain`, `selector`), `POST`, `DELETE /v1/dkim/keys`: 200, 201, 400, 401, 404
 * - `GET /v4/domains/{name}/keys`: 200, 401, 404
 * - `PUT /v4/domains/{name}/keys/{selector}/activate` and `…/deactivate`: 200, 400, 401, 404
 * - `PUT /v3/domains/{name}/dkim_selector` and `…/dkim_authority`: 200, 400, 401, 404
 */
export function addKeyRoutes(api: SetupApi, { domains, url }: { domains: Domains; url: () => string }): void {
  api.on('get', '/v1/dkim/keys', ({ query }) => {
    const [name, selector] = ['signing_domain', 'selector'].map((field) => query.get(field));
    const all = domains.all.flatMap((domain) => domain.keys.map((key) => ({ domain, key })));
    const matching = all.filter(
      ({ domain, key }) =>
        (!name || domain.name === decodeURIComponent(name).toLowerCase()) &&
        (!selector || key.selector === decodeURIComponent(selector)),
    );
    const limit = Number(query.get('limit')) || 100;
    const last = Math.max(0, Math.ceil(matching.length / limit) - 1);
    const page = Math.min(Number(query.get('page')) || 0, last + 1);
    const items = matching.slice(page * limit, (page + 1) * limit);
    const link = (to: number) => `${url()}/v1/dkim/keys?page=${to}&limit=${limit}`;
    return {
      body: {
        items: items.map(({ domain, key }) => keyJson(domain, key)),
        paging: {
          first: link(0),
          last: link(last),
          next: link(Math.min(page, last) + 1),
          previous: link(Math.max(0, page - 1)),
        },
      },
    };
  });

  api.on('post', '/v1/dkim/keys', async ({ form }) => {
    const domain = accountDomain(domains, form.first('signing_domain'));
    const selector = form.first('selector') ?? '';
    if (!SELECTOR.test(selector)) throw new SetupRefusal(400, 'selector is not valid');
    const publicKey = await publicKeyFrom(form.first('pem'), form.first('bits'));
    if (domain.keys.some((key) => key.selector === selector))
      throw new SetupRefusal(400, 'a key with this selector already exists');
    const key = { selector, publicKey, isEnabled: false };
    domain.keys.push(key);
    await domains.save();
    return { status: 201, body: keyJson(domain, key) };
  });

  api.on('delete', '/v1/dkim/keys', async ({ query }) => {
    const domain = accountDomain(domains, query.get('signing_domain'));
    const key = keyOf(domain, query.get('selector'));
    keepOneActive(domain, key);
    domain.keys = domain.keys.filter((other) => other !== key);
    await saveState(domain);
    return { body: { message: 'Domain key deleted' } };
  });

  api.on('get', '/v4/domains/:name/keys', (call) => {
    const domain = named(domains, call);
    return { body: { items: domain.keys.map((key) => keyJson(domain, key)) } };
  });

  const toggle = (action: 'activate' | 'deactivate') => async (call: Call) => {
    const domain = named(domains, call);
    const key = keyOf(domain, call.params.selector!);
    if (action === 'deactivate') keepOneActive(domain, key);
    else if (checkOf(domain, dkimRecord(domain.name, key)).valid !== 'valid')
      throw new SetupRefusal(400, 'the DNS record of the key is not valid');
    key.isEnabled = action === 'activate';
    await saveState(domain);
    const { selector, isEnabled } = key;
    return {
      body: { message: `Domain key ${action}d`, authority: domain.name, selector, active: isEnabled },
    };
  };
  for (const action of ['activate', 'deactivate'] as const)
    api.on('put', `/v4/domains/:name/keys/:selector/${action}`, toggle(action));

  api.on('put', '/v3/domains/:name/dkim_selector', async (call) => {
    const domain = named(domains, call);
    const selector = call.query.get('dkim_selector') ?? '';
    const [first, ...others] = domain.keys;
    if (!SELECTOR.test(selector) || others.some((key) => key.selector === selector))
      throw new SetupRefusal(400, 'dkim_selector is not valid');
    first!.selector = selector;
    await saveState(domain);
    return { body: { message: 'Domain DKIM selector updated' } };
  });

  // Here each domain is always its own authority.
  api.on('put', '/v3/domains/:name/dkim_authority', (call) => {
    const domain = named(domains, call);
    const rows = domain.keys.map((key) => keyJson(domain, key).dns_record);
    return {
      body: {
        changed: false,
        message: 'Domain DKIM authority has not been changed',
        sending_dns_records: rows,
      },
    };
  });

  function saveState(domain: Domain): Promise<void> {
    domain.state = stateOf(domain);
    return domains.save();
  }
}

function accountDomain(domains: Domains, name: string | null | undefined): Domain {
  const domain = domains.find(name ?? '');
  if (!domain) throw new SetupRefusal(404, 'Domain not found');
  return domain;
}

function keyOf(domain: Domain, selector: string | null): DkimKey {
  const key = domain.keys.find((candidate) => candidate.selector === selector);
  if (!key) throw new SetupRefusal(404, 'Domain key not found');
  return key;
}

/** @throws SetupRefusal when no other key is active */
function keepOneActive(domain: Domain, key: DkimKey): void {
  if (isActive(domain, key) && !domain.keys.some((other) => other !== key && isActive(domain, other)))
    throw new SetupRefusal(400, 'at least one active key must remain');
  if (domain.keys.length === 1) throw new SetupRefusal(400, 'the only key of a domain must remain');
}

async function publicKeyFrom(pem: string | undefined, bits = '1024'): Promise<string> {
  if (pem === undefined) {
    if (bits !== '1024' && bits !== '2048') throw new SetupRefusal(400, 'bits must be 1024 or 2048');
    return newPublicKey(bits === '2048' ? 2048 : 1024);
  }
  const key = publicKeyOf(pem);
  if (key === null) throw new SetupRefusal(400, 'pem is not a private key');
  return key;
}
