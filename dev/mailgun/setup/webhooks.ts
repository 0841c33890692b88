import path from 'node:path';
import { JsonFile } from '../jsonFile.ts';

/** Events that can be posted; those of opens, clicks and unsubscribes never happen here. */
export const WEBHOOK_TYPES = [
  'accepted',
  'clicked',
  'complained',
  'delivered',
  'opened',
  'permanent_fail',
  'temporary_fail',
  'unsubscribed',
] as const;
export type WebhookType = (typeof WEBHOOK_TYPES)[number];

interface Webhook {
  /** In lower case. */
  domain: string;
  type: WebhookType;
  /** One to three. */
  urls: string[];
}

/** Where events of the domains go, by type. */
export class Webhooks {
  readonly #file: JsonFile<Webhook>;
  #webhooks: Webhook[] = [];

  private constructor(file: JsonFile<Webhook>) {
    this.#file = file;
  }

  static async open(dataDir: string): Promise<Webhooks> {
    const webhooks = new Webhooks(new JsonFile(path.join(dataDir, 'webhooks.json')));
    webhooks.#webhooks = await webhooks.#file.read();
    return webhooks;
  }

  /** Those of a domain. */
  of(domain: string): Webhook[] {
    return this.#webhooks.filter((one) => one.domain === domain.toLowerCase());
  }
  urls(domain: string, type: WebhookType): string[] {
    return this.of(domain).find((one) => one.type === type)?.urls ?? [];
  }
  /** In place of those that were there; none = there is no webhook of this type. */
  async set(domain: string, type: WebhookType, urls: string[]): Promise<void> {
    const others = this.#webhooks.filter((one) => !(one.domain === domain && one.type === type));
    this.#webhooks = urls.length > 0 ? [...others, { domain, type, urls }] : others;
    await this.#save();
  }
  async removeAll(domain: string): Promise<void> {
    this.#webhooks = this.#webhooks.filter((one) => one.domain !== domain);
    await this.#save();
  }

  #save(): Promise<void> {
    return this.#file.save(() => this.#webhooks);
  }
}
