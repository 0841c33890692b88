import type { VariableName } from './config.ts';

type Reader = 'web' | 'worker' | 'commands' | 'development';

export interface Variable {
  section: 'Processes' | 'Engines' | 'Mail provider' | 'Mail' | 'API' | 'Secrets' | 'Development';
  /** What the variable means, for the person who sets it. */
  meaning: string;
  /**
   * The value that counts when it is not set; null when there is no such value, and then `unset` says what
   * happens.
   */
  default: string | null;
  unset?: string;
  /**
   * Who reads it. `commands`: those of the operator. `development`: `npm start`, `npm test` and `npm run
   * engines`.
   */
  readBy: readonly Reader[];
  /** Set it in every production installation. */
  inProduction?: true;
  /** A secret. No backup holds it, and a restored installation needs the same value. */
  secret?: true;
}

const WEB: Variable['readBy'] = ['web'];
const WORKER: Variable['readBy'] = ['worker'];
const BOTH: Variable['readBy'] = ['web', 'worker'];
const ALL: Variable['readBy'] = ['web', 'worker', 'commands'];
const DEVELOPMENT: Variable['readBy'] = ['development'];

/**
 * The one list of environment variables. `npm run config-docs` writes `.env.example` and the table of
 * docs/configuration.md from it; a test holds both, and the defaults, against it.
 */
