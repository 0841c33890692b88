import path from 'node:path';
import { JsonFile } from '../jsonFile.ts';

/** The types of webhooks. Opens, clicks and unsubscribes never happen here. */
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

/** The URLs to which the events of each domain are posted, by type. */
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

  /** The webhooks of a domain. */
  of(domain: string): Webhook[] {
    return this.#webhooks.filter((webhook) => webhook.domain === domain.toLowerCase());
  }
  urls(domain: string, type: WebhookType): string[] {
    return this.of(domain).find((webhook) => webhook.type === type)?.urls ?? [];
  }
  /** Replaces the URLs of a type; without any, the webhook is removed. */
  async set(domain: string, type: WebhookType, urls: string[]): Promise<void> {
    const others = this.#webhooks.filter((webhook) => webhook.domain !== domain || webhook.type !== type);
    this.#webhooks = urls.length > 0 ? [...others, { domain, type, urls }] : others;
    await this.#save();
  }
  async removeAll(domain: string): Promise<void> {
    this.#webhooks = this.#webhooks.filter((webhook) => webhook.domain !== domain);
    await this.#save();
  }

  #save(): Promise<void> {
    return this.#file.save(() => this.#webhooks);
  }
}
