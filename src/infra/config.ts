import { randomBytes } from 'node:crypto';
import { getServers } from 'node:dns';
import { isIP } from 'node:net';
import path from 'node:path';
import { z } from 'zod';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../lib/time.ts';

/**
 * Everything that Postroom reads from its environment, checked once. Only this file reads `process.env`
 * (linted). variables.ts documents each variable; `loadConfig` reports all faults at once.
 */
export interface Config {
  /** Port of the web process. */
  readonly port: number;
  /** True when PORT was set: then `npm start` fails on a port in use instead of taking the next free one. */
  readonly portIsExplicit: boolean;
  /** Where web and worker listen; null = everywhere. */
  readonly listenAddress: string | null;
  /** URL under which the outside world reaches the web process, without a trailing slash. */
  readonly publicUrl: string;
  /** True when PUBLIC_URL was set. */
  readonly publicUrlIsExplicit: boolean;
  /** Port of the worker's health checks and metrics. */
  readonly workerPort: number;
  readonly temporal: {
    readonly address: string | null;
    readonly namespace: string;
    readonly uiUrl: string | null;
  };
  readonly workerVersion: {
    /** Name of the worker deployment in Temporal. */
    readonly deployment: string;
    /** Null: this worker has no version. */
    readonly buildId: string | null;
  };
  readonly mongodbUri: string | null;
  readonly mongodBinary: string | null;
  readonly mailgun: {
    readonly apiKey: string;
    readonly signingKey: string;
    /** Base URL of Mailgun's API; attachments may be fetched from its host besides Mailgun's own. */
    readonly url: string;
    /** How old the signature of a post may be. */
    readonly signatureHours: number;
    /** Longest wait for an answer of Mailgun's API (ms); at most two minutes. */
    readonly timeoutMs: number;
  };
  /** Bearer tokens that open `POST /webhooks/mime/inbound`; empty = closed. */
  readonly mimeTokens: readonly string[];
  /** Name of the mail server whose Authentication-Results headers count in raw MIME; null = none do. */
  readonly mimeAuthservId: string | null;
  /** Key of the signed URLs of images in messages; random in every process by default. */
  readonly urlSecret: string;
  /** Encrypts the secrets of webhook endpoints in the database; null = no endpoint can be created. */
  readonly secretsKey: string | null;
  readonly storage: { readonly url: string; readonly s3Endpoint: string | null };
  readonly platformDomain: string;
  readonly mailsPerMinute: number;
  readonly senderMailsPerMinute: number;
  /** Resolvers for customers' DNS records, each once: `ip`, `ip:port` or `[v6]:port`. */
  readonly dnsServers: readonly string[];
  /** Folder that keeps engines between runs. */
  readonly cacheDir: string;
  /** Largest body of a post from a mail provider in bytes, inclusive. */
  readonly maxPostBytes: number;
  /** The same of what has come before the post's signature. */
  readonly maxUnprovedBytes: number;
  readonly webhooksAllowLoopback: boolean;
  /** Folder of the built dashboard. */
  readonly dashboardDir: string;
  /** Whether the demo's people sign in by one click, from this machine only. */
  readonly demoSignIn: boolean;
  /** Limit of API requests for each token and each session. */
  readonly apiRequestsPerMinute: number;
  /**
   * Proxies in front of web that each add their caller's address to X-Forwarded-For; 0: the header is
   * ignored.
   */
  readonly trustedProxies: number;
  /** A row that is not final after this time, and whose run has closed, becomes `failed` (milliseconds). */
  readonly settleAfterMs: number;
  /** Waits of the reply workflow, in milliseconds. */
  readonly replies: {
    /**
     * After an unclear try: the reply counts as not sent when the provider has reported nothing for this
     * time.
     */
    readonly settleMs: number;
    /** How long a reply is retried before it has failed. */
    readonly giveUpMs: number;
    /** Wait before the second try; it doubles with each try, to at most an hour. */
    readonly retryMs: number;
    /** How long the provider keeps its events (Mailgun: 1 to 30 days, depending on the plan). */
    readonly eventsKeptMs: number;
  };
  /** Waits of the workflow of domains, in milliseconds. */
  readonly domains: {
    /** Between the first look at broken records and the end of sending, or of the claim. */
    readonly graceMs: number;
  };
  /** Days for which the raw mail of routed and skipped mail is kept. */
  readonly retentionDays: number;
  readonly logLevel: string;
}

