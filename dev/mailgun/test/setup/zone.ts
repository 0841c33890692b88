import type { Resolve } from '../../setup/checkDns.ts';

/** The DNS of the tests: `put` sets what is found. */
export class Zone {
  readonly records = new Map<string, string[]>();
  /** Names whose server fails, and names whose server never answers. */
  readonly down = new Set<string>();
  readonly silent = new Set<string>();

  readonly resolve: Resolve = async (type, name) => {
    if (this.down.has(name)) throw new Error('ESERVFAIL');
    if (this.silent.has(name)) return new Promise(() => {});
    return this.records.get(`${type} ${name}`) ?? [];
  };

  put(type: 'TXT' | 'MX' | 'CNAME', name: string, ...values: string[]): void {
    this.records.set(`${type} ${name}`, values);
  }
}

/** A record that Mailgun wants published, as mailgun.js returns it. */
interface Asked {
  name?: string;
  record_type: string;
  value: string;
  priority?: string;
}

/** Publishes the records that Mailgun wants. */
export function publish(
  zone: Zone,
  domain: { name: string; sending_dns_records: Asked[] | null; receiving_dns_records: Asked[] | null },
): void {
  for (const { name, record_type, value } of domain.sending_dns_records!)
    zone.put(record_type as 'TXT' | 'CNAME', name!, value);
  const mx = domain.receiving_dns_records!.map(({ priority, value }) => `${priority} ${value}`);
  zone.put('MX', domain.name, ...mx);
}
