import { rmSync } from 'node:fs';
import path from 'node:path';
import { environment } from '../src/infra/config.ts';
import { local, type Settings } from './settings.ts';

/**
 * The environment in which `npm start` runs the local Mailgun, which keeps its data below `dataDir`. Removes
 * the routes and webhooks of an earlier run: the worker makes them again when it starts, and those of a run
 * on another port would still receive the mail.
 */
export function localMailgunEnvironment(
  dataDir: string,
  domain: string,
  { mailgun, ports }: Pick<Settings, 'mailgun' | 'ports'>,
): NodeJS.ProcessEnv {
  const folder = path.join(dataDir, 'mailgun');
  for (const file of ['routes.json', 'webhooks.json']) rmSync(path.join(folder, file), { force: true });
  return {
    ...environment(),
    PORT: String(ports.mailgun),
    DNS_PORT: String(ports.dns),
    WEBHOOK_URL: local(ports.web),
    INBOUND_URL: '',
    EVENTS_URL: '',
    MAILGUN_API_KEY: mailgun.apiKey,
    MAILGUN_SIGNING_KEY: mailgun.signingKey,
    // Webhooks are made for this domain: for a domain that the account lacks, those calls are answered 404.
    MAIL_DOMAIN: domain,
    DATA_DIR: folder,
  };
}