const MiB = 1024 * 1024;

const url = (schemes: string[]) =>
  z.string().refine((value) => URL.canParse(value) && schemes.includes(new URL(value).protocol), {
    message: `must be a URL starting with ${schemes.map((scheme) => `${scheme}//`).join(' or ')}`,
  });
const wholeNumber = z.string().regex(/^\d+$/, 'must be a whole number').transform(Number);

/** `1.1.1.1`, `1.1.1.1:53`, `2606:4700::1111`, `[2606:4700::1111]:53`. */
function isDnsServer(server: string): boolean {
  const [, v6, v4, port = '53'] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d+))?$/.exec(server) ?? [];
  const isAddress = v6 !== undefined ? isIP(v6) === 6 : isIP(v4 ?? server) !== 0;
  return isAddress && Number(port) >= 1 && Number(port) <= 65_535;
}

/** The machine's own, and two outside its network: one resolver that lies is no majority of three. */
const usualDnsServers = (): string[] => [...getServers(), '1.1.1.1', '8.8.8.8'];

/**
 * Names, forms and defaults. Document each new variable in variables.ts, and pass it on in
 * docker-compose.yml.
 */
export const Environment = z.object({
  PORT: wholeNumber.refine((port) => port <= 65_535, 'must be 0 to 65535').optional(),
  LISTEN_ADDRESS: z.union([z.ipv4(), z.ipv6(), z.literal('localhost')], 'must be an IP address').optional(),
  WORKER_PORT: wholeNumber.refine((port) => port <= 65_535, 'must be 0 to 65535').default(3001),
  PUBLIC_URL: url(['http:', 'https:']).optional(),
  TEMPORAL_ADDRESS: z
    .string()
    .regex(/^[^\s/]+:\d+$/, 'must be host:port')
    .optional(),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  TEMPORAL_UI_URL: url(['http:', 'https:']).optional(),
  // Temporal takes names without a dot, because one separates name and build id.
  WORKER_DEPLOYMENT: z
    .string()
    .regex(/^[a-z][\w-]{0,99}$/i, 'must be a letter, and then letters, digits, _ and -')
    .default('postroom'),
  WORKER_BUILD_ID: z
    .string()
    .regex(/^\w[\w.-]{0,99}$/, 'must be letters, digits, _, - and dots, 100 at most')
    .optional(),
  MONGODB_URI: z
    .string()
    .regex(/^mongodb(\+srv)?:\/\//, 'must start with mongodb:// or mongodb+srv://')
    .optional(),
  MONGOD_BINARY: z.string().optional(),
  MAILGUN_API_KEY: z.string().default(''),
  MAILGUN_SIGNING_KEY: z.string().default(''),
  MAILGUN_URL: url(['http:', 'https:']).default('https://api.mailgun.net'),
  MIME_TOKENS: z.string().default(''),
  MIME_AUTHSERV_ID: z
    .string()
    .regex(/^[^\s";]+$/, 'must be one name, as your mail server writes it')
    .optional(),
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
  MAX_UNPROVED_BYTES: wholeNumber.default(64 * MiB),
  WEBHOOKS_ALLOW_LOOPBACK: z.enum(['0', '1']).default('0'),
  DASHBOARD_DIR: z.string().default('dist/dashboard'),
  DEMO_SIGN_IN: z.enum(['0', '1']).default('0'),
  MAILS_PER_MINUTE: wholeNumber.refine((mails) => mails >= 1, 'must be at least 1').default(600),
  SENDER_MAILS_PER_MINUTE: wholeNumber.refine((mails) => mails >= 1, 'must be at least 1').default(120),
  API_REQUESTS_PER_MINUTE: wholeNumber.refine((limit) => limit >= 1, 'must be at least 1').default(3_000),
  TRUSTED_PROXIES: wholeNumber.refine((proxies) => proxies <= 10, 'must be 0 to 10').default(0),
  SETTLE_AFTER_MS: wholeNumber.default(HOUR_MS),
  // The activity that calls ends after three minutes (workflows/policies.ts).
  MAILGUN_TIMEOUT_MS: wholeNumber
    .refine((ms) => ms >= 1 && ms <= 120_000, 'must be 1 to 120000')
    .default(60_000),
  // The tokens of signatures are kept for two days (infra/models/postToken.ts).
  MAILGUN_SIGNATURE_HOURS: wholeNumber
    .refine((hours) => hours >= 1 && hours <= 24, 'must be 1 to 24')
    .default(12),
  REPLY_SETTLE_MS: wholeNumber.default(15 * MINUTE_MS),
  REPLY_GIVE_UP_MS: wholeNumber.default(48 * HOUR_MS),
  REPLY_RETRY_MS: wholeNumber.default(5_000),
  EVENTS_KEPT_MS: wholeNumber.default(DAY_MS),
  DOMAIN_GRACE_MS: wholeNumber.default(3 * DAY_MS),
  // compareArchive.ts first reads the archive of the last two days.
  RETENTION_DAYS: wholeNumber.refine((days) => days >= 3, 'must be 3 or more').default(30),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

/** Documented variables: all but HOME, which every system sets. */
export type VariableName = Exclude<keyof typeof Environment.shape, 'HOME'>;

/** Thrown with one line for each wrong variable. */
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
    listenAddress: e.LISTEN_ADDRESS ?? null,
    publicUrl: (e.PUBLIC_URL ?? `http://127.0.0.1:${port}`).replace(/\/+$/, ''),
    temporal: Object.freeze({
      address: e.TEMPORAL_ADDRESS ?? null,
      namespace: e.TEMPORAL_NAMESPACE,
      uiUrl: e.TEMPORAL_UI_URL?.replace(/\/+$/, '') ?? null,
    }),
    workerVersion: Object.freeze({ deployment: e.WORKER_DEPLOYMENT, buildId: e.WORKER_BUILD_ID ?? null }),
    mongodbUri: e.MONGODB_URI ?? null,
    mongodBinary: e.MONGOD_BINARY ?? null,
    mailgun: Object.freeze({
      apiKey: e.MAILGUN_API_KEY,
      signingKey: e.MAILGUN_SIGNING_KEY,
      url: e.MAILGUN_URL.replace(/\/+$/, ''),
      signatureHours: e.MAILGUN_SIGNATURE_HOURS,
      timeoutMs: e.MAILGUN_TIMEOUT_MS,
    }),
    mimeTokens: Object.freeze(e.MIME_TOKENS.split(',').filter(Boolean)),
    mimeAuthservId: e.MIME_AUTHSERV_ID ?? null,
    urlSecret: e.URL_SECRET ?? randomBytes(32).toString('hex'),
    secretsKey: e.SECRETS_KEY ?? null,
    storage: Object.freeze({
      url: e.STORAGE_URL ?? `file:${path.resolve('.postroom/storage')}`,
      s3Endpoint: e.S3_ENDPOINT ?? null,
    }),
    platformDomain: e.PLATFORM_DOMAIN,
    mailsPerMinute: e.MAILS_PER_MINUTE,
    senderMailsPerMinute: e.SENDER_MAILS_PER_MINUTE,
    dnsServers: Object.freeze([...new Set(e.DNS_SERVERS ?? usualDnsServers())]),
    cacheDir: path.resolve(e.POSTROOM_CACHE ?? path.join(e.HOME ?? '.', '.cache', 'postroom')),
    maxPostBytes: e.MAX_POST_BYTES,
    maxUnprovedBytes: e.MAX_UNPROVED_BYTES,
    webhooksAllowLoopback: e.WEBHOOKS_ALLOW_LOOPBACK === '1',
    dashboardDir: path.resolve(e.DASHBOARD_DIR),
    demoSignIn: e.DEMO_SIGN_IN === '1',
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

/** The environment as it is, for child processes. */
export const environment = (): NodeJS.ProcessEnv => ({ ...process.env });
