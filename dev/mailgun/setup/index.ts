import { mkdir } from 'node:fs/promises';
import type Router from '@koa/router';
import type { FaultSwitch } from '../faults.ts';
import type { Header } from '../headers.ts';
import type { LocalMailgunSettings } from '../outbound/types.ts';
import type { EventOfMail } from '../outbound/sentMails.ts';
import type { Destination } from './action.ts';
import type { Resolve } from './checkDns.ts';
import { newDomain } from './domain.ts';
import { DEFAULTS } from './domainForm.ts';
import { addDomainRoutes } from './domainRoutes.ts';
import { Domains } from './domains.ts';
import { addKeyRoutes } from './keyRoutes.ts';
import { RouteList } from './routeList.ts';
import { addRouteRoutes } from './routeRoutes.ts';
import { SetupApi } from './setupApi.ts';
import { addWebhookRoutes } from './webhookRoutes.ts';
import { Webhooks, type WebhookType } from './webhooks.ts';

export interface SetupOptions {
  dataDir: string;
  apiKey: string;
  faults: FaultSwitch;
  settings: LocalMailgunSettings;
  resolve: Resolve;
  /** The local Mailgun's base URL; known once it listens. */
  url(): string;
  /** A domain that the account has from the beginning, and that may send; null: none. */
  ownDomain: string | null;
}

/** The set-up of an account: domains with their DKIM keys, routes, webhooks. */
export class Setup {
  readonly #options: SetupOptions;
  readonly #domains: Domains;
  readonly #routes: RouteList;
  readonly #webhooks: Webhooks;

  private constructor(options: SetupOptions, domains: Domains, routes: RouteList, webhooks: Webhooks) {
    this.#options = options;
    this.#domains = domains;
    this.#routes = routes;
    this.#webhooks = webhooks;
  }

  static async open(options: SetupOptions): Promise<Setup> {
    await mkdir(options.dataDir, { recursive: true });
    const { dataDir, ownDomain } = options;
    const domains = await Domains.open(dataDir);
    if (ownDomain !== null) {
      const key = { selector: undefined, bits: 1024 } as const;
      await domains.add({ ...(await newDomain(ownDomain, DEFAULTS, key)), state: 'active' });
    }
    return new Setup(options, domains, await RouteList.open(dataDir), await Webhooks.open(dataDir));
  }

  addRoutes(router: Router): void {
    const { faults, ...options } = this.#options;
    const api = new SetupApi(router, { ...options, faults: faults.domains });
    addDomainRoutes(api, { ...options, domains: this.#domains, webhooks: this.#webhooks });
    addWebhookRoutes(api, { domains: this.#domains, webhooks: this.#webhooks });
    addKeyRoutes(api, { ...options, domains: this.#domains });
    addRouteRoutes(api, this.#routes);
  }

  /** Where a mail for this recipient is posted; null when no route matches. */
  destinationsFor(recipient: string, headers: Header[]): Destination[] | null {
    return this.#routes.destinationsFor(recipient, headers);
  }

  /** Where the webhooks of the mail's domain post an event; null when the domain has no webhooks. */
  eventUrls(of: EventOfMail): URL[] | null {
    const { domain } = of.mail;
    if (!this.#domains.find(domain) || this.#webhooks.of(domain).length === 0) return null;
    return this.#webhooks.urls(domain, typeOf(of)).map((url) => new URL(url));
  }

  /**
   * Why mail from this domain is refused; null: it is accepted, also for a domain that the account does not
   * have.
   */
  refusalFrom(name: string): string | null {
    const domain = this.#domains.find(name);
    if (!domain || domain.state === 'active') return null;
    return `Domain ${name} is not allowed to send: ${UNVERIFIED}`;
  }
}

/** The type of webhook for an event. */
function typeOf({ event }: EventOfMail): WebhookType {
  if (event.kind !== 'failed') return event.kind;
  return event.severity === 'temporary' ? 'temporary_fail' : 'permanent_fail';
}

const UNVERIFIED =
  'The domain is unverified and requires DNS configuration. Log in to your control panel to view required DNS records.';
