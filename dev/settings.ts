import { environment, type Config } from '../src/infra/config.ts';
import type { EnginesUp } from './engines.ts';
import type { Secrets } from './secrets.ts';

export interface Ports {
  web: number;
  /** Health checks of the worker. */
  worker: number;
  mailgun: number;
  /** DNS server of the local Mailgun. */
  dns: number;
}

/** Addresses and shared settings of web, worker and Mailgun. */
export interface Settings {
  ports: Ports;
  webUrl: string;
  mailgun: Config['mailgun'];
  /** False: a Mailgun account is configured. */
  ownMailgun: boolean;
  /** Environment of web and worker, without their ports. */
  env: NodeJS.ProcessEnv;
}

/**
 * Configured values are kept; the others come from the engines that were started and the secrets of this
 * checkout.
 */
export function settings(config: Config, secrets: Secrets, up: EnginesUp, ports: Ports): Settings {
  const webUrl = config.publicUrlIsExplicit ? config.publicUrl : local(ports.web);
  const ownMailgun = config.mailgun.apiKey === '';
  const mailgun = ownMailgun
    ? {
        url: local(ports.mailgun),
        apiKey: secrets.mailgun_api_key,
        signingKey: config.mailgun.signingKey || secrets.signing_key,
        signatureHours: 12,
        timeoutMs: config.mailgun.timeoutMs,
      }
    : config.mailgun;
  const env = {
    ...environment(),
    ...up.s3Environment,
    LISTEN_ADDRESS: config.listenAddress ?? '127.0.0.1',
    PUBLIC_URL: webUrl,
    TEMPORAL_ADDRESS: up.temporalAddress,
    TEMPORAL_UI_URL: up.temporalUiUrl ?? '',
    MONGODB_URI: up.mongodbUri,
    MAILGUN_API_KEY: mailgun.apiKey,
    MAILGUN_SIGNING_KEY: mailgun.signingKey,
    MAILGUN_URL: mailgun.url,
    MIME_TOKENS: [...config.mimeTokens, secrets.mime_token, secrets.api_token, mailgun.signingKey].join(','),
    URL_SECRET: secrets.url_secret,
    SECRETS_KEY: config.secretsKey ?? secrets.secrets_key,
    WEBHOOKS_ALLOW_LOOPBACK: '1',
    DEMO_SIGN_IN: '1',
    // With the local Mailgun, no DNS query leaves this machine.
    ...(ownMailgun && { DNS_SERVERS: `127.0.0.1:${ports.dns}` }),
  };
  return { ports, webUrl, mailgun, ownMailgun, env };
}

export const local = (port: number): string => `http://127.0.0.1:${port}`;
