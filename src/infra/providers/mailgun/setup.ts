import type { Config } from '../../config.ts';
import type { ProviderSetUp } from '../setup.ts';
import { createDomain, findDomain, removeDomain, verifyDomain } from './domains.ts';
import { keepEventHooks } from './eventHooks.ts';
import { keepRoutes } from './keepRoutes.ts';

/** Mailgun's account: domains, routes and webhooks. */
export function createMailgunSetUp(config: Config['mailgun']): ProviderSetUp {
  return {
    name: 'mailgun',
    findDomain: (name) => findDomain(config, name),
    createDomain: (name) => createDomain(config, name),
    verifyDomain: (name) => verifyDomain(config, name),
    removeDomain: (name) => removeDomain(config, name),
    keepRoutes: (domains, publicUrl) => keepRoutes(config, domains, publicUrl),
    keepEventHooks: (domain, publicUrl) => keepEventHooks(config, domain, publicUrl),
  };
}
