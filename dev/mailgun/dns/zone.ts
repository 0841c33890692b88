import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

export const TYPES = ['TXT', 'MX', 'CNAME'] as const;
export type RecordType = (typeof TYPES)[number];

export interface DnsRecord {
  /** Lower case, no final dot. */
  name: string;
  type: RecordType;
  value: string;
  /** Of an MX only. */
  priority?: number;
}

export const FAULTS = ['SERVFAIL', 'REFUSED', 'timeout'] as const;
export type DnsFault = (typeof FAULTS)[number];

const DEFAULT_PRIORITY = 10;

/** The published records, and the names with a fault. */
export class Zone {
  #records: DnsRecord[] = [];
  readonly #faults = new Map<string, DnsFault>();
  readonly #file: string | null;
  #saved: Promise<void> = Promise.resolve();

  private constructor(file: string | null) {
    this.#file = file;
  }

  /** @param dataDir keeps the records between runs; null: they end with the process */
  static async open(dataDir: string | null): Promise<Zone> {
    if (dataDir === null) return new Zone(null);
    await mkdir(dataDir, { recursive: true });
    const zone = new Zone(path.join(dataDir, 'dns.json'));
    const json = await readFile(zone.#file!, 'utf8').catch(() => '[]');
    zone.#records = JSON.parse(json) as DnsRecord[];
    return zone;
  }

  get records(): readonly DnsRecord[] {
    return this.#records;
  }
  get faults(): ReadonlyMap<string, DnsFault> {
    return this.#faults;
  }

  find(name: string, type: RecordType): DnsRecord[] {
    const wanted = nameOf(name);
    return this.#records.filter((record) => record.name === wanted && record.type === type);
  }
  /** True also when only names below it have records (RFC 8020). */
  has(name: string): boolean {
    const wanted = nameOf(name);
    return this.#records.some((record) => record.name === wanted || record.name.endsWith(`.${wanted}`));
  }
  faultOf(name: string): DnsFault | null {
    return this.#faults.get(nameOf(name)) ?? this.#faults.get('*') ?? null;
  }

  /** Replaces the records of this name and type. @param values an MX as `10 host` */
  set(name: string, type: RecordType, values: readonly string[]): Promise<void> {
    const records = values.map((value) => recordOf(nameOf(name), type, value));
    this.#records = [...this.#without(name, type), ...records];
    return this.#save();
  }
  /** Without a type: all records of the name. Without a name: all records. */
  remove(name?: string, type?: RecordType): Promise<void> {
    this.#records = name === undefined ? [] : this.#without(name, type);
    return this.#save();
  }
  /** @param name `*`: all names */
  fail(name: string, fault: DnsFault | null): void {
    if (fault) this.#faults.set(nameOf(name), fault);
    else this.#faults.delete(nameOf(name));
  }
  /** Resolves when all changes are saved. */
  saved(): Promise<void> {
    return this.#saved;
  }

  #without(name: string, type?: RecordType): DnsRecord[] {
    const removed = nameOf(name);
    return this.#records.filter(
      (record) => record.name !== removed || (type !== undefined && record.type !== type),
    );
  }

  /** Each save writes the whole list, one save after the other: the list is short. */
  #save(): Promise<void> {
    const file = this.#file;
    if (file === null) return this.#saved;
    const write = async () => {
      await writeFile(`${file}.new`, JSON.stringify(this.#records));
      await rename(`${file}.new`, file);
    };
    this.#saved = this.#saved.then(write, write);
    return this.#saved;
  }
}

const nameOf = (name: string): string => name.trim().toLowerCase().replace(/\.$/, '');

function recordOf(name: string, type: RecordType, value: string): DnsRecord {
  if (type === 'TXT') return { name, type, value };
  const [, priority, host] = /^(?:(\d+)\s+)?(.*)$/s.exec(value.trim())!;
  const target = nameOf(host!);
  if (type === 'CNAME') return { name, type, value: target };
  return { name, type, value: target, priority: priority ? Number(priority) : DEFAULT_PRIORITY };
}
