import type { Environment } from './environment.ts';

/** What a person reads when it is ready: what is where, and how to send it a mail. */
export function describeLocalMailgun(url: string, dnsAddress: string, environment: Environment): string {
  const webhooks = `${environment.WEBHOOK_URL.replace(/\/+$/, '')}/webhooks/mailgun`;
  const mail = `{"from": "ann@client.test", "to": "support@${environment.MAIL_DOMAIN}", "text": "Where is my order?"}`;
  return [
    `The local Mailgun is at ${url}`,
    `  API key         ${environment.MAILGUN_API_KEY}`,
    `  signing key     ${environment.MAILGUN_SIGNING_KEY}`,
    `  domain          ${environment.MAIL_DOMAIN}`,
    `  mail goes to    ${environment.INBOUND_URL ?? `${webhooks}/inbound`} (where no route matches)`,
    `  events go to    ${environment.EVENTS_URL ?? `${webhooks}/events`} (of a domain without webhooks)`,
    `  delivered mail  ${url}/sandbox/outbox`,
    `  posts           ${url}/sandbox/posts`,
    `  DNS server      ${dnsAddress}, records at ${url}/sandbox/dns`,
    `  data            ${environment.DATA_DIR ?? 'in a temporary folder, removed at the end'}`,
    '',
    'Let it receive a mail:',
    `  curl --json '${mail}' ${url}/sandbox/receive`,
  ].join('\n');
}
