import { answer } from './answer.ts';
import { listen } from './listen.ts';
import { Zone, type DnsFault, type DnsRecord, type RecordType } from './zone.ts';

export { addDnsRoutes } from './routes.ts';
export type { DnsFault, DnsRecord, RecordType } from './zone.ts';

export interface DnsOptions {
  /** 0 = any free one. */
  port: number;
  /** Keeps the records between runs (`dns.json`); without it they go with the process. */
  dataDir?: string;
}

/** A DNS server on 127.0.0.1, over UDP and TCP, whose records appear, change and fail as they are told. */
export interface DemoDns {
  readonly port: number;
  /** As DNS_SERVERS has it. */
  readonly address: string;
  readonly records: readonly DnsRecord[];
  /** Names that fail now, and how. */
  readonly faults: ReadonlyMap<string, DnsFault>;
  /** Replaces the values of this name and type; seen at once. @param values an MX as `10 host`. @returns once they are kept. */
  set(name: string, type: RecordType, values: readonly string[]): Promise<void>;
  /** Without a type all of the name, without a name everything. */
  remove(name?: string, type?: RecordType): Promise<void>;
  /** How queries for a name fail from now on, null: no more. What is not there is NXDOMAIN anyway. @param name `*`: every name. */
  fail(name: string, fault: DnsFault | null): void;
  close(): Promise<void>;
}

/** Starts a demo DNS server. Rejects with EADDRINUSE when the port is taken. */
export async function startDns(options: DnsOptions): Promise<DemoDns> {
  const zone = await Zone.open(options.dataDir ?? null);
  const server = await listen(options.port, (query, over) => answer(query, zone, over));
  return {
    port: server.port,
    address: `127.0.0.1:${server.port}`,
    get records() {
      return zone.records;
    },
    faults: zone.faults,
    set: (name, type, values) => zone.set(name, type, values),
    remove: (name, type) => zone.remove(name, type),
    fail: (name, fault) => zone.fail(name, fault),
    async close() {
      await server.close();
      await zone.saved();
    },
  };
}
