/** The local Mailgun and its DNS as a process: PORT is its own, PUBLIC_URL is Postroom's, DNS_SERVERS where the DNS is to listen. */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { loadConfig } from '../src/infra/config.ts';
import { startDns } from './mailgun/dns/index.ts';
import { startSandbox } from './mailgun/index.ts';

const { port, publicUrl, mailgun, dnsServers, platformDomain } = loadConfig();
const dataDir = path.resolve('.postroom/mailgun');
const [dnsServer = ''] = dnsServers;
// Postroom makes them anew when its worker starts: those of a run on another port would go on taking the mail.
for (const made of ['routes.json', 'webhooks.json']) rmSync(path.join(dataDir, made), { force: true });
const dns = await startDns({ port: Number(dnsServer.slice(dnsServer.lastIndexOf(':') + 1)), dataDir });
const sandbox = await startSandbox({
  port,
  webhookUrl: publicUrl,
  signingKey: mailgun.signingKey,
  apiKey: mailgun.apiKey,
  dataDir,
  dns,
  // Else its event hooks are refused: with a 404, as those of a domain that is not there.
  ownDomain: platformDomain,
  // Mailgun's appear late too.
  eventsDelayMs: 1_000,
});
console.log(`the local Mailgun is at ${sandbox.url}`);
process.once('SIGTERM', () => {
  void Promise.all([sandbox.close(), dns.close()]).then(() => process.exit(0));
});
