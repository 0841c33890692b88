import type Router from '@koa/router';
import type { Context } from 'koa';
import { problem, readJson } from '../json.ts';
import { showPage } from '../outbound/pages/layout.ts';
import type { DemoDns } from './index.ts';
import { dnsPage } from './page.ts';
import { PutFault, PutRecords, RemoveRecords } from './requests.ts';
import type { RecordType } from './zone.ts';

/**
 * The records of the DNS server (requests.ts). No key is required: only this machine can call it.
 *
 * - `GET /sandbox/dns`: 200, a list of `{name, type, value, priority?}`; a page when HTML is preferred
 * - `PUT /sandbox/dns` replaces the values of each name and type given: 200 with the whole list, 400, 413,
 *   415, 422
 * - `DELETE /sandbox/dns`, `name` and `type` in the query or a JSON body, without a name all records: 204,
 *   400, 415, 422
 * - `PUT /sandbox/dns/faults`, `{name, fault}`: 204, 400, 415, 422
 */
export function addDnsRoutes(router: Router, dns: DemoDns): void {
  router.get('/sandbox/dns', (ctx) => {
    ctx.vary('Accept');
    ctx.set('Cache-Control', 'no-store');
    if (ctx.accepts('json', 'html') === 'html') showPage(ctx, 'DNS records', dnsPage(dns));
    else ctx.body = dns.records;
  });

  router.put('/sandbox/dns', async (ctx) => {
    const wanted = await readJson(ctx, PutRecords);
    if (!wanted) return;
    await Promise.all(valuesByName(wanted).map(({ name, type, values }) => dns.set(name, type, values)));
    ctx.body = dns.records;
  });

  router.delete('/sandbox/dns', async (ctx) => {
    const wanted = await readRemoval(ctx);
    if (!wanted) return;
    await dns.remove(wanted.name, wanted.type);
    ctx.status = 204;
  });

  router.put('/sandbox/dns/faults', async (ctx) => {
    const wanted = await readJson(ctx, PutFault);
    if (!wanted) return;
    dns.fail(wanted.name, wanted.fault);
    ctx.status = 204;
  });
}

/** The values of each name and type in the request. */
function valuesByName({ records }: PutRecords): { name: string; type: RecordType; values: string[] }[] {
  const byName = new Map<string, { name: string; type: RecordType; values: string[] }>();
  for (const { name, type, value, priority } of records) {
    const key = `${type} ${name.toLowerCase().replace(/\.$/, '')}`;
    const entry = byName.get(key) ?? { name, type, values: [] };
    entry.values.push(type === 'MX' ? `${priority ?? 10} ${value}` : value);
    byName.set(key, entry);
  }
  return [...byName.values()];
}

async function readRemoval(ctx: Context) {
  // Null: the request has no body.
  if (ctx.is('json') !== null) return readJson(ctx, RemoveRecords);
  const parsed = RemoveRecords.safeParse(ctx.query);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => ({ field: path.join('.'), message }));
  return problem(ctx, 422, 'the query is not valid', errors);
}
