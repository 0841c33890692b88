/**
 * `npm run publish-dns -- <domain or address> [--remove]`: has the demo's DNS say what Postroom asks for, as the owner of that domain
 * would; then Postroom looks at once. Exit 1: there is nothing to publish.
 */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { readReady } from '../src/cli/ready.ts';
import path from 'node:path';

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

/** What is said instead of a stack trace; exit 1. */
class Sentence extends Error {}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { remove: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const [wanted] = positionals;
  if (wanted === undefined) throw new Sentence(USAGE);
  const ready = readReady(path.resolve('.postroom'));
  if (!ready?.dns_records_url)
    throw new Sentence('Postroom does not run here with a DNS of its own. First: npm start');
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
    throw new Sentence(`${api} has neither a domain ${wanted} nor an address to prove.`);

  for (const { name, type, value } of records)
    console.log(`${values.remove ? 'removed  ' : 'published'} ${type.padEnd(5)} ${name}  ${short(value)}`);
  if (values.remove)
    for (const { name, type } of records)
      await fetch(`${dns}?${new URLSearchParams({ name, type }).toString()}`, { method: 'DELETE' });
  else await fetch(dns, { method: 'PUT', headers, body: JSON.stringify({ records }) });
  const asked = [...domains.map(({ id }) => `domains/${id}`), ...proofs.map(({ id }) => `emails/${id}`)];
  for (const one of asked) {
    await fetch(`${api}/${one}/check`, { method: 'POST', headers });
    console.log(`looked at now: ${api}/${one}`);
  }
}

const short = (value: string): string => (value.length > 60 ? `${value.slice(0, 57)}...` : value);

try {
  await main();
} catch (error) {
  if (!(error instanceof Sentence)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
