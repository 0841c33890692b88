import { randomBytes } from 'node:crypto';
import { getServers } from 'node:dns';
import { isIP } from 'node:net';
import path from 'node:path';
import { z } from 'zod';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../lib/time.ts';

/**
 * Everything that Postroom takes from its environment, checked once. This is the only file that reads `process.env`
 * (linted). `.env.example` documents each variable; `loadConfig` reports all faults at once.
 */
export interface Config {
  /** Port of the web process. */
  readonly port: number;
  /** True when PORT was set: then a port in use is an error instead of a reason to take the next free one. */
  readonly portIsExplicit: boolean;
  /** Where the outside world reaches the web process, without a trailing slash. */
  readonly publicUrl: string;
  /** True when PUBLIC_URL was set. */
  readonly publicUrlIsExplicit: boolean;
  /** Port of the worker's health checks. */
  readonly workerPort: number;
  readonly temporal: {
    readonly address: string | null;
    readonly namespace: string;
    readonly uiUrl: string | null;
  };
  readonly mongodbUri: string | null;
  readonly mongodBinary: string | null;
  readonly mailgun: {
    readonly apiKey: string;
    readonly signingKey: string;
    /** Base URL of Mailgun's API; attachments may be fetched from its host besides Mailgun's own. */
    readonly url: string;
    /** Longest wait for an answer of Mailgun's API (ms); at most two minutes. */
    readonly timeoutMs: number;
  };
  /** Bearer tokens that open `POST /webhooks/mime/inbound`; empty = closed. */
  readonly mimeTokens: readonly string[];
  /** Key of the signed URLs of images in messages; one of its own in every process where none is set. */
  readonly urlSecret: string;
  /** Seals the secrets of webhook endpoints at rest; null = there can be none. */
  readonly secretsKey: string | null;
  readonly storage: { readonly url: string; readonly s3Endpoint: string | null };
  readonly platformDomain: string;
  /** Resolvers that are asked what customers publish, each once: `ip`, `ip:port` or `[v6]:port`. */
  readonly dnsServers: readonly string[];
  /** Folder in which engines are kept between runs. */
  readonly cacheDir: string;
  /** Largest webhook body in bytes, inclusive. */
  readonly maxPostBytes: number;
  readonly webhooksAllowLoopback: boolean;
  /** How many requests a token or a session has, of the API. */
  readonly apiRequestsPerMinute: number;
  /** Proxies in front of web that each add the address they were called from to X-Forwarded-For; 0: that header is ignored. */
  readonly trustedProxies: number;
  /** A row that is not final after this long, and whose run is closed, becomes `failed` (milliseconds). */
  readonly settleAfterMs: number;
  /** Waits of the reply workflow, in milliseconds. */
  readonly replies: {
    /** After an unclear try: only when the provider has told nothing for so long was it not sent. */
    readonly settleMs: number;
    /** How long a reply is tried before it has failed. */
    readonly giveUpMs: number;
    /** Before the second try; then twice as long each time, at most an hour. */
    readonly retryMs: number;
    /** How long the provider keeps its events (Mailgun: 1 to 30 days, by plan). */
    readonly eventsKeptMs: number;
  };
  /** Waits of the workflow of domains, in milliseconds. */
  readonly domains: {
    /** From the first sight of something broken until sending stops, or the claim ends. */
    readonly graceMs: number;
  };
  /** Days for which the raw of routed and skipped mail is kept. */
  readonly retentionDays: number;
  readonly logLevel: string;
}

const MiB = 1024 * 1024;

const url = (schemes: string[]) =>
  z.string().refine((value) => URL.canParse(value) && schemes.includes(new URL(value).protocol), {
    message: `must be a URL starting with ${schemes.map((s) => `${s}//`).join(' or ')}`,
  });
const wholeNumber = z.string().regex(/^\d+$/, 'must be a whole number').transform(Number);

/** `1.1.1.1`, `1.1.1.1:53`, `2606:4700::1111`, `[2606:4700::1111]:53`. */
function isDnsServer(server: string): boolean {
  const [, v6, v4, port = '53'] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d+))?$/.exec(server) ?? [];
  const isAddress = v6 !== undefined ? isIP(v6) === 6 : isIP(v4 ?? server) !== 0;
  return isAddress && Number(port) >= 1 && Number(port) <= 65_535;
}

/** The machine's own, and two that do not depend on its network: a majority of three is out of one liar's reach. */
const usualDnsServers = (): string[] => [...getServers(), '1.1.1.1', '8.8.8.8'];

