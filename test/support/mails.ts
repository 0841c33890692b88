import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { AttachmentRow, InboundEmailRow, MessageRow } from '../../src/infra/models/index.ts';
import type { ComposedMail } from '../../dev/mailgun/mail.ts';
import type { ReceiveOptions } from '../../dev/mailgun/receive.ts';
import { newId } from '../../src/lib/ids.ts';
import { built } from './built.ts';
import { mongoUri } from './mongodb.ts';
import { SIGNING_KEY, TOKENS, type Stack } from './stack.ts';
import { temporalAddress } from './temporal.ts';
import { until } from './until.ts';

export const FORMS = ['forward', 'store', 'mime'] as const;

/**
 * Lets the local Mailgun receive a mail from Ann to support, posted parsed unless another form is named; with
 * `form: undefined` as the routes say that Postroom has made there.
 * @returns its Message-Id
 */
export async function sendMail(
  stack: Stack,
  mail: ComposedMail = {},
  options: ReceiveOptions = {},
): Promise<string> {
  const messageId = mail.messageId ?? `<${newId()}@client.test>`;
  await stack.sandbox.receive(
    {
      from: 'Ann Lee <ann@client.test>',
      to: [stack.at('support')],
      subject: 'A question',
      text: 'When will my order arrive, please?',
      ...mail,
      messageId,
    },
    { form: 'forward', ...options },
  );
  return messageId;
}

/** Waits for the one message of a mail. */
export function messageOf(stack: Stack, messageId: string, withinMs?: number): Promise<MessageRow> {
  return until(
    `the message ${messageId}`,
    async () => {
      const [message] = await stack.messages(messageId);
      return message;
    },
    withinMs,
  );
}

/**
 * Waits until the row of a mail is in this state; known by the Message-Id, so not for mail that could not be
 * read.
 */
export function rowIn(
  stack: Stack,
  messageId: string,
  state: InboundEmailRow['state'],
  withinMs?: number,
): Promise<InboundEmailRow> {
  return until(
    `${messageId} to be ${state}`,
    () => stack.models.InboundEmail.findOne({ 'mail.message_id': messageId, state }).lean<InboundEmailRow>(),
    withinMs,
  );
}

/** The attachments of a message, in order. */
export const filesOf = (stack: Stack, message: MessageRow): Promise<AttachmentRow[]> =>
  stack.models.Attachment.find({ message_id: message._id }).sort({ position: 1 }).lean<AttachmentRow[]>();

/** Waits until no file of a message is pending. */
export function settledFiles(
  stack: Stack,
  message: MessageRow,
  withinMs = 180_000,
): Promise<AttachmentRow[]> {
  return until(
    `the files of ${message._id} to be settled`,
    async () => {
      const files = await filesOf(stack, message);
      return files.length > 0 && files.every((file) => file.state !== 'pending') && files;
    },
    withinMs,
  );
}

/** Downloads a stored attachment through the API. */
export async function downloadOf(stack: Stack, attachment: AttachmentRow): Promise<Buffer> {
  const answer = await stack.api(`attachments/${attachment._id}`);
  return Buffer.from(await answer.arrayBuffer());
}

/** `POST inbound-emails/{id}/rerun`, as the owner. @returns the status */
export async function rerun(stack: Stack, inboundEmailId: string): Promise<number> {
  const path = `/api/v1/workspaces/${stack.seeded.workspaceId}/inbound-emails/${inboundEmailId}/rerun`;
  const answer = await fetch(stack.webUrl + path, {
    method: 'POST',
    headers: { Authorization: `Bearer ${TOKENS.owner}` },
  });
  return answer.status;
}

/** An operator's command: `npm run <command> -- …args`. @returns what it printed */
export async function operator(
  stack: Stack,
  command: 'rerun' | 'skipped' | 'deleteWorkspace' | 'useVersion',
  ...args: string[]
): Promise<string> {
  const uri = new URL(mongoUri());
  uri.pathname = `/${stack.models.connection.name}`;
  const { stdout } = await promisify(execFile)(process.execPath, [`src/cli/${command}.js`, ...args], {
    cwd: await built(),
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      MONGODB_URI: uri.toString(),
      TEMPORAL_ADDRESS: temporalAddress(),
      TEMPORAL_NAMESPACE: stack.namespace,
    },
  });
  return stdout;
}

/** Fields that prove a post, by default with a token of its own. */
export function signed(token: string = newId()): Record<string, string> {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', SIGNING_KEY)
    .update(timestamp + token)
    .digest('hex');
  return { timestamp, token, signature };
}

/** Posts this form, as Mailgun would. */
export function postForm(
  stack: Stack,
  body: FormData | URLSearchParams,
  webhook: 'inbound' | 'inbound/mime' = 'inbound',
): Promise<Response> {
  return fetch(`${stack.webUrl}/webhooks/mailgun/${webhook}`, {
    method: 'POST',
    // A kept connection may have been closed while the test was busy making the next body.
    headers: { Connection: 'close' },
    body,
  });
}

/** Every file below a folder of the store, relative to it; none when the folder is not there. */
export async function storedBelow(stack: Stack, folder: string): Promise<string[]> {
  const root = path.join(stack.storageDir, folder);
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));
}

/** Posts that are durable but not started. */
export const marks = (stack: Stack): Promise<string[]> => storedBelow(stack, 'mailgun-incoming/unstarted');
