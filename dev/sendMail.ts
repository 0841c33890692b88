/**
 * `npm run send-mail`: lets the local Mailgun receive a mail, and prints what happened to it.
 *
 * Exit codes: 0 accepted; 1 not accepted, or Postroom does not run; 2 the arguments are wrong, and nothing
 * was sent.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { readArguments, USAGE, UsageError } from './sendMailArgs.ts';

const Ready = z.object({
  web_url: z.string(),
  mailgun_url: z.string(),
  workspace_id: z.string(),
  api_token: z.string(),
  member_token: z.string(),
});
type Ready = z.infer<typeof Ready>;

const Answer = z.object({
  message_id: z.string().nullable(),
  deliveries: z.array(
    z.object({
      recipient: z.string(),
      outcome: z.string(),
      tries: z.array(z.object({ status: z.number().nullable(), error: z.string().nullable() })),
    }),
  ),
});
type Delivery = z.infer<typeof Answer>['deliveries'][number];

const Row = z.object({
  id: z.string(),
  recipient: z.string(),
  state: z.string(),
  reason: z.string().nullable(),
  workflow_id: z.string(),
  workflow_url: z.string().nullable(),
  ticket_id: z.string().nullable(),
  conversation_id: z.string().nullable(),
  created_at: z.string(),
});
type Row = z.infer<typeof Row>;

const READY_FILE = '.postroom/ready.json';
const FOLLOW_FOR_MS = 10_000;

/** An error whose message is printed without a stack trace; exit code 1. */
class PlainError extends Error {}

async function main(): Promise<void> {
  const request = await readArguments(process.argv.slice(2));
  const ready = await readReady();
  const sentAt = new Date();
  const answer = await send(ready, request);
  console.log(`Message-Id ${answer.message_id ?? '(none)'}`);
  if (answer.deliveries.length === 0)
    console.log(
      'not posted: a route of the local Mailgun stops or only stores the mail, or its forwards form a loop',
    );
  for (const delivery of answer.deliveries) {
    console.log(`${delivery.recipient}: ${describePost(delivery)}`);
    if (delivery.outcome !== 'accepted') process.exitCode = 1;
    else await describeRow(ready, delivery.recipient, sentAt);
  }
}

async function readReady(): Promise<Ready> {
  const json = await readFile(READY_FILE, 'utf8').catch(() => null);
  if (json === null)
    throw new PlainError(`Postroom is not running here (no ${READY_FILE}). First: npm start`);
  return Ready.parse(JSON.parse(json));
}

async function send(ready: Ready, request: object): Promise<z.infer<typeof Answer>> {
  const response = await fetch(`${ready.mailgun_url}/sandbox/receive`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
  }).catch(() => {
    throw new PlainError(
      `The local Mailgun does not answer at ${ready.mailgun_url}. Start Postroom again: npm start`,
    );
  });
  if (response.ok) return Answer.parse(await response.json());
  throw new UsageError(
    `The local Mailgun cannot take this mail: ${response.status} ${await response.text()}`,
  );
}

function describePost({ outcome, tries }: Delivery): string {
  const last = tries.at(-1);
  if (outcome === 'accepted') return 'posted, answered 200';
  const answered = last?.status ? `answered ${last.status}` : `no answer (${last?.error ?? 'not tried yet'})`;
  return outcome === 'rejected'
    ? `${answered}; it will not be tried again`
    : `${answered}; it will be tried again in 10 minutes, as at Mailgun`;
}

async function describeRow(ready: Ready, recipient: string, sentAt: Date): Promise<void> {
  const api = `${ready.web_url}/api/v1/workspaces/${ready.workspace_id}`;
  const row = await follow(ready, api, recipient, sentAt);
  if (!row) {
    console.log(`  not yet listed in ${api}/inbound-emails`);
    console.log('  mail for an address that no workspace has is listed by: npm run skipped');
    return;
  }
  console.log(`  state         ${row.state}${row.reason ? ` (${row.reason})` : ''}`);
  if (row.ticket_id) console.log(`  ticket        ${api}/tickets/${row.ticket_id}/messages`);
  if (row.conversation_id)
    console.log(`  conversation  ${api}/conversations/${row.conversation_id}/messages`);
  console.log(`  inbound row   ${api}/inbound-emails/${row.id}`);
  console.log(`  run           ${row.workflow_url ?? row.workflow_id}`);
  console.log(`  bearer tokens are in ${READY_FILE}`);
}

/**
 * The recipient's newest row since the mail was sent, after ten seconds at most. Asks with both tokens, since
 * only the owner of a personal address sees its mail.
 */
async function follow(ready: Ready, api: string, recipient: string, sentAt: Date): Promise<Row | null> {
  const wanted = recipient.split(',').map((address) => address.trim().toLowerCase());
  let newest: Row | null = null;
  for (const deadline = Date.now() + FOLLOW_FOR_MS; Date.now() < deadline; await sleep(250)) {
    for (const token of [ready.api_token, ready.member_token]) {
      const response = await fetch(`${api}/inbound-emails?limit=20`, {
        headers: { authorization: `Bearer ${token}` },
      }).catch(() => null);
      if (!response?.ok) continue;
      const rows = z.object({ data: z.array(Row) }).parse(await response.json()).data;
      const row = rows.find(
        ({ recipient, created_at }) => wanted.includes(recipient) && new Date(created_at) >= sentAt,
      );
      if (row && row.state !== 'received') return row;
      newest = row ?? newest;
    }
  }
  return newest;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UsageError || error instanceof PlainError)) throw error;
  console.error(error instanceof UsageError ? `${error.message}\n\n${USAGE}` : error.message);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
