import { answer } from './answer.ts';
import { listen } from './listen.ts';
import { Zone, type DnsFault, type DnsRecord, type RecordType } from './zone.ts';

export { addDnsRoutes } from './routes.ts';
export type { DnsFault, DnsRecord, RecordType } from './zone.ts';

export interface DnsOptions {
  /** 0: any free port. */
  port: number;
  /** Keeps the records between runs, in `dns.json`; by default they end with the process. */
  dataDir?: string;
}

/** A DNS server on 127.0.0.1, over UDP and TCP, whose records and faults are set at run time. */
export interface DemoDns {
  readonly port: number;
  /** `ip:port`, as a list of resolvers names it. */
  readonly address: string;
  readonly records: readonly DnsRecord[];
  /** The names with a fault, and the fault. */
  readonly faults: ReadonlyMap<string, DnsFault>;
  /**
   * Replaces the values of this name and type, at once.
   * @param values an MX as `10 host`
   * @returns once they are saved
   */
  set(name: string, type: RecordType, values: readonly string[]): Promise<void>;
  /** Without a type: all records of the name. Without a name: all records. */
  remove(name?: string, type?: RecordType): Promise<void>;
  /**
   * Sets the fault of a name; null removes it. A name without records is NXDOMAIN anyway.
   * @param name `*`: all names
   */
  fail(name: string, fault: DnsFault | null): void;
  close(): Promise<void>;
}

/** Starts a DNS server. @throws EADDRINUSE when the port is in use */
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
