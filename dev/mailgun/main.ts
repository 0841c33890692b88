/**
 * `npm run local-mailgun`: the local Mailgun and its DNS server as a process of its own, until SIGTERM or
 * Ctrl-C. environment.ts has the settings, README.md the rest.
 */
import { parseArgs } from 'node:util';
import { startDns } from './dns/index.ts';
import {
  EnvironmentError,
  FIRST_DNS_PORT,
  FIRST_PORT,
  HELP,
  readEnvironment,
  type Environment,
} from './environment.ts';
import { startLocalMailgun } from './index.ts';
import { describeLocalMailgun } from './describe.ts';

/** How many ports are tried when none is set. */
const PORTS_TRIED = 50;

/** A sentence for the person who started it; exit code 1. */
class StartError extends Error {}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } });
  if (values.help) {
    console.log(HELP);
    return;
  }
  const environment = readEnvironment(process.env);
  const dataDir = environment.DATA_DIR === undefined ? {} : { dataDir: environment.DATA_DIR };
  const dns = await onPort('DNS_PORT', environment, FIRST_DNS_PORT, (port) => startDns({ port, ...dataDir }));
  const options = {
    webhookUrl: environment.WEBHOOK_URL,
    ...(environment.INBOUND_URL !== undefined && { inboundUrl: environment.INBOUND_URL }),
    ...(environment.EVENTS_URL !== undefined && { eventsUrl: environment.EVENTS_URL }),
    signingKey: environment.MAILGUN_SIGNING_KEY,
    apiKey: environment.MAILGUN_API_KEY,
    ownDomain: environment.MAIL_DOMAIN,
    eventsDelayMs: environment.EVENTS_DELAY_MS,
    retrySpeed: environment.RETRY_SPEED,
    dns,
    ...dataDir,
  };
  const localMailgun = await onPort('PORT', environment, FIRST_PORT, (port) =>
    startLocalMailgun({ port, ...options }),
  );
  console.log(describeLocalMailgun(localMailgun.url, dns.address, environment));

  let isStopping = false;
  const stop = async (): Promise<void> => {
    if (isStopping) return;
    isStopping = true;
    await Promise.all([localMailgun.close(), dns.close()]);
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void stop());
}

/** Starts on the port that is set, else on the first free one from `firstPort` up. @throws StartError */
async function onPort<Started>(
  variable: 'PORT' | 'DNS_PORT',
  environment: Environment,
  firstPort: number,
  start: (port: number) => Promise<Started>,
): Promise<Started> {
  const fixed = environment[variable];
  for (let port = fixed ?? firstPort; ; port += 1) {
    try {
      return await start(port);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      if (fixed !== undefined)
        throw new StartError(`Port ${port} is in use: stop what uses it, or set ${variable} to another one.`);
      if (port === firstPort + PORTS_TRIED)
        throw new StartError(`No port from ${firstPort} to ${port} is free: set ${variable}.`);
    }
  }
}

try {
  await main();
} catch (error) {
  const isSentence = error instanceof StartError || error instanceof EnvironmentError;
  const isUsage = (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS') === true;
  if (isUsage) console.error(`${(error as Error).message}\n\n${HELP}`);
  else console.error(isSentence ? error.message : error);
  process.exit(1);
}
