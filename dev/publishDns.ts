/**
 * `npm run publish-dns -- <domain or address> [--remove]`
 *
 * Publishes the records that Postroom asks for on the demo's DNS server, as the owner of that domain would,
 * and then makes Postroom look at them at once. Exit code 1: there is nothing to publish.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { readReady } from '../src/cli/ready.ts';

const USAGE = 'npm run publish-dns -- <domain or address> [--remove]';

const DnsRecord = z.object({
  type: z.string(),
  name: z.string(),
  value: z.string(),
  priority: z.number().nullish(),
});
const List = <Row extends z.ZodType>(row: Row) => z.object({ data: z.array(row) });
const Domains = List(z.object({ id: z.string(), name: z.string(), records: z.array(DnsRecord) }));
const Emails = List(
  z.object({ id: z.string(), address: z.string(), proof: z.object({ dns: DnsRecord }).nullable() }),
);

/** An error whose message is printed without a stack trace; exit code 1. */
class PlainError extends Error {}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { remove: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const [wanted] = positionals;
  if (wanted === undefined) throw new PlainError(USAGE);
  const ready = readReady(resolve('.postroom'));
  if (!ready?.dns_records_url)
    throw new PlainError('Postroom does not run in this folder with its own DNS server. First: npm start');
  const dns = ready.dns_records_url;
  const api = `${ready.web_url}/api/v1/workspaces/${ready.workspace_id}`;
  const headers = { authorization: `Bearer ${ready.api_token}`, 'content-type': 'application/json' };
  const list = async (name: string): Promise<unknown> =>
    (await fetch(`${api}/${name}?limit=100`, { headers })).json();

  const domains = Domains.parse(await list('domains')).data.filter(({ name }) => name === wanted);
  const emails = Emails.parse(await list('emails')).data.filter(({ address }) =>
    [address, address.slice(address.lastIndexOf('@') + 1)].includes(wanted),
  );
  const proofs = emails.flatMap(({ id, proof }) => (proof ? [{ id, record: proof.dns }] : []));
  const records = [...domains.flatMap((domain) => domain.records), ...proofs.map(({ record }) => record)];
  if (records.length === 0)
    throw new PlainError(`${api} has neither a domain ${wanted} nor an address that must be proved.`);

  for (const { name, type, value } of records)
    console.log(
      `${values.remove ? 'removed  ' : 'published'} ${type.padEnd(5)} ${name}  ${shortened(value)}`,
    );
  if (values.remove)
    for (const { name, type } of records)
      await fetch(`${dns}?${new URLSearchParams({ name, type }).toString()}`, { method: 'DELETE' });
  else await fetch(dns, { method: 'PUT', headers, body: JSON.stringify({ records }) });
  const paths = [...domains.map(({ id }) => `domains/${id}`), ...proofs.map(({ id }) => `emails/${id}`)];
  for (const path of paths) {
    await fetch(`${api}/${path}/check`, { method: 'POST', headers });
    console.log(`Postroom looks at it now: ${api}/${path}`);
  }
}

const shortened = (value: string): string => (value.length > 60 ? `${value.slice(0, 57)}...` : value);

try {
  await main();
} catch (error) {
  if (!(error instanceof PlainError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
