import { readFile, rename, writeFile } from 'node:fs/promises';

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
  readonly #file: string;
  #bounces = new Map<string, Bounce>();
  #saved: Promise<void> = Promise.resolve();

  private constructor(file: string) {
    this.#file = file;
  }

  static async open(file: string): Promise<Bounces> {
    const bounces = new Bounces(file);
    const json = await readFile(file, 'utf8').catch(() => '[]');
    for (const bounce of JSON.parse(json) as Bounce[]) bounces.#bounces.set(keyOf(bounce), bounce);
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
  /** @returns false when it is not on the list. */
  async remove(domain: string, address: string): Promise<boolean> {
    const isThere = this.#bounces.delete(keyOf({ domain, address }));
    if (isThere) await this.#save();
    return isThere;
  }

  /** One after the other, whole each time: the list is short. */
  #save(): Promise<void> {
    this.#saved = this.#saved.then(async () => {
      await writeFile(`${this.#file}.new`, JSON.stringify([...this.#bounces.values()]));
      await rename(`${this.#file}.new`, this.#file);
    });
    return this.#saved;
  }
}

const keyOf = ({ domain, address }: Pick<Bounce, 'domain' | 'address'>): string =>
  JSON.stringify([domain.toLowerCase(), address.toLowerCase()]);
