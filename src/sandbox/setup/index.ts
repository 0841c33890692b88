import { mkdir } from 'node:fs/promises';
import type Router from '@koa/router';
import type { FaultSwitch } from '../faults.ts';
import type { Header } from '../headers.ts';
import type { SandboxSettings } from '../outbound/types.ts';
import type { Destination } from './action.ts';
import type { Resolve } from './checkDns.ts';
import { addDomainRoutes } from './domainRoutes.ts';
import { Domains } from './domains.ts';
import { addKeyRoutes } from './keyRoutes.ts';
import { RouteList } from './routeList.ts';
import { addRouteRoutes } from './routeRoutes.ts';
import { SetupApi } from './setupApi.ts';

export interface SetupOptions {
  dataDir: string;
  apiKey: string;
  faults: FaultSwitch;
  settings: SandboxSettings;
  resolve: Resolve;
  /** The sandbox's own base URL; known once it listens. */
  url(): string;
}

/** What an account is set up with: domains and their DKIM keys, routes. */
export class Setup {
  readonly #options: SetupOptions;
  readonly #domains: Domains;
  readonly #routes: RouteList;

  private constructor(options: SetupOptions, domains: Domains, routes: RouteList) {
    this.#options = options;
    this.#domains = domains;
    this.#routes = routes;
  }

  static async open(options: SetupOptions): Promise<Setup> {
    await mkdir(options.dataDir, { recursive: true });
    return new Setup(options, await Domains.open(options.dataDir), await RouteList.open(options.dataDir));
  }

  addRoutes(router: Router): void {
    const { faults, ...options } = this.#options;
    const api = new SetupApi(router, { ...options, faults: faults.domains });
    addDomainRoutes(api, { ...options, domains: this.#domains });
    addKeyRoutes(api, { ...options, domains: this.#domains });
    addRouteRoutes(api, this.#routes);
  }

  /** Where a mail for this recipient is posted; null where no route matches. */
  destinationsFor(recipient: string, headers: Header[]): Destination[] | null {
    return this.#routes.destinationsFor(recipient, headers);
  }

  /** Why mail from this domain is not sent; null = it is, as from any domain that is not on the list. */
  refusalFrom(name: string): string | null {
    const domain = this.#domains.find(name);
    if (!domain || domain.state === 'active') return null;
    return `Domain ${name} is not allowed to send: ${UNVERIFIED}`;
  }
}

const UNVERIFIED =
  'The domain is unverified and requires DNS configuration. Log in to your control panel to view required DNS records.';
