/**
 * `npm run smoke`: one mail in, one answer out, over HTTP alone. It shows that a running Postroom works, no
 * matter how it was started.
 *
 * Without settings it uses the installation that `npm start` runs in this folder (.postroom/ready.json). For
 * any other one, for example `docker compose up`, these variables say where it is:
 *   SMOKE_WEB_URL, SMOKE_WORKSPACE_ID, SMOKE_API_TOKEN (an owner's), SMOKE_MIME_TOKEN (one of MIME_TOKENS),
 *   SMOKE_OUTBOX_URL (JSON list of the mails that the local Mailgun delivered).
 * Exit code 0 when the answer arrived, 1 when it did not.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';

/** The longest wait for one step (ms): a stack that has just been started is slow. */
const LONGEST_WAIT_MS = 90_000;
const POLL_EVERY_MS = 250;
const READY_FILE = '.postroom/ready.json';

const ready = existsSync(READY_FILE) ? JSON.parse(readFileSync(READY_FILE, 'utf8')) : {};
const settings = {
  webUrl: process.env.SMOKE_WEB_URL || ready.web_url,
  workspaceId: process.env.SMOKE_WORKSPACE_ID || ready.workspace_id,
  apiToken: process.env.SMOKE_API_TOKEN || ready.api_token,
  mimeToken: process.env.SMOKE_MIME_TOKEN || ready.mime_token,
  outboxUrl: process.env.SMOKE_OUTBOX_URL || ready.mailgun_outbox_url,
};
const missing = Object.keys(settings).filter((name) => !settings[name]);
if (missing.length > 0) {
  console.error(
    `Not set: ${missing.join(', ')}. Run \`npm start\` in this folder, or set the SMOKE_… variables.`,
  );
  process.exit(1);
}

const workspaceUrl = `${settings.webUrl}/api/v1/workspaces/${settings.workspaceId}`;
/** A word that no other mail has: the ticket is found by it. */
const word = `smoke${randomBytes(6).toString('hex')}`;
const customer = `${word}@client.test`;

/** @returns the answer's JSON. @throws Error with the status and the answer's text when it is not 2xx */
async function request(url, { token, ...init } = {}) {
  const headers = { ...(token && { authorization: `Bearer ${token}` }), ...init.headers };
  const response = await fetch(url, { ...init, headers, signal: AbortSignal.timeout(10_000) });
  const text = await response.text();
  if (!response.ok)
    throw new Error(`${init.method ?? 'GET'} ${url}: ${response.status} ${text.slice(0, 300)}`);
  return text === '' ? null : JSON.parse(text);
}

const api = (path, init) => request(`${workspaceUrl}${path}`, { token: settings.apiToken, ...init });

const post = (path, body) =>
  api(path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });

/** Asks again until `read` returns something. @throws Error that names the step and the last failure */
async function until(step, read) {
  const startedAt = Date.now();
  let lastError = null;
  while (Date.now() - startedAt < LONGEST_WAIT_MS) {
    const result = await read().catch((error) => void (lastError = error));
    if (result) {
      console.log(`ok  ${step} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`);
      return result;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_EVERY_MS));
  }
  throw new Error(
    `${step}: not within ${LONGEST_WAIT_MS / 1000} s${lastError ? `; ${lastError.message}` : ''}`,
  );
}

async function findTicketAddress() {
  const { data } = await api('/emails');
  return data.find((email) => email.purpose === 'ticket' && email.can_receive && email.can_send)?.address;
}

async function sendMail(address) {
  const lines = [
    `From: Smoke Test <${customer}>`,
    `To: ${address}`,
    `Subject: ${word}`,
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    `Message-Id: <${word}@client.test>`,
    'Content-Type: text/plain; charset=utf-8',
    '',
    'Does it work?',
    '',
  ];
  const recipient = encodeURIComponent(address);
  await request(`${settings.webUrl}/webhooks/mime/inbound?recipient=${recipient}`, {
    method: 'POST',
    token: settings.mimeToken,
    headers: { 'content-type': 'message/rfc822' },
    body: lines.join('\r\n'),
  });
  return true;
}

async function main() {
  await until('web is ready', () => request(`${settings.webUrl}/health/ready`));
  const address = await until('the workspace has an address for tickets', findTicketAddress);
  await until(`a mail to ${address} is acknowledged`, () => sendMail(address));
  const ticket = await until('it is a ticket', async () => (await api(`/tickets?q=${word}`)).data[0]);
  const reply = await post(`/tickets/${ticket.id}/messages`, { text: 'It does.', undo_seconds: 0 });
  await until('the answer is sent', async () => {
    const { state, reason } = await api(`/tickets/${ticket.id}/messages/${reply.id}`);
    if (['failed', 'unconfirmed'].includes(state)) throw new Error(`it is ${state}: ${reason}`);
    return ['sent', 'delivered'].includes(state);
  });
  await until('the customer has it', async () =>
    JSON.stringify(await request(settings.outboxUrl)).includes(customer),
  );
}

try {
  await main();
} catch (error) {
  console.error(`FAILED  ${error.message}`);
  process.exitCode = 1;
}
