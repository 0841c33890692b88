/** The local Mailgun as a process: PORT is its own, PUBLIC_URL is Postroom's. */
import path from 'node:path';
import { loadConfig } from '../config.ts';
import { startSandbox } from '../sandbox/index.ts';

const { port, publicUrl, mailgun } = loadConfig();
const sandbox = await startSandbox({
  port,
  webhookUrl: publicUrl,
  signingKey: mailgun.signingKey,
  apiKey: mailgun.apiKey,
  dataDir: path.resolve('.postroom/mailgun'),
  // Mailgun's appear late too.
  eventsDelayMs: 1_000,
});
console.log(`the local Mailgun is at ${sandbox.url}`);
process.once('SIGTERM', () => {
  void sandbox.close().then(() => process.exit(0));
});
