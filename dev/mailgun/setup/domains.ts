import path from 'node:path';
import { JsonFile } from '../jsonFile.ts';
import { checkDns, type Resolve } from './checkDns.ts';
import { stateOf, type Domain } from './domain.ts';

/** The account's domains, by name. */
export class Domains {
  readonly #file: JsonFile<Domain>;
  readonly #domains = new Map<string, Domain>();

  private constructor(file: JsonFile<Domain>) {
    this.#file = file;
  }

  static async open(dataDir: string): Promise<Domains> {
    const domains = new Domains(new JsonFile(path.join(dataDir, 'domains.json')));
    for (const domain of await domains.#file.read()) domains.#domains.set(domain.name, domain);
    return domains;
  }

  /** Oldest first. */
  get all(): Domain[] {
    return [...this.#domains.values()];
  }
  find(name: string): Domain | undefined {
    return this.#domains.get(name.toLowerCase());
  }
  /** @returns false when the name exists already */
  async add(domain: Domain): Promise<boolean> {
    if (this.#domains.has(domain.name)) return false;
    this.#domains.set(domain.name, domain);
    await this.save();
    return true;
  }
  async remove(domain: Domain): Promise<void> {
    this.#domains.delete(domain.name);
    await this.save();
  }

  async verify(domain: Domain, resolve: Resolve): Promise<void> {
    domain.checks = await checkDns(domain, resolve);
    domain.state = stateOf(domain);
    await this.save();
  }

  /** Must be called after a change of one of them. */
  save(): Promise<void> {
    return this.#file.save(() => this.#domains.values());
  }
}
