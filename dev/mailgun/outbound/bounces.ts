import { JsonFile } from '../jsonFile.ts';

export interface Bounce {
  domain: string;
  address: string;
  code: string;
  error: string;
  /** Milliseconds since 1970. */
  at: number;
}

/** The suppression list: addresses that bounced, for each sending domain. */
export class Bounces {
  readonly #file: JsonFile<Bounce>;
  #bounces = new Map<string, Bounce>();

  private constructor(file: JsonFile<Bounce>) {
    this.#file = file;
  }

  static async open(path: string): Promise<Bounces> {
    const bounces = new Bounces(new JsonFile(path));
    for (const bounce of await bounces.#file.read()) bounces.#bounces.set(keyOf(bounce), bounce);
    return bounces;
  }

  has(domain: string, address: string): boolean {
    return this.#bounces.has(keyOf({ domain, address }));
  }
  list(domain: string): Bounce[] {
    return [...this.#bounces.values()].filter((bounce) => bounce.domain === domain.toLowerCase());
  }
  find(domain: string, address: string): Bounce | undefined {
    return this.#bounces.get(keyOf({ domain, address }));
  }
  add(bounce: Bounce): Promise<void> {
    const { domain, address } = bounce;
    this.#bounces.set(keyOf(bounce), {
      ...bounce,
      domain: domain.toLowerCase(),
      address: address.toLowerCase(),
    });
    return this.#save();
  }
  /** @returns false when it is not on the list */
  async remove(domain: string, address: string): Promise<boolean> {
    const existed = this.#bounces.delete(keyOf({ domain, address }));
    if (existed) await this.#save();
    return existed;
  }

  #save(): Promise<void> {
    return this.#file.save(() => this.#bounces.values());
  }
}

const keyOf = ({ domain, address }: Pick<Bounce, 'domain' | 'address'>): string =>
  JSON.stringify([domain.toLowerCase(), address.toLowerCase()]);