export const VARIABLES: Record<VariableName, Variable> = {
  PORT: {
    section: 'Processes',
    meaning:
      'Port of web. `npm start` takes the next free port, unless this is set: then a port in use is ' +
      'an error.',
    default: '3000',
    readBy: WEB,
  },
  WORKER_PORT: {
    section: 'Processes',
    meaning: "Port of the worker's health checks and metrics.",
    default: '3001',
    readBy: WORKER,
  },
  LISTEN_ADDRESS: {
    section: 'Processes',
    meaning:
      'The IP address of this machine on which web and worker listen. On a loopback address web answers only to its own names ' +
      'and that of `PUBLIC_URL`. `npm start` sets `127.0.0.1`.',
    default: null,
    unset: 'all addresses',
    readBy: BOTH,
  },
  PUBLIC_URL: {
    section: 'Processes',
    meaning: 'URL under which the outside world reaches web, without a trailing slash.',
    default: null,
    unset: '`http://127.0.0.1:<PORT>`',
    readBy: ALL,
    inProduction: true,
  },
  LOG_LEVEL: {
    section: 'Processes',
    meaning:
      'One of `trace`, `debug`, `info`, `warn`, `error`, `silent`. Logs hold ids, never addresses or ' +
      'text of mails.',
    default: 'info',
    readBy: BOTH,
  },
  DASHBOARD_DIR: {
    section: 'Processes',
    meaning: 'Folder of the built dashboard (`npm run build`). Without one, web serves no page.',
    default: 'dist/dashboard',
    readBy: WEB,
  },
  TEMPORAL_ADDRESS: {
    section: 'Engines',
    meaning: "Temporal's frontend, as `host:port`.",
    default: null,
    unset: '`npm start` and `npm test` run their own',
    readBy: ALL,
    inProduction: true,
  },
  TEMPORAL_NAMESPACE: {
    section: 'Engines',
    meaning: 'Namespace in Temporal. It must keep closed runs for 7 days or more.',
    default: 'default',
    readBy: ALL,
  },
  TEMPORAL_UI_URL: {
    section: 'Engines',
    meaning: "Base URL of Temporal's UI, for links to runs.",
    default: null,
    unset: 'no links',
    readBy: ['web', 'commands'],
  },
  WORKER_DEPLOYMENT: {
    section: 'Engines',
    meaning: 'Name of the worker deployment in Temporal, for workers with a `WORKER_BUILD_ID`.',
    default: 'postroom',
    readBy: ['worker', 'commands'],
  },
  WORKER_BUILD_ID: {
    section: 'Engines',
    meaning:
      'Version of this worker, another one for each release (the commit, for example). A worker with a build id ' +
      'gets work only after `npm run use-version` has switched to it.',
    default: null,
    unset: 'workers have no version, and all of them take all work',
    readBy: WORKER,
  },
  MONGODB_URI: {
    section: 'Engines',
    meaning: "A replica set (one node is enough), with the database's name in the URI.",
    default: null,
    unset: '`npm start` and `npm test` run their own',
    readBy: ALL,
    inProduction: true,
    secret: true,
  },
  STORAGE_URL: {
    section: 'Engines',
    meaning: 'Archive of raw mail, and attachments: `file:<folder>` or `s3://<bucket>/<prefix>`.',
    default: null,
    unset: '`file:.postroom/storage`',
    readBy: ALL,
    inProduction: true,
  },
  S3_ENDPOINT: {
    section: 'Engines',
    meaning:
      "Base URL of an S3 server other than AWS. Keys and region are in AWS's own variables: " +
      '`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`.',
    default: null,
    unset: 'AWS',
    readBy: ALL,
  },
  MAILGUN_API_KEY: {
    section: 'Mail provider',
    meaning: 'API key of the Mailgun account: sends replies, reads events, sets up domains and routes.',
    default: '',
    unset: '`npm start` runs a local Mailgun; elsewhere nothing can be sent',
    readBy: BOTH,
    inProduction: true,
    secret: true,
  },
  MAILGUN_SIGNING_KEY: {
    section: 'Mail provider',
    meaning:
      'Proves the posts of Mailgun (Sending > Webhooks > HTTP webhook signing key). It is not the API key.',
    default: '',
    unset: 'every post is answered 401, and Mailgun tries again for eight hours',
    readBy: WEB,
    inProduction: true,
    secret: true,
  },
  MAILGUN_URL: {
    section: 'Mail provider',
    meaning: "Mailgun's API. In the EU region it is `https://api.eu.mailgun.net`.",
    default: 'https://api.mailgun.net',
    readBy: BOTH,
  },
  MAILGUN_SIGNATURE_HOURS: {
    section: 'Mail provider',
    meaning:
      'How old the signature of a post may be, in hours, 1 to 24. Mailgun tries for eight hours, and may send the first signature ' +
      'each time.',
    default: '12',
    readBy: WEB,
  },
  MAILGUN_TIMEOUT_MS: {
    section: 'Mail provider',
    meaning: "Longest wait for an answer of Mailgun's API, in milliseconds; at most 120000.",
    default: '60000',
    readBy: BOTH,
  },
  EVENTS_KEPT_MS: {
    section: 'Mail provider',
    meaning: 'How long Mailgun keeps events, in milliseconds: 1 to 30 days, depending on the plan.',
    default: '86400000',
    readBy: WORKER,
  },
  REPLY_SETTLE_MS: {
    section: 'Mail',
    meaning:
      'When it is unclear whether Mailgun took a reply: how long its events are searched before the ' +
      'reply is sent again, in milliseconds.',
    default: '900000',
    readBy: WORKER,
  },
  REPLY_GIVE_UP_MS: {
    section: 'Mail',
    meaning: 'How long a reply is retried before it has failed, in milliseconds.',
    default: '172800000',
    readBy: WORKER,
  },
  REPLY_RETRY_MS: {
    section: 'Mail',
    meaning:
      'Wait before the second try of a reply, in milliseconds. It doubles with each try, to at most an hour.',
    default: '5000',
    readBy: WORKER,
  },
  DOMAIN_GRACE_MS: {
    section: 'Mail',
    meaning: 'How long a domain whose DNS records break may still send, in milliseconds.',
    default: '259200000',
    readBy: WORKER,
  },
  SETTLE_AFTER_MS: {
    section: 'Mail',
    meaning:
      'After this time, in milliseconds, a mail that is not finished and whose run has closed becomes ' +
      '`failed`.',
    default: '3600000',
    readBy: WORKER,
  },
  RETENTION_DAYS: {
    section: 'Mail',
    meaning:
      'Days for which the raw mail of routed and skipped mail is kept; 3 or more. Held and failed ' +
      'mail is kept.',
    default: '30',
    readBy: WORKER,
  },
  MAX_POST_BYTES: {
    section: 'Mail',
    meaning: 'Largest body of a post from a mail provider, in bytes, inclusive.',
    default: '209715200',
    readBy: WEB,
  },
  MAX_UNPROVED_BYTES: {
    section: 'Mail',
    meaning:
      'How many bytes of a post may come before its signature. Eight times as many are held of all posts together that are ' +
      'not proved, half of it from one network.',
    default: '67108864',
    readBy: WEB,
  },
  PLATFORM_DOMAIN: {
    section: 'Mail',
    meaning: 'Domain of forwarding addresses, and of the addresses that Postroom receives for by itself.',
    default: 'postroom.test',
    readBy: ALL,
    inProduction: true,
  },
  MAILS_PER_MINUTE: {
    section: 'Mail',
    meaning:
      "Mails a minute that are started for one customer's domain, or for one address on the platform's; " +
      "two minutes' worth may come at once. What comes faster is acknowledged and starts a little " +
      'later, after four minutes at most. Each web process counts its own.',
    default: '600',
    readBy: WEB,
  },
  SENDER_MAILS_PER_MINUTE: {
    section: 'Mail',
    meaning: 'The same, of one envelope sender to one such domain or address.',
    default: '120',
    readBy: WEB,
  },
  DNS_SERVERS: {
    section: 'Mail',
    meaning:
      "Resolvers for customers' DNS records, separated by commas: `ip`, `ip:port` or `[v6]:port`. A " +
      'record counts when more than half of all resolvers return it, so name three that this machine ' +
      'can reach.',
    default: null,
    unset: "the machine's own, `1.1.1.1` and `8.8.8.8`",
    readBy: WORKER,
  },
  API_REQUESTS_PER_MINUTE: {
    section: 'API',
    meaning: 'Requests a minute of each token and each session. Each web process counts its own.',
    default: '3000',
    readBy: WEB,
  },
  TRUSTED_PROXIES: {
    section: 'API',
    meaning:
      'Proxies in front of web that add to `X-Forwarded-For`, at most 10. Attempts at passwords are ' +
      'limited by the address found in it. With 0 the header is ignored, and behind a proxy all ' +
      'people share one address.',
    default: '0',
    readBy: WEB,
  },
  MIME_TOKENS: {
    section: 'API',
    meaning:
      'Bearer tokens that open `POST /webhooks/mime/inbound` for your own mail server, separated by commas.',
    default: '',
    unset: 'closed',
    readBy: WEB,
    secret: true,
  },
  MIME_AUTHSERV_ID: {
    section: 'API',
    meaning:
      'Name (`authserv-id`, RFC 8601) under which your own mail server writes `Authentication-Results` into the ' +
      'MIME that it posts. Only headers with this name count, and the server must remove those that a mail had ' +
      'before.',
    default: null,
    unset: 'such mail has no verdict: nothing proves or refutes its sender',
    readBy: WORKER,
  },
  WEBHOOKS_ALLOW_LOOPBACK: {
    section: 'API',
    meaning: '`1`: outgoing webhooks may go to loopback addresses. For development only.',
    default: '0',
    readBy: BOTH,
  },
  URL_SECRET: {
    section: 'Secrets',
    meaning:
      'Key of the signed URLs of images and files, 32 characters or more. All processes need the same.',
    default: null,
    unset: 'random at each start, which breaks older URLs',
    readBy: BOTH,
    inProduction: true,
    secret: true,
  },
  SECRETS_KEY: {
    section: 'Secrets',
    meaning:
      'Encrypts the secrets of webhook endpoints in the database, 32 characters or more. Keep it: ' +
      'with another key existing endpoints receive nothing more.',
    default: null,
    unset: 'no webhooks can be created',
    readBy: BOTH,
    inProduction: true,
    secret: true,
  },
  DEMO_SIGN_IN: {
    section: 'Development',
    meaning:
      "`1`: the demo's people sign in by one click, from this machine only. `npm start` sets it; never " +
      'set it in production.',
    default: '0',
    readBy: WEB,
  },
  MONGOD_BINARY: {
    section: 'Development',
    meaning: 'A `mongod` to run when none is on the PATH.',
    default: null,
    unset: 'MongoDB is looked for and obtained',
    readBy: DEVELOPMENT,
  },
  POSTROOM_CACHE: {
    section: 'Development',
    meaning: 'Folder for engines that were downloaded or built.',
    default: null,
    unset: '`~/.cache/postroom`',
    readBy: DEVELOPMENT,
  },
};

/** What each secret is for. */
export const SECRETS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries<Variable>(VARIABLES).flatMap(([name, { secret, meaning }]) =>
    secret ? [[name, meaning]] : [],
  ),
);