const Environment = z.object({
  PORT: wholeNumber.refine((n) => n <= 65_535, 'must be 0 to 65535').optional(),
  WORKER_PORT: wholeNumber.refine((n) => n <= 65_535, 'must be 0 to 65535').default(3001),
  PUBLIC_URL: url(['http:', 'https:']).optional(),
  TEMPORAL_ADDRESS: z
    .string()
    .regex(/^[^\s/]+:\d+$/, 'must be host:port')
    .optional(),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  TEMPORAL_UI_URL: url(['http:', 'https:']).optional(),
  MONGODB_URI: z
    .string()
    .regex(/^mongodb(\+srv)?:\/\//, 'must start with mongodb:// or mongodb+srv://')
    .optional(),
  MONGOD_BINARY: z.string().optional(),
  MAILGUN_API_KEY: z.string().default(''),
  MAILGUN_SIGNING_KEY: z.string().default(''),
  MAILGUN_URL: url(['http:', 'https:']).default('https://api.mailgun.net'),
  MIME_TOKENS: z.string().default(''),
  URL_SECRET: z.string().min(32, 'must be at least 32 characters').optional(),
  SECRETS_KEY: z.string().min(32, 'must be at least 32 characters').optional(),
  STORAGE_URL: url(['file:', 's3:']).optional(),
  S3_ENDPOINT: url(['http:', 'https:']).optional(),
  PLATFORM_DOMAIN: z.string().toLowerCase().default('postroom.test'),
  DNS_SERVERS: z
    .string()
    .transform((list) =>
      list
        .split(',')
        .map((server) => server.trim())
        .filter(Boolean),
    )
    .refine(
      (servers) => servers.every(isDnsServer),
      'must be addresses, separated by commas: ip, ip:port or [v6]:port',
    )
    .refine((servers) => servers.length > 0, 'must name at least one resolver')
    .optional(),
  POSTROOM_CACHE: z.string().optional(),
  HOME: z.string().optional(),
  MAX_POST_BYTES: wholeNumber.default(200 * MiB),
  WEBHOOKS_ALLOW_LOOPBACK: z.enum(['0', '1']).default('0'),
  API_REQUESTS_PER_MINUTE: wholeNumber.refine((n) => n >= 1, 'must be at least 1').default(3_000),
  TRUSTED_PROXIES: wholeNumber.refine((n) => n <= 10, 'must be 0 to 10').default(0),
  SETTLE_AFTER_MS: wholeNumber.default(60 * 60 * 1000),
  // The activity that calls ends after three minutes (workflows/policies.ts).
  MAILGUN_TIMEOUT_MS: wholeNumber
    .refine((ms) => ms >= 1 && ms <= 120_000, 'must be 1 to 120000')
    .default(60_000),
  REPLY_SETTLE_MS: wholeNumber.default(15 * MINUTE_MS),
  REPLY_GIVE_UP_MS: wholeNumber.default(48 * HOUR_MS),
  REPLY_RETRY_MS: wholeNumber.default(5_000),
  EVENTS_KEPT_MS: wholeNumber.default(DAY_MS),
  DOMAIN_GRACE_MS: wholeNumber.default(3 * DAY_MS),
  // The last two days of the archive are compared with what became of them.
  RETENTION_DAYS: wholeNumber.refine((days) => days >= 3, 'must be 3 or more').default(30),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

/** Thrown with one line per wrong variable. */
export class ConfigError extends Error {}

/** Checks the environment. @throws ConfigError naming every variable that is wrong. */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = Environment.safeParse(set);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `  ${issue.path.join('.')} ${issue.message}`);
    throw new ConfigError(
      `The environment is not right (.env.example explains each variable):\n${faults.join('\n')}`,
    );
  }
  const e = parsed.data;
  const port = e.PORT ?? 3000;
  return Object.freeze<Config>({
    port,
    portIsExplicit: e.PORT !== undefined,
    publicUrlIsExplicit: e.PUBLIC_URL !== undefined,
    workerPort: e.WORKER_PORT,
    publicUrl: (e.PUBLIC_URL ?? `http://127.0.0.1:${port}`).replace(/\/+$/, ''),
    temporal: Object.freeze({
      address: e.TEMPORAL_ADDRESS ?? null,
      namespace: e.TEMPORAL_NAMESPACE,
      uiUrl: e.TEMPORAL_UI_URL?.replace(/\/+$/, '') ?? null,
    }),
    mongodbUri: e.MONGODB_URI ?? null,
    mongodBinary: e.MONGOD_BINARY ?? null,
    mailgun: Object.freeze({
      apiKey: e.MAILGUN_API_KEY,
      signingKey: e.MAILGUN_SIGNING_KEY,
      url: e.MAILGUN_URL.replace(/\/+$/, ''),
      timeoutMs: e.MAILGUN_TIMEOUT_MS,
    }),
    mimeTokens: Object.freeze(e.MIME_TOKENS.split(',').filter(Boolean)),
    urlSecret: e.URL_SECRET ?? randomBytes(32).toString('hex'),
    secretsKey: e.SECRETS_KEY ?? null,
    storage: Object.freeze({
      url: e.STORAGE_URL ?? `file:${path.resolve('.postroom/storage')}`,
      s3Endpoint: e.S3_ENDPOINT ?? null,
    }),
    platformDomain: e.PLATFORM_DOMAIN,
    dnsServers: Object.freeze([...new Set(e.DNS_SERVERS ?? usualDnsServers())]),
    cacheDir: path.resolve(e.POSTROOM_CACHE ?? path.join(e.HOME ?? '.', '.cache', 'postroom')),
    maxPostBytes: e.MAX_POST_BYTES,
    webhooksAllowLoopback: e.WEBHOOKS_ALLOW_LOOPBACK === '1',
    apiRequestsPerMinute: e.API_REQUESTS_PER_MINUTE,
    trustedProxies: e.TRUSTED_PROXIES,
    settleAfterMs: e.SETTLE_AFTER_MS,
    replies: Object.freeze({
      settleMs: e.REPLY_SETTLE_MS,
      giveUpMs: e.REPLY_GIVE_UP_MS,
      retryMs: e.REPLY_RETRY_MS,
      eventsKeptMs: e.EVENTS_KEPT_MS,
    }),
    domains: Object.freeze({ graceMs: e.DOMAIN_GRACE_MS }),
    retentionDays: e.RETENTION_DAYS,
    logLevel: e.LOG_LEVEL,
  });
}

/** The environment as it is, to hand down to child processes. */
export const environment = (): NodeJS.ProcessEnv => ({ ...process.env });
