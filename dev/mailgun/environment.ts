import { z } from 'zod';

/** Ports that are tried when the variable is not set: this one, then those above it. */
export const FIRST_PORT = 8025;
export const FIRST_DNS_PORT = 8053;

const port = z
  .string()
  .regex(/^\d+$/, 'must be a whole number')
  .transform(Number)
  .refine((number) => number <= 65_535, 'must be 0 to 65535');
const url = z.string().refine(isHttpUrl, 'must be a URL starting with http:// or https://');
const milliseconds = z.string().regex(/^\d+$/, 'must be a whole number of milliseconds').transform(Number);
const factor = z
  .string()
  .transform(Number)
  .refine((number) => number > 0, 'must be a number above 0');

/** Each variable with its check and its default; `help` explains it on the command line. */
const VARIABLES = {
  PORT: {
    check: port.optional(),
    help: `port of the API; 0: any free one (default: ${FIRST_PORT}, or the next free one)`,
  },
  WEBHOOK_URL: {
    check: url.default('http://127.0.0.1:3000'),
    help: 'base URL of your application (default: http://127.0.0.1:3000)',
  },
  INBOUND_URL: {
    check: url.optional(),
    help: 'where received mail is posted when no route matches (default: WEBHOOK_URL + /webhooks/mailgun/inbound)',
  },
  EVENTS_URL: {
    check: url.optional(),
    help: 'where events are posted of a domain without webhooks (default: WEBHOOK_URL + /webhooks/mailgun/events)',
  },
  MAILGUN_API_KEY: {
    check: z.string().default('local-api-key'),
    help: 'API key that calls must carry (default: local-api-key)',
  },
  MAILGUN_SIGNING_KEY: {
    check: z.string().default('local-signing-key'),
    help: 'key that signs what is posted (default: local-signing-key)',
  },
  MAIL_DOMAIN: {
    check: z.string().toLowerCase().default('mail.test'),
    help: 'a domain that the account has from the beginning, and that may send (default: mail.test)',
  },
  DATA_DIR: {
    check: z.string().optional(),
    help: 'folder that keeps everything between runs (default: a temporary folder, removed at the end)',
  },
  DNS_PORT: {
    check: port.optional(),
    help: `port of the DNS server, UDP and TCP (default: ${FIRST_DNS_PORT}, or the next free one)`,
  },
  EVENTS_DELAY_MS: {
    check: milliseconds.default(1_000),
    help: 'how late events are posted, and can be read (default: 1000)',
  },
  RETRY_SPEED: {
    check: factor.default(1),
    help: 'posts are tried again this many times sooner than at Mailgun; 600: a minute is 0.1 s (default: 1)',
  },
} as const;

type Name = keyof typeof VARIABLES;
export type Environment = { [Key in Name]: z.output<(typeof VARIABLES)[Key]['check']> };

export const HELP = `Usage: npm run local-mailgun

Runs a local Mailgun on 127.0.0.1, for development and tests. dev/mailgun/README.md says what it imitates.

Settings, from the environment:
${Object.entries(VARIABLES)
  .map(([name, { help }]) => `  ${name.padEnd(19)}  ${help}`)
  .join('\n')}
`;

/** The environment is not right; the message has one line for each wrong variable. */
export class EnvironmentError extends Error {}

/** Reads the settings. An empty variable counts as not set. @throws EnvironmentError */
export function readEnvironment(variables: NodeJS.ProcessEnv): Environment {
  const faults: string[] = [];
  const entries = Object.entries(VARIABLES).map(([name, { check }]) => {
    const parsed = check.safeParse(variables[name] || undefined);
    if (!parsed.success) faults.push(`  ${name} ${parsed.error.issues[0]!.message}`);
    return [name, parsed.data];
  });
  if (faults.length > 0)
    throw new EnvironmentError(
      `The environment is not right (--help explains each variable):\n${faults.join('\n')}`,
    );
  return Object.fromEntries(entries) as Environment;
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol);
}
